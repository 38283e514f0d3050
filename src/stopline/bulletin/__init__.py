"""The bulletin: indicators with one definition and one query each, editions released by two."""

from __future__ import annotations

from stopline.bulletin.edition import Edition

RECORDS: tuple[type, ...] = (Edition,)
