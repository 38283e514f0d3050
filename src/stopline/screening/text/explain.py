"""Reasons: which parts of a message weighed, read back from its score parts.

A model holds no text, so fragments are taken from the message itself: the positions whose
fragments pushed its worst window towards fraud, merged into readable stretches.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.alphabet import CODE, HANDLE, LINK, MAIL, PHONE
from stopline.screening.text.compiled import compiled
from stopline.screening.text.fold import (
    M_HANDLES,
    M_HOMOPHONES,
    M_INVISIBLE,
    M_LINKS,
    M_LOOKALIKES,
    M_ODD,
    M_PHONES,
)  # fmt: skip
from stopline.screening.text.ngrams import MOST_GRAMS, grams_at
from stopline.screening.text.scoring import FIRST_FRAUD_LANE, LANES
from stopline.screening.text.tokens import Chars, is_alnum

FRAGMENTS: Final = 3
FRAGMENT_LENGTH: Final = 10
SHORTEST: Final = 4
"""Shorter fragments say nothing to a reader, unless the message ends there."""

_NAMES: Final = {
    LINK: "[link]", PHONE: "[number]", HANDLE: "[contact]", CODE: "[code]", MAIL: "[mail]",
}  # fmt: skip
_FOUND: Final = (
    (M_LINKS, "link"),
    (M_PHONES, "telephone number"),
    (M_HANDLES, "contact name"),
    (M_INVISIBLE, "invisible characters"),
    (M_LOOKALIKES, "lookalike letters"),
    (M_ODD, "odd letter forms"),
    (M_HOMOPHONES, "disguised contact word"),
)


def reasons_of(folded: str, pushes: NDArray[np.float64], meters: NDArray[np.int32]) -> tuple[str, ...]:
    """The heaviest fragments of a message, then what was found in it, for a person to read."""
    fragments = [f"text: {fragment}" for fragment in _fragments(folded, pushes)]
    found = [name for meter, name in _FOUND if meters[meter] > 0]
    return (*fragments, *found)


@compiled("float64[::1](uint32[::1], int64, int64, uint32[::1], int8[:,::1], int64, float64)")
def pushes_kernel(
    f: Chars, first: int, last: int, readings: Chars, weights: NDArray[np.int8], lane: int,
    unit: float,
) -> NDArray[np.float64]:  # fmt: skip
    """How much the fragments over each character of f[first:last] favour `lane` over no fraud."""
    pushes = np.zeros(len(f), np.float64)
    grams = np.empty(MOST_GRAMS, np.int64)
    for j in range(first, last):
        found = grams_at(f, 0, len(f), j, readings, grams)
        total = np.int64(0)
        for g in range(found):
            best = np.int64(weights[grams[g], 0])
            for other in range(1, FIRST_FRAUD_LANE):
                best = max(best, np.int64(weights[grams[g], other]))
            total += np.int64(weights[grams[g], lane]) - best
        span = 4 if is_alnum(f[j]) else 2
        for back in range(span):
            if j - back >= first:
                pushes[j - back] += unit * total / span
    return pushes


def strongest_lane(lanes: NDArray[np.float64]) -> int:
    """The fraud lane that leads."""
    return FIRST_FRAUD_LANE + int(np.argmax(lanes[FIRST_FRAUD_LANE:LANES]))


def _fragments(folded: str, pushes: NDArray[np.float64]) -> list[str]:
    left = pushes.copy()
    found: list[tuple[int, str]] = []
    for _ in range(FRAGMENTS):
        top = int(np.argmax(left)) if len(left) else 0
        if not len(left) or left[top] <= 0.0:
            break
        first, last = _around(folded, left, top)
        left[max(0, first - 2) : last + 2] = 0.0
        text = "".join(_NAMES.get(ord(char), char) for char in folded[first:last]).strip()
        if text and text not in (known for _, known in found):
            found.append((first, text))
    return [text for _, text in sorted(found)]


def _around(folded: str, pushes: NDArray[np.float64], top: int) -> tuple[int, int]:
    """Grow a fragment from its heaviest character while the neighbours push the same way."""
    first, last = top, top + 1
    floor = 0.25 * pushes[top]
    longest = FRAGMENT_LENGTH if not folded[top].isascii() else 3 * FRAGMENT_LENGTH
    while last - first < longest:
        before = max(pushes[first - 1], 0.0) if first > 0 else -1.0
        after = max(pushes[last], 0.0) if last < len(pushes) else -1.0
        if max(before, after) < floor and last - first >= SHORTEST:
            break
        if max(before, after) < 0.0:
            break
        if after >= before:
            last += 1
        else:
            first -= 1
    while first > 0 and _inside_word(folded, first) and last - first < longest + 10:
        first -= 1
    while last < len(folded) and _inside_word(folded, last) and last - first < longest + 10:
        last += 1
    return first, last


def _inside_word(folded: str, at: int) -> bool:
    here, before = folded[at], folded[at - 1]
    return here.isascii() and here.isalnum() and before.isascii() and before.isalnum()
