"""Campaigns of a whole file: better evidence than a message has that must be answered at once.

Texts that meet in a band and are copies (`RESEMBLANCE`) hang together; what hangs together is cut by complete
linkage, so that every two texts of a campaign are copies, not only neighbours in a chain. Where more than
`MOST_TOGETHER` different texts hang together, each joins the first that it is a copy of, as live. Rows are taken in
the order of their keys, so that the order of the file changes nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stopline.screening.campaigns.sketches import (
    BANDS,
    I64,
    MOST,
    RESEMBLANCE,
    U32,
    U64,
    bands_of,
    enough,
    longest_of,
    make_room,
    sketch_one,
)
from stopline.screening.text.compiled import compiled
from stopline.screening.text.fold import Folded
from stopline.screening.text.tokens import Chars

MOST_TOGETHER: Final = 3_000
_NEIGHBOURS: Final = 6  # of one bucket are compared: the first, and the last few before
_ALONE: Final = -1

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


class Sketches(NamedTuple):
    """Sketches of many texts; the shingles of text i are `shingles[starts[i]:starts[i+1]]`, sorted.

    `keys` are equal for texts with equal sketches, 0 for one too short to compare; `bands` are what copies meet in.
    """

    shingles: U32
    starts: I64
    levels: U8
    keys: U64
    bands: U32


def sketches_of(folded: Folded, *, salt: int = 0) -> Sketches:
    """Return the sketches of folded texts; equal salts give equal sketches."""
    count = len(folded.starts) - 1
    shingles = np.empty(count * MOST, dtype=np.uint32)
    starts = np.zeros(count + 1, dtype=np.int64)
    levels = np.zeros(count, dtype=np.uint8)
    keys = np.zeros(count, dtype=np.uint64)
    bands = np.zeros((count, BANDS), dtype=np.uint32)
    chars = np.ascontiguousarray(folded.chars)
    sketch_kernel(chars, folded.starts, np.uint32(salt & 0xFFFFFFFF), (shingles, starts, levels, keys, bands))
    return Sketches(shingles[: starts[-1]].copy(), starts, levels, keys, bands)


class FileCampaigns:
    """Gathers the texts of a file batch by batch, one sketch for equal ones, and then tells who belongs together."""

    def __init__(self) -> None:
        """Begin with no text."""
        self._places: dict[int, int] = {}  # of a key among the different texts
        self._parts: list[Sketches] = []
        self._rows: list[I64] = []

    def add(self, folded: Folded) -> None:
        """Take the texts of the next rows."""
        found = sketches_of(folded)
        rows = np.full(len(found.keys), _ALONE, dtype=np.int64)
        new = []
        for row, key in enumerate(found.keys.tolist()):
            if not key:
                continue
            known = len(self._places)
            rows[row] = place = self._places.setdefault(key, known)
            if place == known:
                new.append(row)
        self._rows.append(rows)
        self._parts.append(_picked(found, np.array(new, dtype=np.int64)))

    def ids(self, *, resemblance: float = RESEMBLANCE) -> list[str | None]:
        """Return the campaign of every row so far, None for one that is alone.

        A campaign is named by the key of its first text, so that one text names it in every file.
        """
        rows = np.concatenate(self._rows) if self._rows else np.zeros(0, dtype=np.int64)
        given = rows != _ALONE
        if not given.any():
            return [None] * len(rows)
        sketches = _together(self._parts)
        labels = np.full(len(rows), _ALONE, dtype=np.int64)
        labels[given] = clusters_of(sketches, resemblance=resemblance)[rows[given]]
        many = np.bincount(labels[given])[labels] > 1
        heads = np.zeros(len(sketches.keys), dtype=np.uint64)
        backwards = np.flatnonzero(given)[::-1]
        heads[labels[backwards]] = sketches.keys[rows[backwards]]  # the first row of each stays written last
        named = (given & many).tolist()
        names = heads[labels].tolist()
        return [f"{name:016x}" if several else None for name, several in zip(names, named, strict=True)]


def clusters_of(sketches: Sketches, *, resemblance: float = RESEMBLANCE) -> I64:
    """Return a cluster number for every one of some different texts; the order of the texts changes nothing."""
    order = np.argsort(sketches.keys, kind="stable")
    ordered = _picked(sketches, order)
    data = (ordered.shingles, ordered.starts, ordered.levels)
    parents = np.arange(len(order), dtype=np.int64)
    for band in range(BANDS):
        met = np.ascontiguousarray(ordered.bands[:, band])
        join_kernel(data, met, np.argsort(met, kind="stable"), parents, resemblance)
    members = np.argsort(parents, kind="stable")
    edges = np.flatnonzero(np.diff(parents[members], prepend=-1, append=-1))
    labels = np.arange(len(order), dtype=np.int64)
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if last - first > 1:
            cut_kernel(data, members[first:last], labels, resemblance, MOST_TOGETHER)
    found = np.empty(len(order), dtype=np.int64)
    found[order] = labels
    return found


def _together(parts: list[Sketches]) -> Sketches:
    lengths = np.concatenate([np.diff(part.starts) for part in parts])
    return Sketches(
        np.concatenate([part.shingles for part in parts]),
        np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)]),
        np.concatenate([part.levels for part in parts]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.bands for part in parts]),
    )


def _picked(found: Sketches, rows: I64) -> Sketches:
    lengths = np.diff(found.starts)[rows]
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    places = np.repeat(found.starts[:-1][rows] - starts[:-1], lengths) + np.arange(starts[-1])
    return Sketches(found.shingles[places], starts, found.levels[rows], found.keys[rows], found.bands[rows])


# ---------------------------------------------------------------- kernels

Data = tuple[U32, I64, U8]  # shingles, their starts, levels
_DATA: Final = "Tuple((uint32[::1], int64[::1], uint8[::1]))"


@compiled(
    "void(uint32[::1], int64[::1], uint32, Tuple((uint32[::1], int64[::1], uint8[::1], uint64[::1], uint32[:,::1])))"
)
def sketch_kernel(chars: Chars, starts: I64, salt: np.uint32, out: tuple[U32, I64, U8, U64, U32]) -> None:
    """Sketch every folded text into `out`: shingles, their starts, levels, keys, bands."""
    shingles, ends, levels, keys, bands = out
    room = make_room(longest_of(starts))
    for row in range(len(starts) - 1):
        count, raws, level, key = sketch_one(chars, starts[row], starts[row + 1], salt, room)
        levels[row] = level
        ends[row + 1] = ends[row] + count
        room[1][:count].sort()
        shingles[ends[row] : ends[row + 1]] = room[1][:count]
        if enough(count, level):
            keys[row] = key
            bands_of(room[2], raws, room[3], bands[row])


@compiled("void(" + _DATA + ", uint32[::1], int64[::1], int64[::1], float64)")
def join_kernel(data: Data, met: U32, order: I64, parents: I64, resemblance: float) -> None:
    """Join texts that meet in one band (`order` sorts by it) and are copies; `parents` then names each one's root."""
    begin = 0
    for i in range(1, len(order)):
        if met[order[i]] != met[order[begin]]:
            begin = i
            continue
        for back in range(_NEIGHBOURS):
            other = order[begin] if back == 0 else order[max(begin, i - back)]
            one, two = _root(parents, order[i]), _root(parents, other)
            if one != two and sorted_likeness(data, order[i], other) >= resemblance:
                parents[max(one, two)] = min(one, two)
    for i in range(len(parents)):
        parents[i] = _root(parents, i)


