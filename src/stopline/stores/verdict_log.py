"""The durable log of verdicts: a frame a batch, on the disk before the gateway answers.

A file is a row of frames. A frame is 64 bytes of head, its origin as JSON, and records of one size; its CRC covers
all of it. A file is filled with zeros a stretch ahead and then written in place, since a wait for bytes that a file
has already costs a third of a wait for one that grows. What a kill or a power cut left half-written at the end fails
its CRC or its length and is cut off when the log is opened: it was never acknowledged. A frame has a name that no
other has, the epoch of its log and its number, under which the ledger takes it over exactly once (`stores.log_replay`).
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
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
_AHEAD: Final = bytes(1 << 20)
"""What a file grows by: of a hundred waits and more, one is for a file that grew."""


@dataclass(slots=True, kw_only=True)
class VerdictLog:
    """Appends frames to files in a folder; one process writes, and of its threads one at a time.

    `sync` may run in another thread than the rest, so that a batch is decided while the disk takes those before it
    (`stores.group_commit`). What it finds refused is undone by the thread that writes.
    """

    folder: Path
    epoch: int  # drawn when the log was opened
    segment_bytes: int = _SEGMENT_BYTES
    number: int = 0  # of the next frame
    cut_bytes: int = 0  # what was cut off a torn end when the log was opened
    refusals: int = 0  # waits that the disk refused
    undone: int = 0  # refusals after which the writing thread went back to what is kept
    _file: int = field(init=False, default=-1)
    _end: tuple[int, int] = (0, 0)  # number and place of the next frame: one value, since two threads look at it
    _kept: tuple[int, int] = (0, 0)  # the same up to where everything is on the disk
    _ahead: int = 0  # where the zeros end
    _turn: threading.Lock = field(init=False, default_factory=threading.Lock)  # the file is waited for, or changes
    _origin: tuple[Origin, bytes] | None = None

    def append(self, frame: Frame) -> None:
        """Write a frame and wait until it is on the disk; raises StoreFull, and then nothing of it remains."""
        self.write(frame)
        try:
            self.sync()
        except StoreFull:
            self._undo()
            raise

    def write(self, frame: Frame) -> None:
        """Write a frame, which is on the disk only after the next `sync`; raises StoreFull, nothing of it remains."""
        self._undo()
        if self._file < 0 or self._end[1] >= self.segment_bytes:
            self._next_segment()
        origin = self._origin_bytes(frame.origin)
        count, words = frame.records.shape
        body = np.ascontiguousarray(frame.records).data.cast("B") if count else b""
        head = bytearray(_HEAD.pack(_MAGIC, 0, len(origin), count, words, self.number, *frame.counts, self.epoch))
        crc = zlib.crc32(body, zlib.crc32(origin, zlib.crc32(head[_CRC_FROM:])))
        head[8:_CRC_FROM] = crc.to_bytes(4, "little")
        self._write([head, origin, body])

    def sync(self) -> int:
        """Wait until all that is written is on the disk; returns the number of the frame that would be next.

        Raises StoreFull when the disk refuses: what was not on it yet is gone with the next `write`.
        """
        with self._turn:
            return self._sync()

    def close(self) -> None:
        """Wait for the disk and give the file free, without the zeros at its end."""
        with self._turn:
            self._sync()
            self._close()

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

    def _sync(self) -> int:
        if self._file < 0 or self.refusals != self.undone:  # a wait after a refusal would say yes to what is lost
            return self._kept[0]
        end = self._end
        try:
            os.fdatasync(self._file)
        except OSError as error:
            self.refusals += 1
            raise StoreFull(where=self.folder, why=str(error.strerror), remedy="free space") from error
        self._kept = end
        return end[0]

    def _undo(self) -> None:
        """Go back to what is on the disk, after a refusal."""
        if self.refusals != self.undone:
            with self._turn:
                self._end, self.undone = self._kept, self.refusals
                self.number = self._end[0]
                self._cut()

    def _close(self) -> None:
        if self._file >= 0:
            self._cut()
            os.close(self._file)
            self._file = -1

    def _cut(self) -> None:
        """Cut off what stands behind the last frame."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, self._end[1])
        self._ahead = self._end[1]

    def _origin_bytes(self, origin: Origin) -> bytes:
        if self._origin is None or self._origin[0] is not origin:
            text = msgspec.json.encode(origin)
            self._origin = (origin, text + b" " * (-len(text) % 8))
        return self._origin[1]

    def _next_segment(self) -> None:
        """Go on in a new file, once the one before it is on the disk: no frame is there without those before it."""
        with self._turn:
            self._sync()
            self._close()
            self._end = self._kept = (self.number, 0)
            self._ahead = 0
            path = self.folder / _name(self.number)
            try:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                _keep_name(self.folder)
            except OSError as error:
                self._close()
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
                raise StoreFull(where=path, why=str(error.strerror), remedy="free space") from error

    def _write(self, parts: list[bytes | bytearray | memoryview]) -> None:
        place, size = self._end[1], sum(map(len, parts))
        try:
            if place + size > self._ahead < self.segment_bytes:
                self._ahead += os.pwrite(self._file, _AHEAD, self._ahead)
            if os.pwritev(self._file, parts, place) != size:
                raise OSError(28, "No space left on device")  # a short write is the disk saying so
        except OSError as error:
            with self._turn:
                self._cut()
            raise StoreFull(where=self.folder, why=str(error.strerror), remedy="free space") from error
        self.number += 1
        self._end = (self.number, place + size)
        self._ahead = max(self._ahead, place + size)


def open_log(folder: Path, *, random_bytes: Callable[[int], bytes], segment_bytes: int = _SEGMENT_BYTES) -> VerdictLog:
    """Open the log in a folder, cutting a torn end off; raises StoreError when a file before the last is damaged."""
    log = VerdictLog(folder=folder, epoch=int.from_bytes(random_bytes(8), "big"), segment_bytes=segment_bytes)
    segments = _segments(folder)
    for place, path in enumerate(segments):
        data = path.read_bytes()
        end, log.number = 0, max(log.number, _first(path))
        for kept in _frames(data):
            end, log.number = kept.end, kept.number + 1
        torn = bool(data[end:].strip(b"\0"))  # zeros are what was written ahead
        if place == len(segments) - 1:
            log.cut_bytes = len(data) - end if torn else 0
            os.truncate(path, end)
        elif torn or log.number < _first(segments[place + 1]):
            raise StoreError(where=path, why=f"damaged at byte {end}", remedy="restore it from its backup")
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
