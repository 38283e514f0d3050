"""Servers that speak the networks' own protocols; the HTTP doors stand in the console."""
