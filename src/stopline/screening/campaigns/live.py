"""Campaigns as they grow: each message joins the cluster whose exemplar it is a copy of, or founds one.

A message is looked up by the key of its whole sketch, then in the buckets of its bands; every candidate is compared
with the cluster's exemplar before anything is counted. Memory is bounded: when there is no room, the cluster silent
longest goes, and one unseen for `days` goes as others come. What is decided depends only on the order of the
messages, never on how they were cut into batches. Of senders and recipients remain only sketches of salted hashes
that count them (P. Flajolet and others, "HyperLogLog", 2007; about 7 % off).
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
    Room,
    bands_of,
    enough,
    likeness,
    longest_of,
    make_room,
    sketch_one,
)
from stopline.screening.text.compiled import compiled
from stopline.screening.text.fold import Folded
from stopline.screening.text.tokens import Chars

WAYS: Final = 4
REGISTERS: Final = 256
DAY_US: Final = 86_400_000_000
NONE: Final = -1
_GONE_AT_ONCE: Final = 2  # clusters let go for their age with one message: a clock that jumps empties nothing at once

# columns of the whole numbers of a cluster
_SIZE, _FIRST, _LAST, _NEWER, _OLDER, _KEPT, _LEVEL, _SENDERS, _RECIPIENTS = range(9)
# of the table: newest cluster, oldest, clusters ever used, head of the free ones, let go for room, for age
_NEWEST, _OLDEST, _USED, _FREE, _FOR_ROOM, _FOR_AGE = range(6)

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
Clusters = tuple[U64, I64, U32, U32, U8, U8]  # keys, whole numbers, exemplars, bands, senders, recipients
Tables = tuple[Clusters, U64, I64]  # with the buckets and what the table knows
Whole = int | np.int64


class Grown(NamedTuple):
    """What the live clusters say of each message, as of that message.

    `ids` is 0 for a text too short to compare; `likeness` is the similarity with the exemplar, 1 for a new cluster.
    `senders` and `recipients` are estimates of how many different ones.
    """

    ids: U64
    size: I64
    senders: I64
    recipients: I64
    first_us: I64
    likeness: F64


class Campaigns:
    """The live clusters of near-copies among messages; `grow` moves them over a batch."""

    def __init__(self, *, capacity: int = 1 << 16, salt: int = 0x5DEECE66D, days: int = 14) -> None:
        """Reserve room for `capacity` clusters; what nobody sent for `days` is forgotten."""
        size = max(16, capacity)
        self.salt = salt
        self.days = days
        self.keys = np.zeros(size, dtype=np.uint64)
        self.whole = np.zeros((size, 9), dtype=np.int64)
        self.exemplars = np.zeros((size, MOST), dtype=np.uint32)
        self.bands = np.zeros((size, BANDS + 1), dtype=np.uint32)
        self.senders = np.zeros((size, REGISTERS), dtype=np.uint8)
        self.recipients = np.zeros((size, REGISTERS), dtype=np.uint8)
        buckets = 1 << (size * (BANDS + 1) * 2 // WAYS - 1).bit_length()
        self.buckets = np.zeros((buckets, WAYS), dtype=np.uint64)
        self.known = np.array([NONE, NONE, 0, NONE, 0, 0], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._held().sum())

    @property
    def let_go(self) -> tuple[int, int]:
        """How many clusters went for want of room, and how many for their age."""
        return int(self.known[_FOR_ROOM]), int(self.known[_FOR_AGE])

    def grow(self, folded: Folded, at_us: I64, sender: I64, recipient: I64) -> Grown:
        """Place every message; `sender` and `recipient` are codes of numbers, 0 where none was given."""
        count = len(folded.starts) - 1
        found = Grown(
            np.zeros(count, dtype=np.uint64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.array(at_us, dtype=np.int64),
            np.zeros(count, dtype=np.float64),
        )
        if count:
            grow_kernel(
                (np.ascontiguousarray(folded.chars), folded.starts, at_us, sender, recipient),
                self._tables(),
                np.uint64(self.salt),
                self.days * DAY_US,
                (found.ids, found.size, found.senders, found.recipients, found.first_us, found.likeness),
            )
        return found

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot; the buckets are made again from the bands."""
        used = int(self.known[_USED])
        return {
            "size": np.array([len(self.keys)], dtype=np.int64),
            "salt": np.array([self.salt], dtype=np.uint64),
            "known": self.known.copy(),
            **{name: getattr(self, name)[:used].copy() for name in _KEPT_ARRAYS},
        }

    def restore(self, arrays: dict[str, NDArray[np.generic]]) -> bool:
        """Take a snapshot over; returns False, changing nothing, when it was made for another size."""
        if arrays["size"].tolist() != [len(self.keys)]:
            return False
        used = int(arrays["known"].tolist()[_USED])
        for name in _KEPT_ARRAYS:
            target = getattr(self, name)
            target[:] = 0
            target[:used] = arrays[name]
        self.known[:] = arrays["known"]
        self.salt = int(arrays["salt"].tolist()[0])
        self.buckets[:] = 0
        index_kernel(self._tables())
        return True

    def _held(self) -> Bool:
        held: Bool = self.whole[: int(self.known[_USED]), _SIZE] > 0
        return held

    def _tables(self) -> Tables:
        clusters = (self.keys, self.whole, self.exemplars, self.bands, self.senders, self.recipients)
        return (clusters, self.buckets, self.known)


