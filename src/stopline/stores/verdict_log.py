"""The durable log of verdicts: a frame a batch, one write and one wait for the disk, before the gateway answers.

A file is a row of frames. A frame is 64 bytes of head, its origin as JSON, and records of one size; its CRC covers
all of it. What a kill or a power cut left half-written at the end fails its CRC or its length and is cut off when the
log is opened: it was never acknowledged. A frame has a name that no other has, the epoch of its log and its number,
under which the ledger takes it over exactly once (`stores.log_replay`).
"""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from stopline.kernel.errors import StoreError, StoreFull
from stopline.screening.inline.record import Frame, Origin

_MAGIC: Final = b"SLVLOG1\n"
_HEAD: Final = struct.Struct("<8sIIIIQ6IQ")  # magic, crc, origin bytes, records, words a record, number, counts, epoch
_CRC_FROM: Final = 12  # what stands behind the CRC is covered by it
_SEGMENT_BYTES: Final = 64 << 20


@dataclass(slots=True, kw_only=True)
class VerdictLog:
    """Appends frames to files in a folder; one process at a time writes."""

    folder: Path
    epoch: int  # drawn when the log was opened
    segment_bytes: int = _SEGMENT_BYTES
    number: int = 0  # of the next frame
    cut_bytes: int = 0  # what was cut off a torn end when the log was opened
    _file: int = field(init=False, default=-1)
    _size: int = 0
    _origin: tuple[Origin, bytes] | None = None

    def append(self, frame: Frame) -> None:
        """Write a frame and wait until it is on the disk; raises StoreFull, and then nothing of it remains."""
        if self._file < 0 or self._size >= self.segment_bytes:
            self._next_segment()
        origin = self._origin_bytes(frame.origin)
        count, words = frame.records.shape
        body = np.ascontiguousarray(frame.records).data.cast("B") if count else b""
        head = bytearray(_HEAD.pack(_MAGIC, 0, len(origin), count, words, self.number, *frame.counts, self.epoch))
        crc = zlib.crc32(body, zlib.crc32(origin, zlib.crc32(head[_CRC_FROM:])))
        head[8:_CRC_FROM] = crc.to_bytes(4, "little")
        self._write([head, origin, body])
        self.number += 1

    def close(self) -> None:
        """Give the file free."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def forget(self, before: int) -> int:
        """Delete whole files whose every frame has a number below `before`; returns how many."""
        paths = _segments(self.folder)
        ends = [*(_first(path) for path in paths[1:]), self.number]
        gone = [path for path, end in zip(paths, ends, strict=True) if end <= before]
        if gone and gone[-1] == paths[-1]:
            self.close()
        for path in gone:
            path.unlink()
        return len(gone)

    def _origin_bytes(self, origin: Origin) -> bytes:
        if self._origin is None or self._origin[0] is not origin:
            text = msgspec.json.encode(origin)
            self._origin = (origin, text + b" " * (-len(text) % 8))
        return self._origin[1]

    def _next_segment(self) -> None:
        self.close()
        path = self.folder / _name(self.number)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            _keep_name(self.folder)
        except OSError as error:
            raise StoreFull(where=path, why=str(error.strerror), remedy="free space") from error
        self._size = 0

    def _write(self, parts: list[bytes | bytearray | memoryview]) -> None:
        size = sum(map(len, parts))
        try:
            if os.pwritev(self._file, parts, self._size) != size:
                raise OSError(28, "No space left on device")  # a short write is the disk saying so
            os.fdatasync(self._file)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise StoreFull(where=self.folder, why=str(error.strerror), remedy="free space") from error
        self._size += size


def open_log(folder: Path, *, random_bytes: Callable[[int], bytes], segment_bytes: int = _SEGMENT_BYTES) -> VerdictLog:
    """Open the log in a folder, cutting a torn end off; raises StoreError when a file before the last is damaged."""
    log = VerdictLog(folder=folder, epoch=int.from_bytes(random_bytes(8), "big"), segment_bytes=segment_bytes)
    segments = _segments(folder)
    for place, path in enumerate(segments):
        data = path.read_bytes()
        end = 0
        for kept in _frames(data):
            end, log.number = kept.end, kept.number + 1
        if end < len(data):
            if place < len(segments) - 1:
                raise StoreError(where=path, why=f"damaged at byte {end}", remedy="restore it from its backup")
            log.cut_bytes = len(data) - end
            os.truncate(path, end)
        log.number = max(log.number, _first(path))
    if segments and segments[-1].stat().st_size == 0:
        segments[-1].unlink()
    return log


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole frame in a file: its name, its number in the log, the byte behind it."""

    name: str
    number: int
    end: int
    frame: Frame


def read_log(folder: Path) -> Iterator[Kept]:
    """Iterate over the whole frames in a folder in the order they were written; a torn end is left out."""
    for path in _segments(folder):
        yield from _frames(path.read_bytes())


def _frames(data: bytes) -> Iterator[Kept]:
    """Iterate over whole frames; stops at the first that is not whole."""
    start = 0
    while start + _HEAD.size <= len(data):
        magic, crc, origin_bytes, count, words, number, *counts, epoch = _HEAD.unpack_from(data, start)
        body = start + _HEAD.size + origin_bytes
        end = body + 8 * count * words
        if magic != _MAGIC or end > len(data) or zlib.crc32(memoryview(data)[start + _CRC_FROM : end]) != crc:
            return
        origin = msgspec.json.decode(data[start + _HEAD.size : body], type=Origin)
        records = np.frombuffer(data, dtype=np.uint64, count=count * words, offset=body).reshape(count, words)
        yield Kept(f"{epoch:016x}-{number}", number, end, Frame(origin=origin, counts=tuple(counts), records=records))
        start = end


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("verdicts-*.log"))


def _first(path: Path) -> int:
    return int(path.stem.split("-")[1])


def _name(number: int) -> str:
    return f"verdicts-{number:016d}.log"


def _keep_name(folder: Path) -> None:
    """Wait until the folder knows a new file by its name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
