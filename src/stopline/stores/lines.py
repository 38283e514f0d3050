"""Lines of a file or a pipe in bounded memory: each with its number, or the reason why it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from stopline.kernel.errors import BadFile

_CHUNK: Final = 1 << 16
_MOST_SKIPPED: Final = 1 << 26  # a line of 64 MiB is no line: the file is not text


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its ending; `why` is set when it cannot be used."""

    number: int
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line past the bound; only its beginning is kept."""

    number: int
    text: str
    why: str


def numbered_lines(file: IO[bytes], path: Path, *, start: bytes, longest: int) -> Iterator[Line | LongLine]:
    """Yield lines as text; NUL bytes, invalid UTF-8 and overlong lines are told with their number.

    Raises BadFile when a line does not end within 64 MiB: an endless pipe is not read for ever.
    """
    number, held = 0, start
    read = getattr(file, "read1", file.read)
    while True:
        chunk = read(_CHUNK)
        if not chunk:
            break
        held += chunk
        lines = held.split(b"\n")
        held = lines.pop()
        for line in lines:
            number += 1
            yield _line(number, line + b"\n", longest)
        if len(held) > longest:
            number += 1
            beginning = held[:200]
            held = _skip(file, path, number, len(held))
            yield _long(number, beginning, longest)
    if held:
        yield _line(number + 1, held, longest)


def _skip(file: IO[bytes], path: Path, number: int, seen: int) -> bytes:
    """Read on to the end of a line; returns what follows it."""
    while True:
        chunk = file.read(_CHUNK)
        end = chunk.find(b"\n")
        if end >= 0:
            return chunk[end + 1 :]
        seen += len(chunk)
        if not chunk:
            return b""
        if seen > _MOST_SKIPPED:
            raise BadFile(path=path, why=f"line {number} does not end within 64 MiB", remedy="give one row a line")


def _line(number: int, data: bytes, longest: int) -> Line | LongLine:
    if len(data) > longest + 1:
        return _long(number, data[:200], longest)
    if number == 1:
        data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\x00" in data:
        return Line(number, data[:200].decode("utf-8", "replace").replace("\x00", "␀"), "a NUL byte")
    try:
        return Line(number, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Line(number, data[:200].decode("utf-8", "replace"), f"invalid UTF-8 at byte {error.start + 1}")


def _long(number: int, beginning: bytes, longest: int) -> LongLine:
    return LongLine(number, beginning.decode("utf-8", "replace"), f"longer than {longest} bytes")