_KEPT_ARRAYS: Final = ("keys", "whole", "exemplars", "bands", "senders", "recipients")

_TABLES: Final = (
    "Tuple((Tuple((uint64[::1], int64[:,::1], uint32[:,::1], uint32[:,::1], uint8[:,::1], uint8[:,::1])), "
    "uint64[:,::1], int64[::1]))"
)


@compiled(
    "void(Tuple((uint32[::1], int64[::1], int64[::1], int64[::1], int64[::1])), " + _TABLES + ", uint64, int64, "
    "Tuple((uint64[::1], int64[::1], int64[::1], int64[::1], int64[::1], float64[::1])))"
)
def grow_kernel(
    messages: tuple[Chars, I64, I64, I64, I64],
    tables: Tables,
    salt: np.uint64,
    silence_us: int,
    out: tuple[U64, I64, I64, I64, I64, F64],
) -> None:
    """Place every message in its cluster, in order, and write what the cluster then knows."""
    chars, starts, at_us, sender, recipient = messages
    ids, size, senders, recipients, first_us, alike = out
    keys, whole, _exemplars, _bands, from_whom, to_whom = tables[0]
    room = make_room(longest_of(starts))
    bands = np.zeros(BANDS + 1, np.uint32)
    for row in range(len(starts) - 1):
        count, raws, level, key = sketch_one(chars, starts[row], starts[row + 1], np.uint32(salt), room)
        if not enough(count, level):
            continue
        for _ in range(_GONE_AT_ONCE):
            oldest = tables[2][_OLDEST]
            if oldest != NONE and whole[oldest, _LAST] < at_us[row] - silence_us:
                _let_go(tables, oldest)
                tables[2][_FOR_AGE] += 1
        cluster, similar = _find(tables, key, (count, raws, level), room, bands)
        if cluster == NONE:
            cluster = _found(tables, key, (count, level), room, bands)
            whole[cluster, _FIRST] = whole[cluster, _LAST] = at_us[row]
        else:
            _unlink(tables, cluster)
        _link(tables, cluster)
        whole[cluster, _SIZE] += 1
        whole[cluster, _FIRST] = min(whole[cluster, _FIRST], at_us[row])
        whole[cluster, _LAST] = max(whole[cluster, _LAST], at_us[row])
        if _meet(from_whom[cluster], sender[row], salt):
            whole[cluster, _SENDERS] = _different(from_whom[cluster])
        if _meet(to_whom[cluster], recipient[row], salt):
            whole[cluster, _RECIPIENTS] = _different(to_whom[cluster])
        ids[row], alike[row] = keys[cluster], similar
        size[row], first_us[row] = whole[cluster, _SIZE], whole[cluster, _FIRST]
        senders[row], recipients[row] = whole[cluster, _SENDERS], whole[cluster, _RECIPIENTS]


