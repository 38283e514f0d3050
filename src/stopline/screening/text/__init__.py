"""The text of a message: canonical form, score, typology and reasons."""
