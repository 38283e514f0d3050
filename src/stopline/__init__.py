"""Stopline: the software an anti-scam centre runs."""
