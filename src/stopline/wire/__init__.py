"""Bytes to typed records and back, with no sockets: what travels between the centre and the world."""
