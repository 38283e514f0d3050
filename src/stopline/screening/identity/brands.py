"""Brands that texts are written in the name of, and the kernel that finds them in folded texts.

The folded view has no gaps between Han characters, no lookalikes, no odd forms and no invisible ones, so that a
disguised name is the name. Latin names count only as whole words. Nothing is taken for a name because it is similar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import msgspec
import numpy as np
import yaml
from numpy.typing import NDArray

from stopline.kernel.errors import BadField
from stopline.screening.text.alphabet import TABLE_SIZE
from stopline.screening.text.compiled import compiled
from stopline.screening.text.fold import Folded, fold, fold_all
from stopline.screening.text.tokens import Chars, is_alnum

I32 = NDArray[np.int32]
Places = NDArray[np.int16]

NAMED: Final = 4
"""Different brands that are noted of one text."""
OPENS, CLOSES, SHORT_OPENS, SHORT_CLOSES, FOUND = NAMED, NAMED + 1, NAMED + 2, NAMED + 3, NAMED + 4
_STRONG, _SHORT = 0, 1
_LEAST_HAN, _LEAST_LATIN, _LONGEST = 2, 3, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """One body in whose name texts are written; `short` names count only where a text is signed with them."""

    id: str
    kind: str
    zh: str
    en: str
    names: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Trie:
    """Names as a tree of characters: a table for the first, sorted edges for the others."""

    roots: I32  # by character: the node behind it, 0 = none
    spans: I32  # by node: its first edge, and the one after its last
    letters: NDArray[np.uint32]
    nodes: I32
    ends: I32  # by node: the brand that a name ends with here, and that of a short name; -1 = none


class BrandBook:
    """The brands that the engine knows: those of the shipped file, and names that list entries brought in."""

    def __init__(self, brands: Iterable[Brand]) -> None:
        self.brands = tuple(brands)
        self.places = {brand.id: place for place, brand in enumerate(self.brands)}
        self._hosts = {host: brand.id for brand in reversed(self.brands) for host in brand.hosts}
        self.codes = {code: brand.id for brand in self.brands for code in brand.codes}
        strong = [(name, _STRONG, place) for place, brand in enumerate(self.brands) for name in _strong(brand)]
        short = [(name, _SHORT, place) for place, brand in enumerate(self.brands) for name in brand.short]
        names = strong + short
        folded = fold_all([name for name, _way, _place in names])
        self._folded = {folded.text(row): place for row, (_name, _way, place) in reversed([*enumerate(names)])}
        self._trie = _trie([(folded.text(row), way, place) for row, (_name, way, place) in enumerate(names)])

    def with_names(self, names: Iterable[str]) -> BrandBook:
        """Return the book with brands that only list entries know: each is its own id and only name."""
        more = [Brand(id=name, kind="listed", zh=name, en=name) for name in names if name not in self.places]
        return BrandBook((*self.brands, *more)) if more else self

    def find(self, folded: Folded) -> Places:
        """Return the brands of every text by their places in the book, -1 for none.

        The first NAMED columns are the different brands named anywhere; then the one that the text opens with, the one
        it closes with, and the same of short names.
        """
        found = np.empty((len(folded.starts) - 1, FOUND), dtype=np.int16)
        trie = self._trie
        find_kernel(
            folded.chars, folded.starts, trie.roots, trie.spans, trie.letters, trie.nodes, trie.ends, found
        )  # fmt: skip
        return found

    def of_name(self, name: str) -> int:
        """Return the place of the brand that has exactly this name, however it is disguised; -1 where none has."""
        return self._folded.get(fold(name[:_LONGEST]), -1)

    def owner_of(self, host: str) -> str:
        """Return the id of the brand whose host this is or lies under, "" where there is none."""
        labels = host.split(".")
        parents = (".".join(labels[first:]) for first in range(len(labels)))
        return next((self._hosts[parent] for parent in parents if parent in self._hosts), "")

    def brand_id(self, name: str) -> str:
        """Return the id of a brand by id or name, or the name itself where none is known; raises BadField."""
        name = name.strip()
        if name in self.places:
            return name
        place = self.of_name(name)
        if place >= 0:
            return self.brands[place].id
        bare = [letter for letter in fold(name) if letter.isalpha()]
        han = sum(letter >= "\u3400" for letter in bare)
        if len(name) > _LONGEST or (han < _LEAST_HAN and len(bare) < _LEAST_LATIN):
            why = f"a brand of the file, or a name of {_LEAST_HAN} Han or {_LEAST_LATIN} other letters up to {_LONGEST}"
            raise BadField(field="brand", value=name[:_LONGEST], why=why)
        return name


@cache
def shipped_brands() -> BrandBook:
    """Return the brands that come with the product."""
    text = (resources.files("stopline.screening.identity") / "brands.yaml").read_text("utf-8")
    rows = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["brands"]  # noqa: S506 - the safe loader, in C where it is there
    return BrandBook(msgspec.convert(rows, tuple[Brand, ...]))


def _strong(brand: Brand) -> tuple[str, ...]:
    return tuple(dict.fromkeys((brand.zh, brand.en, *brand.names)))


def _trie(names: Iterable[tuple[str, int, int]]) -> _Trie:
    children: list[dict[int, int]] = [{}]
    ends = [[-1, -1]]
    for name, way, place in names:
        node = 0
        for letter in name:
            code = ord(letter)
            if code not in children[node]:
                children[node][code] = len(children)
                children.append({})
                ends.append([-1, -1])
            node = children[node][code]
        if node and ends[node][way] < 0:  # of two that share a name the first has it
            ends[node][way] = place
    roots = np.zeros(TABLE_SIZE, dtype=np.int32)
    for code, node in children[0].items():
        roots[code] = node
    edges = [sorted(found.items()) for found in children]
    counts = np.cumsum([0, *(len(found) for found in edges)])
    flat = [edge for found in edges for edge in found]
    return _Trie(
        roots=roots,
        spans=np.stack([counts[:-1], counts[1:]], axis=1).astype(np.int32),
        letters=np.array([letter for letter, _node in flat], dtype=np.uint32),
        nodes=np.array([node for _letter, node in flat], dtype=np.int32),
        ends=np.array(ends, dtype=np.int32),
    )


@compiled()
def _step(node: int, c: int, spans: I32, letters: NDArray[np.uint32], nodes: I32) -> int:
    """Return the node behind a character, 0 where there is none."""
    for edge in range(spans[node, 0], spans[node, 1]):
        if letters[edge] == c:
            return int(nodes[edge])
    return 0


@compiled()
def _note(found: Places, brand: int) -> None:
    for place in range(NAMED):
        if found[place] == brand:
            return
        if found[place] < 0:
            found[place] = brand
            return


@compiled()
def _longest(
    chars: Chars, i: int, hi: int, node: int, spans: I32, letters: NDArray[np.uint32], nodes: I32, ends: I32
) -> tuple[int, int, int, int]:
    """Return the longest name that begins at `i` and its end, and the same of short names; -1 for none."""
    strong, after, short, short_after = -1, i + 1, -1, hi + 1
    j = i + 1
    while node != 0:
        if j == hi or not (is_alnum(chars[j - 1]) and is_alnum(chars[j])):
            if ends[node, _STRONG] >= 0:
                strong, after = ends[node, _STRONG], j
            if ends[node, _SHORT] >= 0:
                short, short_after = ends[node, _SHORT], j
        if j == hi:
            break
        node = _step(node, chars[j], spans, letters, nodes)
        j += 1
    return strong, after, short, short_after


@compiled(
    "void(uint32[::1], int64[::1], int32[::1], int32[:, ::1], uint32[::1], int32[::1], int32[:, ::1], int16[:, ::1])"
)
def find_kernel(
    chars: Chars, starts: NDArray[np.int64], roots: I32, spans: I32, letters: NDArray[np.uint32], nodes: I32,
    ends: I32, found: Places,
) -> None:  # fmt: skip
    """Find the names in every text; at each place the longest counts, and the search goes on behind it."""
    for row in range(len(starts) - 1):
        found[row] = -1
        lo, hi = starts[row], starts[row + 1]
        i = lo
        while i < hi:
            c = chars[i]
            node = roots[c] if c < len(roots) else 0
            if node == 0 or (i > lo and is_alnum(c) and is_alnum(chars[i - 1])):
                i += 1
                continue
            strong, after, short, short_after = _longest(chars, i, hi, node, spans, letters, nodes, ends)
            if strong >= 0:
                _note(found[row], strong)
                if i == lo:
                    found[row, OPENS] = strong
                if after == hi:
                    found[row, CLOSES] = strong
            if i == lo:
                found[row, SHORT_OPENS] = short
            if short_after == hi:
                found[row, SHORT_CLOSES] = short
            i = after