@compiled(allocates=False)
def _root(parents: I64, place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


@compiled(allocates=False)
def sorted_likeness(data: Data, one: int, two: int) -> float:
    """Return the Jaccard similarity of two sketches at the coarser of their levels."""
    shingles, starts, levels = data
    mask = np.uint32((np.uint32(1) << np.uint32(max(levels[one], levels[two]))) - np.uint32(1))
    i, end = starts[one], starts[one + 1]
    j, other_end = starts[two], starts[two + 1]
    both = 0
    either = 0
    while i < end or j < other_end:
        if j >= other_end or (i < end and shingles[i] < shingles[j]):
            either += (shingles[i] & mask) == 0
            i += 1
        elif i >= end or shingles[j] < shingles[i]:
            either += (shingles[j] & mask) == 0
            j += 1
        else:
            same = (shingles[i] & mask) == 0
            both += same
            either += same
            i += 1
            j += 1
    return both / either if either > 0 else 0.0


@compiled("void(" + _DATA + ", int64[::1], int64[::1], float64, int64)")
def cut_kernel(data: Data, members: I64, labels: I64, resemblance: float, most: int) -> None:
    """Cut what hangs together into campaigns; a campaign's label is the least of its members."""
    if len(members) > most:
        _by_heads(data, members, labels, resemblance)
    else:
        _by_linkage(data, members, labels, resemblance)


@compiled()
def _by_heads(data: Data, members: I64, labels: I64, resemblance: float) -> None:
    heads = np.empty(len(members), np.int64)
    count = 0
    for member in members:
        best = -1
        most = 0.0
        for place in range(count):
            near = sorted_likeness(data, member, heads[place])
            if near >= resemblance and near > most:
                best, most = place, near
        if best < 0:
            heads[count] = member
            best = count
            count += 1
        labels[member] = heads[best]


@compiled()
def _by_linkage(data: Data, members: I64, labels: I64, resemblance: float) -> None:
    """Complete linkage by chains of nearest neighbours (F. Murtagh, 1983), as far as the least similarity."""
    count = len(members)
    near = np.zeros((count, count), np.float32)
    for i in range(count):
        for j in range(i):
            near[i, j] = near[j, i] = sorted_likeness(data, members[i], members[j])
    into = np.arange(count)
    open_ = np.ones(count, np.bool_)
    chain = np.empty(count + 1, np.int64)
    length = 0
    start = 0
    while True:
        while length == 0 and start < count:
            if open_[start]:
                chain[0] = start
                length = 1
            else:
                start += 1
        if length == 0:
            break
        top = chain[length - 1]
        other = _nearest(near, open_, top, chain[length - 2] if length > 1 else -1)
        if other < 0 or near[top, other] < resemblance:  # nothing can still come near enough
            open_[top] = False
            length -= 1
        elif length > 1 and other == chain[length - 2]:
            length -= 2
            keep, gone = min(top, other), max(top, other)
            open_[gone] = False
            into[gone] = keep
            for k in range(count):
                near[keep, k] = near[k, keep] = min(near[keep, k], near[gone, k])
        else:
            chain[length] = other
            length += 1
    for i in range(count):
        labels[members[i]] = members[_root(into, i)]


@compiled(allocates=False)
def _nearest(near: F32, open_: NDArray[np.bool_], place: int, before: int) -> int:
    """Return the most similar that is still open; the one before in the chain where none is more so."""
    best = before
    most = near[place, before] if before >= 0 else np.float32(-1.0)
    for other in range(len(near)):
        if open_[other] and other != place and near[place, other] > most:
            best, most = other, near[place, other]
    return best
