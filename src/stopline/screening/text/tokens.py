"""Reading a mapped message token by token: links, numbers, masks, placeholders, contact names.

Everything here is compiled into the folding kernel. Positions are indices into one message's
mapped characters `m[0:k]`; a scanner answers where the thing it knows ends, or its start if it
is not there.
"""

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.alphabet import CODE, HANDLE, LINK, MAIL, NUMBER, PHONE
from stopline.screening.text.compiled import compiled

Chars = NDArray[np.uint32]

PHONE_DIGITS = 7
ACCOUNT_DIGITS = 14
LONGEST_WORD = 24
LONGEST_LINK = 512
"""Longer ones are read in parts: what is no link after all is looked at again from its next letter."""

# Placeholders that anonymised traffic carries in place of what was removed.
PLACEHOLDERS = ("CELLPHONE", "HOTLINE", "WECHAT", "PHONE", "DIGIT", "PLACE", "NAME", "BANK", "URL")
PLACEHOLDER_SYMBOLS = np.array([PHONE, PHONE, HANDLE, PHONE, NUMBER, 0, 0, CODE, LINK], np.uint32)
_PLACEHOLDER_CHARS = np.array([ord(c) for c in "".join(PLACEHOLDERS)], np.uint32)
_PLACEHOLDER_STARTS = np.cumsum([0, *(len(p) for p in PLACEHOLDERS)]).astype(np.int64)
# These are also plain English words: they count as placeholders beside Chinese only.
_ONLY_BESIDE_HAN = np.array([0, 1, 0, 1, 0, 1, 1, 1, 0], np.uint8)

TLDS = (
    "com cn net org top xyz cc vip info biz club shop site online store app link live icu pw tv hk "
    "tw jp kr uk us in me co io ly gl gy gd do be ai ru eu de fr nl es ca au nz za pk lk ph my sg "
    "th vn id ws la tk ml ga cf gq fun ltd group mobi asia work website space tech cloud life win "
    "bid loan men date review party science stream download racing red ink pro one ren wang li to "
    "so sh ac st tc im am fm page dev edu gov mil name click help support today world finance buzz"
)
_WORDLIKE_TLDS = (
    "in me do be to so us my id am im la st date one men win red work name help page it is at li "
    "today world life live app link"
)
_BASE = 37


def _packed(word: str) -> int:
    value = 0
    for char in word:
        value = value * _BASE + (ord(char) - 96)
    return value


_TLD_KEYS = np.array(sorted({_packed(w) for w in TLDS.split()}), np.int64)
_WORDLIKE_KEYS = np.array(sorted({_packed(w) for w in _WORDLIKE_TLDS.split()}), np.int64)


@compiled(allocates=False)
def is_digit(c: int) -> bool:
    """0-9."""
    return 48 <= c <= 57


@compiled(allocates=False)
def is_letter(c: int) -> bool:
    """A-Z, a-z."""
    return 65 <= c <= 90 or 97 <= c <= 122


@compiled(allocates=False)
def is_alnum(c: int) -> bool:
    """A plain letter or digit."""
    return is_digit(c) or is_letter(c)


@compiled(allocates=False)
def lower(c: int) -> int:
    """A plain letter in lower case; others as they are."""
    return c + 32 if 65 <= c <= 90 else c


@compiled(allocates=False)
def placeholder_at(m: Chars, i: int, k: int, has_han: bool) -> int:
    """The index of the placeholder that stands at `i`, or -1."""
    for p in range(len(_PLACEHOLDER_STARTS) - 1):
        if _ONLY_BESIDE_HAN[p] and not has_han:
            continue
        first = _PLACEHOLDER_STARTS[p]
        length = _PLACEHOLDER_STARTS[p + 1] - first
        if i + length > k or m[i] != _PLACEHOLDER_CHARS[first]:
            continue
        same = True
        for j in range(1, length):
            if m[i + j] != _PLACEHOLDER_CHARS[first + j]:
                same = False
                break
        if same and _stands_alone(m, i + length, k):
            return p
    return -1


@compiled(allocates=False)
def _stands_alone(m: Chars, end: int, k: int) -> bool:
    """Whether a placeholder may end here: no capital follows, except of another placeholder."""
    if end >= k or not 65 <= m[end] <= 90:
        return True
    for p in range(len(_PLACEHOLDER_STARTS) - 1):
        first = _PLACEHOLDER_STARTS[p]
        length = _PLACEHOLDER_STARTS[p + 1] - first
        same = end + length <= k
        for j in range(length):
            if same and m[end + j] != _PLACEHOLDER_CHARS[first + j]:
                same = False
        if same:
            return True
    return end + 1 < k and m[end] == 81 and m[end + 1] == 81  # "QQ"


@compiled(allocates=False)
def placeholder_end(m: Chars, i: int, k: int, p: int) -> int:
    """Where a placeholder ends; what is left of the masked address belongs to it."""
    end = i + int(_PLACEHOLDER_STARTS[p + 1] - _PLACEHOLDER_STARTS[p])
    if PLACEHOLDER_SYMBOLS[p] in (LINK, HANDLE):
        while end < k and (97 <= m[end] <= 122 or is_digit(m[end])):
            end += 1
    return end