@compiled("void(" + _TABLES + ")")
def index_kernel(tables: Tables) -> None:
    """Fill the buckets again, the cluster silent longest first, as they were filled by the messages."""
    cluster = tables[2][_OLDEST]
    while cluster != NONE:
        for band in range(BANDS + 1):
            _put(tables, band, cluster)
        cluster = tables[0][1][cluster, _NEWER]


# ---------------------------------------------------------------- finding


@compiled(allocates=False)
def _find(tables: Tables, key: np.uint64, sizes: tuple[int, int, int], room: Room, bands: U32) -> tuple[Whole, float]:
    """Return the cluster whose exemplar is most like the text in the room, at least RESEMBLANCE; else NONE."""
    clusters, buckets, _known = tables
    keys, whole, exemplars, _bands, _senders, _recipients = clusters
    count, raws, level = sizes
    bands[BANDS] = _tag_of(key)
    bucket = buckets[_bucket(buckets, BANDS, bands[BANDS])]
    for way in range(WAYS):
        if bucket[way] >> np.uint64(32) == bands[BANDS]:
            cluster = np.int64(bucket[way] & np.uint64(0xFFFFFFFF)) - 1
            if keys[cluster] == key:
                return cluster, 1.0
    bands_of(room[2], raws, room[3], bands)
    best: Whole = NONE
    most = 0.0
    tried: Whole = NONE
    for band in range(BANDS):
        bucket = buckets[_bucket(buckets, band, bands[band])]
        for way in range(WAYS):
            if not bucket[way] or bucket[way] >> np.uint64(32) != bands[band]:
                continue
            cluster = np.int64(bucket[way] & np.uint64(0xFFFFFFFF)) - 1
            if cluster in (best, tried):
                continue
            others = whole[cluster, _KEPT]
            near = likeness(room, (count, level), exemplars[cluster], (others, whole[cluster, _LEVEL]))
            tried = cluster
            if near >= RESEMBLANCE and (near > most or (near == most and keys[cluster] < keys[best])):
                best, most = cluster, near
    return best, most


@compiled(allocates=False)
def _tag_of(key: np.uint64) -> np.uint32:
    return np.uint32((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32))


