"""The web: staff console, public site and API."""