@compiled(allocates=False)
def _is_link_char(c: int) -> bool:
    # . : / @ - _ ? = & % # ~ +
    return is_alnum(c) or 45 <= c <= 47 or c in (58, 64, 95, 63, 61, 38) or c in (37, 35, 126, 43)


@compiled(allocates=False)
def _starts_with(m: Chars, i: int, end: int, a: int, b: int, c: int) -> bool:
    return i + 2 < end and lower(m[i]) == a and lower(m[i + 1]) == b and lower(m[i + 2]) == c


@compiled(allocates=False)
def link_at(m: Chars, i: int, k: int) -> tuple[int, int]:
    """The end of the link or mail address that starts at `i` and its symbol; (i, 0) if none."""
    end = i
    dots = 0
    at = -1
    k = min(k, i + LONGEST_LINK)
    while end < k and _is_link_char(m[end]):
        if m[end] == 46:
            dots += 1
        elif m[end] == 64 and at < 0:
            at = end
        end += 1
    while end > i and not is_alnum(m[end - 1]) and m[end - 1] != 47:
        end -= 1
    length = end - i
    if _starts_with(m, i, end, 104, 116, 116) and length >= 8 and lower(m[i + 3]) == 112:
        return end, LINK
    if _starts_with(m, i, end, 119, 119, 119) and length >= 7:
        return end, LINK
    if dots == 0:
        return i, 0
    if i < at < end - 3:
        return (end, MAIL) if _host_ok(m, at + 1, end) else (i, 0)
    return (end, LINK) if _host_ok(m, i, end) else (i, 0)


@compiled(allocates=False)
def _host_ok(m: Chars, i: int, end: int) -> bool:
    """Whether `m[i:end]` begins with a host whose top level domain is known."""
    host_end = i
    while host_end < end and (is_alnum(m[host_end]) or m[host_end] in (45, 46, 95)):
        host_end += 1
    while host_end > i and m[host_end - 1] == 46:
        host_end -= 1
    dot = host_end - 1
    while dot > i and m[dot] != 46:
        dot -= 1
    if dot <= i or not is_alnum(m[dot - 1]) or not 2 <= host_end - dot - 1 <= 8:
        return False
    key = 0
    for j in range(dot + 1, host_end):
        if not is_letter(m[j]):
            return False
        key = key * _BASE + (lower(m[j]) - 96)
    if not _has(_TLD_KEYS, key):
        return False
    if not _has(_WORDLIKE_KEYS, key):
        return True
    if host_end < end and m[host_end] == 47:
        return True
    marked = dot - i >= 10
    for j in range(i, dot):
        marked = marked or is_digit(m[j]) or m[j] == 45
    return marked


@compiled(allocates=False)
def _has(keys: NDArray[np.int64], key: int) -> bool:
    place = np.searchsorted(keys, key)
    return bool(place < len(keys) and keys[place] == key)


@compiled(allocates=False)
def run_end(m: Chars, i: int, k: int) -> int:
    """The end of the run of letters, digits and underscores that starts at `i`."""
    end = i
    while end < k and (is_alnum(m[end]) or m[end] == 95):
        end += 1
    return end


@compiled(allocates=False)
def mask_end(m: Chars, i: int, end: int, has_han: bool) -> int:
    """The end of a digit run at `i` in which x may stand for a digit; `i` if there is none.

    `11x`, `xxxx` and `XX8576` are numbers; `xiaomi` and, outside Chinese, `xx` are words.
    """
    stop = i
    masked = 0
    while stop < end and (is_digit(m[stop]) or m[stop] in (88, 120)):
        if not is_digit(m[stop]):
            if m[stop] == 120 and not has_han:
                break
            masked += 1
        stop += 1
    if masked == 0:
        return stop
    tail = end - stop
    if (tail == 0 and (has_han or stop - i >= 2)) or (has_han and tail == 1):
        return stop
    stop = i
    while stop < end and is_digit(m[stop]):
        stop += 1
    return stop


@compiled(allocates=False)
def number_at(m: Chars, i: int, stop: int, k: int, has_han: bool) -> tuple[int, int]:
    """Extend the digit run `m[i:stop]` over its separators: where it ends, and its symbol."""
    total = stop - i
    first_group = total
    groups = 1
    amount = False
    last_group = total
    while stop + 1 < k and m[stop] in (32, 45, 46, 47, 58):
        if not (is_digit(m[stop + 1]) or (has_han and m[stop + 1] in (88, 120))):
            break
        following = mask_end(m, stop + 1, run_end(m, stop + 1, k), has_han)
        if following == stop + 1:
            break
        amount = amount or m[stop] in (46, 47, 58)
        last_group = following - stop - 1
        total += last_group
        groups += 1
        stop = following
    date = groups >= 3 and first_group == 4 and last_group <= 2
    if total < PHONE_DIGITS or amount or date:
        return stop, NUMBER
    return stop, (CODE if total >= ACCOUNT_DIGITS else PHONE)
