"""The Chinese originals, where they lie beside the repository: article number to text."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

_HEADING = re.compile(r"^第([一二三四五六七八九十百零]+)条[\s　]", re.MULTILINE)
_DIGITS = "零一二三四五六七八九"


def number(chinese: str) -> int:
    total = pending = 0
    for sign in chinese:
        if sign in _DIGITS:
            pending = _DIGITS.index(sign)
        else:
            total += (pending or 1) * {"十": 10, "百": 100}[sign]
            pending = 0
    return total + pending


def folder() -> Path:
    beside = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    place = Path(os.environ.get("STOPLINE_DATA", beside)) / "law"
    if not place.is_dir():
        pytest.skip(f"the Chinese originals are not at {place}; set STOPLINE_DATA to check them")
    return place


@cache
def articles(path: Path) -> dict[int, str]:
    text = path.read_text(encoding="utf-8")
    marks = list(_HEADING.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {number(mark[1]): text[mark.start() : end] for mark, end in zip(marks, ends, strict=True)}