@compiled(allocates=False)
def _bucket(buckets: U64, band: int, tag: np.uint32) -> np.int64:
    h = (np.uint64(tag) + (np.uint64(band) << np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return np.int64((h >> np.uint64(31)) & np.uint64(len(buckets) - 1))


# ---------------------------------------------------------------- founding and letting go


@compiled(allocates=False)
def _found(tables: Tables, key: np.uint64, sizes: tuple[int, int], room: Room, bands: U32) -> Whole:
    """Make the text in the room the exemplar of a new cluster; the one silent longest makes room."""
    clusters, _buckets, known = tables
    keys, whole, exemplars, own_bands, senders, recipients = clusters
    if known[_FREE] == NONE and known[_USED] == len(keys):
        _let_go(tables, known[_OLDEST])
        known[_FOR_ROOM] += 1
    if known[_FREE] != NONE:
        cluster: Whole = known[_FREE]
        known[_FREE] = whole[cluster, _NEWER]
    else:
        cluster = known[_USED]
        known[_USED] += 1
    count, level = sizes
    keys[cluster] = key
    whole[cluster, _SIZE] = whole[cluster, _SENDERS] = whole[cluster, _RECIPIENTS] = 0
    whole[cluster, _KEPT] = count
    whole[cluster, _LEVEL] = level
    for place in range(count):
        exemplars[cluster, place] = room[1][place]
    for band in range(BANDS + 1):
        own_bands[cluster, band] = bands[band]
    senders[cluster] = 0
    recipients[cluster] = 0
    for band in range(BANDS + 1):
        _put(tables, band, cluster)
    return cluster


@compiled(allocates=False)
def _put(tables: Tables, band: int, cluster: Whole) -> None:
    """Enter a cluster in a bucket; in a full one it takes the place of the cluster silent longest."""
    clusters, buckets, _known = tables
    tag = clusters[3][cluster, band]
    bucket = buckets[_bucket(buckets, band, tag)]
    worst = 0
    silent = np.int64(np.iinfo(np.int64).max)
    for way in range(WAYS):
        if not bucket[way]:
            worst = way
            break
        last = clusters[1][np.int64(bucket[way] & np.uint64(0xFFFFFFFF)) - 1, _LAST]
        if last < silent:
            worst, silent = way, last
    bucket[worst] = (np.uint64(tag) << np.uint64(32)) | np.uint64(cluster + 1)


@compiled(allocates=False)
def _let_go(tables: Tables, cluster: Whole) -> None:
    """Forget a cluster: its places in the buckets and in the order of silence, then its slot."""
    clusters, buckets, known = tables
    for band in range(BANDS + 1):
        tag = clusters[3][cluster, band]
        bucket = buckets[_bucket(buckets, band, tag)]
        entry = (np.uint64(tag) << np.uint64(32)) | np.uint64(cluster + 1)
        for way in range(WAYS):
            if bucket[way] == entry:
                bucket[way] = 0
    _unlink(tables, cluster)
    clusters[1][cluster, _SIZE] = 0
    clusters[2][cluster] = 0
    clusters[1][cluster, _NEWER] = known[_FREE]
    known[_FREE] = cluster


@compiled(allocates=False)
def _link(tables: Tables, cluster: Whole) -> None:
    """Put a cluster at the new end of the order of silence."""
    whole, known = tables[0][1], tables[2]
    whole[cluster, _OLDER] = known[_NEWEST]
    whole[cluster, _NEWER] = NONE
    if known[_NEWEST] != NONE:
        whole[known[_NEWEST], _NEWER] = cluster
    else:
        known[_OLDEST] = cluster
    known[_NEWEST] = cluster


@compiled(allocates=False)
def _unlink(tables: Tables, cluster: Whole) -> None:
    whole, known = tables[0][1], tables[2]
    newer, older = whole[cluster, _NEWER], whole[cluster, _OLDER]
    if older != NONE:
        whole[older, _NEWER] = newer
    else:
        known[_OLDEST] = newer
    if newer != NONE:
        whole[newer, _OLDER] = older
    else:
        known[_NEWEST] = older


# ---------------------------------------------------------------- counting who


@compiled(allocates=False)
def _meet(registers: U8, code: np.int64, salt: np.uint64) -> bool:
    """Let a number be counted once; whether the count may have changed."""
    if code == 0:
        return False
    h = (np.uint64(code) ^ salt) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ (h >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    h ^= h >> np.uint64(29)
    place = np.int64(h & np.uint64(REGISTERS - 1))
    rest = h >> np.uint64(8)
    rank = 1
    while rank < 56 and not rest & np.uint64(1):
        rest >>= np.uint64(1)
        rank += 1
    if registers[place] >= rank:
        return False
    registers[place] = rank
    return True


@compiled(allocates=False)
def _different(registers: U8) -> int:
    """Return how many different numbers were met (estimate); few are counted by the registers still empty."""
    total = 0.0
    empty = 0
    for rank in registers:
        total += 1.0 / np.float64(np.uint64(1) << np.uint64(rank))
        empty += rank == 0
    if empty > 0:
        few = REGISTERS * np.log(REGISTERS / empty)
        if few <= 2.5 * REGISTERS:
            return int(np.round(few))
    return int(np.round(0.7213 / (1.0 + 1.079 / REGISTERS) * REGISTERS * REGISTERS / total))
