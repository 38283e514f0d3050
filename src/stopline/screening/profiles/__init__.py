"""Profiles of subscribers: figures of a line's traffic, a score learned from them, and its reasons.

A score ranks what an officer looks at first. It is a hint, never a fact, and carries no measure.
"""
