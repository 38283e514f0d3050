"""What moved the counters since the last snapshot: written at once, so that a killed process forgets nothing of it.

The snapshot holds the counters, this journal what came after it, and each file says which snapshot it follows. Numbers
and devices stand in it under a keyed one-to-one scrambling (a 64-bit finaliser, no cipher: it keeps numbers out of
plain sight, and the key lies in a file of its own). A frame has a CRC; a torn end is left out.
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

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.errors import StoreError
from stopline.screening.moved import Moved, What
from stopline.stores.keys import secret_bytes
from stopline.stores.narrow import FIRST, SECOND, narrow, widened

U64 = NDArray[np.uint64]

_KEY: Final = "moved.key"
_MAGIC: Final = b"SLCNTS2\n"
_HEAD: Final = struct.Struct("<8sIIHHII4x")  # magic, crc, rows, key columns, plain columns, what moved, bytes behind
_CRC_FROM: Final = 12
_FIRST_BACK, _SECOND_BACK = (np.uint64(pow(int(factor), -1, 1 << 64)) for factor in (FIRST, SECOND))


@dataclass(slots=True, kw_only=True)
class CounterJournal:
    """Appends what moves the counters; each write is in the system's hands at once and on the disk each second."""

    folder: Path
    key: np.uint64
    seconds: Callable[[], float]
    sync_every_s: float = 1.0
    generation: int = 0  # of the snapshot that the present file follows
    fails: int = 0  # writes in a row that the disk did not take; screening goes on
    _file: int = field(init=False, default=-1)
    _synced_s: float = field(init=False, default=0.0)
    _unsynced: bool = False

    def take(self, moved: Moved) -> None:
        """Write one batch of what moved the counters."""
        columns = (*moved.keys, *moved.plain)
        rows = len(columns[0])
        if rows == 0:
            return
        body = narrow(np.array(columns, dtype=np.int64), len(moved.keys), self.key)
        head = bytearray(_HEAD.pack(_MAGIC, 0, rows, len(moved.keys), len(moved.plain), moved.what, len(body)))
        head[8:_CRC_FROM] = zlib.crc32(body, zlib.crc32(head[_CRC_FROM:])).to_bytes(4, "little")
        try:
            if self._file < 0:
                self._open()
            if os.writev(self._file, (head, body)) != len(head) + len(body):
                raise OSError(28, "No space left on device")
        except OSError:
            self._give_up()
            return
        self.fails, self._unsynced = 0, True
        self.tick()

    def tick(self) -> None:
        """Wait for the disk when a second has passed since it last was waited for."""
        if self._unsynced and self.seconds() - self._synced_s >= self.sync_every_s:
            self._synced_s, self._unsynced = self.seconds(), False
            with contextlib.suppress(OSError):
                os.fdatasync(self._file)

    def turn_over(self) -> int:
        """Go on in a new file, that of the next snapshot; returns its generation."""
        self.close()
        self.generation += 1
        return self.generation

    def forget(self, before: int) -> None:
        """Delete the files of snapshots older than the one that is on the disk."""
        for generation, path in _files(self.folder):
            if generation < before:
                path.unlink()

    def close(self) -> None:
        """Give the file free."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"moved-{self.generation:016d}.log"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        whole = max((end for end, _moved in _frames(path, self.key)), default=0)
        os.ftruncate(self._file, whole)  # what a kill left half-written would hide what follows

    def _give_up(self) -> None:
        """Close the file: what the disk did not take is cut when the next batch opens it again."""
        self.fails += 1
        self.close()


def open_counters(
    folder: Path, *, random_bytes: Callable[[int], bytes], seconds: Callable[[], float]
) -> CounterJournal:
    """Open the journal beside the snapshots in a folder; raises StoreError when its key cannot be read."""
    key = np.frombuffer(secret_bytes(folder / _KEY, 8, random_bytes), dtype=np.uint64)[0]
    generation = max((generation for generation, _path in _files(folder)), default=0)
    return CounterJournal(folder=folder, key=key, seconds=seconds, generation=generation)


def read_counters(folder: Path) -> Iterator[tuple[int, Moved]]:
    """Iterate over what was written, in order, each with the generation of the snapshot it follows.

    Raises StoreError where a file was written by another version: it is not cut, and its counters are not forgotten.
    """
    files = _files(folder)
    if not files:
        return
    try:
        key = np.frombuffer((folder / _KEY).read_bytes(), dtype=np.uint64)[0]
    except (OSError, ValueError, IndexError):
        return  # without its key it names nobody, and the counters start at the snapshot
    for generation, path in files:
        for _end, moved in _frames(path, key):
            yield generation, moved


def shown(values: U64, key: np.uint64) -> U64:
    """Undo `hide`."""
    plain: U64 = _unshifted(values, 31) * _SECOND_BACK
    plain = _unshifted(plain, 27) * _FIRST_BACK
    return _unshifted(plain, 30) ^ key


def _unshifted(values: U64, by: int) -> U64:
    once: U64 = values ^ (values >> np.uint64(by)) ^ (values >> np.uint64(2 * by))
    return once  # of the factors here (27 to 31) a third shift moves everything out


def _frames(path: Path, key: np.uint64) -> Iterator[tuple[int, Moved]]:
    """Iterate over whole frames of a file and where they end; stops at the first that is not whole."""
    data, start = path.read_bytes(), 0
    if data[:6] == _MAGIC[:6] and data[6:8] not in {_MAGIC[6:], b""}:
        remedy = "let the version that wrote it stop in order, which leaves none, or delete it and lose those counters"
        raise StoreError(where=path, why="written by another version of stopline", remedy=remedy)
    while start + _HEAD.size <= len(data):
        magic, crc, rows, keys, plain, what, size = _HEAD.unpack_from(data, start)
        body, end = start + _HEAD.size, start + _HEAD.size + size
        if magic != _MAGIC or end > len(data) or zlib.crc32(memoryview(data)[start + _CRC_FROM : end]) != crc:
            return
        whole = widened(memoryview(data)[body:end], keys + plain, rows)
        back = shown(whole[:keys], key).view(np.int64)
        yield end, Moved(What(what), tuple(back), tuple(whole[keys:].view(np.int64)))
        start = end


def _files(folder: Path) -> list[tuple[int, Path]]:
    return sorted((int(path.stem.split("-")[1]), path) for path in folder.glob("moved-*.log"))
