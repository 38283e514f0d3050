"""The canonical form of a message: one writing for the many that mean the same.

Invisible characters go; lookalike, circled and full-width letters become plain ones; traditional
characters become simplified; numbers, telephone numbers, links, codes and contact names become
one symbol each; punctuation and the gaps between Han characters go. `fold(fold(x)) == fold(x)`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.alphabet import (
    CODE,
    DROP,
    GAP,
    HAN,
    HANDLE,
    INVISIBLE,
    LINK,
    LOOKALIKE,
    MAIL,
    NUMBER,
    ODD_FORM,
    PHONE,
    RARE,
    TABLE_SIZE,
    alphabet,
)
from stopline.screening.text.compiled import compiled
from stopline.screening.text.tokens import (
    LONGEST_WORD,
    PHONE_DIGITS,
    PLACEHOLDER_SYMBOLS,
    Chars,
    is_alnum,
    is_letter,
    link_at,
    lower,
    mask_end,
    number_at,
    placeholder_at,
    placeholder_end,
    run_end,
)

METERS: Final = (
    "length", "links", "phones", "handles", "invisible", "lookalikes", "odd_forms", "homophones",
    "rare_han", "han", "latin", "codes",
)  # fmt: skip
M_LENGTH, M_LINKS, M_PHONES, M_HANDLES, M_INVISIBLE, M_LOOKALIKES, M_ODD, M_HOMOPHONES = range(8)
M_RARE, M_HAN, M_LATIN, M_CODES = range(8, 12)

_WEI = ord("微")
_XIN = ord("信")
_JIA = ord("加")
# Characters that stand in for 微, 信 and 加 when 加微信 ("add me on the messenger") is disguised.
_WEI_LIKE = np.array([ord(c) for c in "微喂薇威嶶徽葳溦巍崴维媙癓"], np.uint32)
_XIN_LIKE = np.array([ord(c) for c in "信心芯新欣鑫伈杺訫惞"], np.uint32)
# Only these say 微 right after 加: 加维生素 and 增加威力 are honest.
_WEI_AFTER_JIA = np.array([ord(c) for c in "喂薇嶶葳溦癓"], np.uint32)
_JIA_LIKE = np.array([ord(c) for c in "佳珈茄咖迦伽嘉"], np.uint32)
_SIFT = np.uint64(sum(1 << bit for bit in {int(c) & 63 for c in (*_XIN_LIKE, *_WEI_AFTER_JIA)}))
"""By the last six bits of a character whether it can be one of these: most characters are not."""


class Folded(NamedTuple):
    """Folded characters of many messages in one buffer; message i is chars[starts[i]:starts[i+1]].

    `meters` has one row a message, columns as in METERS.
    """

    chars: Chars
    starts: NDArray[np.int64]
    meters: NDArray[np.int32]

    def text(self, row: int) -> str:
        """The folded text of one message."""
        part = self.chars[self.starts[row] : self.starts[row + 1]]
        return part.astype("<u4").tobytes().decode("utf-32-le")


def fold(text: str) -> str:
    """The canonical form of one message."""
    return fold_all((text,)).text(0)


def fold_all(texts: Sequence[str]) -> Folded:
    """Fold many messages at once; unpaired surrogates and NUL are dropped like other noise."""
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    source = np.frombuffer(joined, dtype=np.uint32)
    starts = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter((len(t) for t in texts), np.int64, len(texts)), out=starts[1:])
    table = alphabet()
    out, out_starts, meters = fold_kernel(source, starts, table.codes, table.marks)
    return Folded(chars=out, starts=out_starts, meters=meters)


@compiled(allocates=False)
def _map(source: Chars, codes: Chars, marks: NDArray[np.uint8], m: Chars, meters: NDArray[np.int32]) -> int:
    """Map one message character by character into `m`; returns how many were kept."""
    k = 0
    for i in range(len(source)):
        c = source[i]
        if c >= TABLE_SIZE:
            if c >= 0x32000:
                meters[M_INVISIBLE] += 0xE0000 <= c < 0xE0080
                continue
            m[k] = c  # Han of the supplementary planes
            meters[M_RARE] += 1
            meters[M_HAN] += 1
            k += 1
            continue
        mark = marks[c]
        if mark:
            meters[M_INVISIBLE] += (mark & INVISIBLE) != 0
            meters[M_LOOKALIKES] += (mark & LOOKALIKE) != 0
            meters[M_ODD] += (mark & ODD_FORM) != 0
            meters[M_HAN] += (mark & HAN) != 0
            meters[M_RARE] += (mark & RARE) != 0
        taken = codes[c]
        if taken != DROP:
            m[k] = taken
            k += 1
    return k


@compiled(allocates=False)
def _put(out: Chars, base: int, w: int, c: int) -> int:
    """Write a symbol or a number once; plain letters and digits keep a gap between tokens."""
    if w > base:
        last = out[w - 1]
        if last == c and (c == NUMBER or not is_alnum(c)):
            return w
        if is_alnum(last) and is_alnum(c):
            out[w] = GAP
            w += 1
    out[w] = c
    return w + 1


@compiled(allocates=False)
def _put_word(out: Chars, base: int, w: int, m: Chars, i: int, end: int) -> int:
    if end - i > LONGEST_WORD:
        return _put(out, base, w, CODE)
    w = _put(out, base, w, lower(m[i]))
    for j in range(i + 1, end):
        c = lower(m[j])
        if w - base >= 3 and out[w - 1] == c and out[w - 2] == c and out[w - 3] == c:
            continue
        out[w] = c
        w += 1
    return w


@compiled(allocates=False)
def _is_in(chars: Chars, c: int) -> bool:
    for one in chars:
        if one == c:
            return True
    return False


@compiled(allocates=False)
def _put_other(out: Chars, base: int, w: int, c: int, meters: NDArray[np.int32]) -> int:
    """Write a character that is no plain letter or digit; undo disguised 加微信 on the way."""
    if w > base and (_SIFT >> np.uint64(c & 63)) & np.uint64(1) != np.uint64(0):
        last = out[w - 1]
        if _is_in(_XIN_LIKE, c) and _is_in(_WEI_LIKE, last):
            meters[M_HOMOPHONES] += last != _WEI or c != _XIN
            out[w - 1] = _WEI
            c = _XIN
        elif _is_in(_WEI_AFTER_JIA, c) and (last == _JIA or _is_in(_JIA_LIKE, last)):
            meters[M_HOMOPHONES] += 1
            out[w - 1] = _JIA
            c = _WEI
    if w - base >= 3 and out[w - 1] == c and out[w - 2] == c and out[w - 3] == c:
        return w
    out[w] = c
    return w + 1


@compiled(allocates=False)
def _after_contact(out: Chars, base: int, w: int) -> bool:
    """Whether what was written last announces a contact name: 微信, 薇, v, vx, wx, qq."""
    if w <= base:
        return False
    last = out[w - 1]
    if last == _XIN:
        return bool(w - base >= 2 and out[w - 2] == _WEI)
    if _is_in(_WEI_LIKE, last):
        return True
    if last == 118:  # v
        return w - base == 1 or not is_letter(out[w - 2])
    if w - base < 2 or (w - base >= 3 and is_letter(out[w - 3])):
        return False
    before = out[w - 2]
    return bool((last == 120 and before in (118, 119)) or (last == 113 and before == 113))


@compiled(allocates=False)
def _fold_run(
    m: Chars, i: int, k: int, has_han: bool, out: Chars, base: int, w: int,
    meters: NDArray[np.int32],
) -> tuple[int, int]:  # fmt: skip
    """Fold the run of letters and digits at `i`; returns the next position and the write place."""
    end = run_end(m, i, k)
    if has_han and end - i > 2 and lower(m[i]) == 113 and lower(m[i + 1]) == 113:  # qq12345
        return i + 2, _put_word(out, base, w, m, i, i + 2)
    stop = mask_end(m, i, end, has_han)
    if stop == end:
        stop, symbol = number_at(m, i, stop, k, has_han)
        meters[M_PHONES] += symbol == PHONE
        meters[M_CODES] += symbol == CODE
        return stop, _put(out, base, w, symbol)
    if has_han and end - i >= 5 and _after_contact(out, base, w):
        meters[M_HANDLES] += 1
        return end, _put(out, base, w, HANDLE)
    if stop > i:
        if end - stop <= 8 and stop - i < PHONE_DIGITS and _all_letters(m, stop, end):
            return stop, _put(out, base, w, NUMBER)
    else:
        while stop < end and is_letter(m[stop]):
            stop += 1
        if stop == end:
            return end, _put_word(out, base, w, m, i, end)
        masked = mask_end(m, i, stop, has_han)
        if masked > i:
            return masked, _put(out, base, w, NUMBER)
        if stop - i <= 4 and mask_end(m, stop, end, has_han) == end:
            return stop, _put_word(out, base, w, m, i, stop)
    meters[M_CODES] += 1
    return end, _put(out, base, w, CODE)


@compiled(allocates=False)
def _all_letters(m: Chars, i: int, end: int) -> bool:
    for j in range(i, end):
        if not is_letter(m[j]):
            return False
    return True


@compiled(allocates=False)
def _fold_token(
    m: Chars, i: int, k: int, has_han: bool, out: Chars, base: int, w: int,
    meters: NDArray[np.int32],
) -> tuple[int, int]:  # fmt: skip
    """Fold the token of plain letters and digits that starts at `i`."""
    if 65 <= m[i] <= 87:
        known = placeholder_at(m, i, k, has_han)
        if known >= 0:
            symbol = PLACEHOLDER_SYMBOLS[known]
            meters[M_LINKS] += symbol == LINK
            meters[M_PHONES] += symbol == PHONE
            meters[M_HANDLES] += symbol == HANDLE
            if symbol == HANDLE and not _after_contact(out, base, w):
                w = _put_other(out, base, w, _WEI, meters)
                w = _put_other(out, base, w, _XIN, meters)
            if symbol != 0:
                w = _put(out, base, w, symbol)
            return placeholder_end(m, i, k, known), w
    end, symbol = link_at(m, i, k)
    if end > i:
        meters[M_LINKS] += symbol == LINK
        return end, _put(out, base, w, symbol)
    return _fold_run(m, i, k, has_han, out, base, w, meters)


@compiled(allocates=False)
def _fold_message(m: Chars, k: int, out: Chars, base: int, meters: NDArray[np.int32]) -> int:
    """Fold one mapped message; returns the end of what was written."""
    has_han = meters[M_HAN] > 0
    w = base
    i = 0
    while i < k:
        c = m[i]
        if is_alnum(c):
            before = w
            i, w = _fold_token(m, i, k, has_han, out, base, w, meters)
            meters[M_LATIN] += w - before
        elif c == 64 and run_end(m, i + 1, k) >= i + 4:
            meters[M_HANDLES] += 1
            i = run_end(m, i + 1, k)
            w = _put(out, base, w, HANDLE)
        elif c < 128 and c != 36:
            i += 1
        elif c in (PHONE, LINK, HANDLE, CODE, MAIL, 36):
            meters[M_LINKS] += c == LINK
            meters[M_PHONES] += c == PHONE
            meters[M_HANDLES] += c == HANDLE
            i += 1
            w = _put(out, base, w, c)
        else:
            i += 1
            w = _put_other(out, base, w, c, meters)
    return w


@compiled(
    "Tuple((uint32[::1], int64[::1], int32[:,::1]))"
    "(Array(uint32, 1, 'C', readonly=True), int64[::1], uint32[::1], uint8[::1])"
)
def fold_kernel(
    source: Chars, starts: NDArray[np.int64], codes: Chars, marks: NDArray[np.uint8]
) -> tuple[Chars, NDArray[np.int64], NDArray[np.int32]]:
    """Fold the messages source[starts[i]:starts[i+1]]: characters, their starts, and meters."""
    count = len(starts) - 1
    longest = 0
    for row in range(count):
        longest = max(longest, starts[row + 1] - starts[row])
    m = np.empty(longest + 1, np.uint32)
    out = np.empty(2 * len(source) + 4, np.uint32)
    out_starts = np.zeros(count + 1, np.int64)
    meters = np.zeros((count, 12), np.int32)
    w = 0
    for row in range(count):
        k = _map(source[starts[row] : starts[row + 1]], codes, marks, m, meters[row])
        base = w
        w = _fold_message(m, k, out, base, meters[row])
        meters[row, M_LENGTH] = w - base
        out_starts[row + 1] = w
    return out[:w].copy(), out_starts, meters
