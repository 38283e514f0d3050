"""Rules: what may be asked of a call or a message, how it is checked, and how it is answered on columns."""
