"""The one kernel of a batch of calls: lists, state, rules, verdict, score and the records of the log.

Every row ends with a verdict that something decided, or marked as undecided; nothing on this way raises on data. What
a feature is in the matrix stands in `rules.matrix`: NaN is not known, and a rule that needs it stays undecided.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stopline.screening.inline.record import UNDECIDED_BIT
from stopline.screening.listed.look_up import LISTS_TYPE, Lists, ask_lists, ask_one_list
from stopline.screening.listed.tables import E_SNOOZE, LISTS
from stopline.screening.numbers import HASHED, HOME, SHIFT, WITHHELD
from stopline.screening.rules.machine import run_program
from stopline.screening.rules.matrix import e164_value, number_value
from stopline.screening.scores import bounded_score, conduct_base
from stopline.screening.state.kernel import advance, stopped
from stopline.screening.state.layout import STATE_TYPE
from stopline.screening.text.compiled import compiled

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
State = Any  # the nested arrays of `state.kernel`

# rows of the columns of a batch
AT, CALLING, CALLED, DEVICE, CELL, ANSWERED, ENDED, CALL, VICTIM, DISPLAYED, ABROAD, ATTESTATION = range(12)
COLUMNS: Final = 12
"""VICTIM is written here; ABROAD is 1, 0 or -1 (not known), ATTESTATION a place among its values or -1."""

# places of features of our own in the matrix: what the lists say comes first, see `look_up`
P_HOUR, P_FRONT, P_WHOLE, P_CALLING, P_CALLED, P_DISPLAYED, P_ABROAD, P_SPOOFED, P_DIFFERS, P_ATTESTATION = range(7, 17)
PLACES: Final = 17

# rows of what is said of each row
C_SCORE, C_BASE, C_LEFT = range(3)
M_VERDICT, M_DECIDED, M_UNDECIDED, M_MUTED = range(4)
# places of the counts of a batch: rows by verdict, undecided, records written
N_UNDECIDED, N_RECORDS = 4, 5
COUNTS: Final = 6

HIT: Final = 1
NOT: Final = 2
OVER: Final = 4
_KNOWN: Final = 3  # the bits of an answer that decide
_HOLD: Final = 2
_HOUR_US: Final = 3_600_000_000
_OFFSET_US: Final = 8 * _HOUR_US  # China has one time zone
_VICTIMS: Final = LISTS - 1
_DESKLESS: Final = 0  # the kind of a mobile, which can roam; a desk cannot
_NOT_E164: Final = (1 << 3) | (1 << 4) | (1 << 7)  # short codes, names of senders, withheld
_SHORT: Final = 3

Program = tuple[NDArray[np.int32], F64, U8, F64]
Rules = tuple[NDArray[np.int8], F64, NDArray[np.bool_]]
Silences = tuple[I64, I64, U64]
Said = tuple[U8, F64, U8, I64, I64]
_PROGRAM = "Tuple((int32[:, ::1], float64[:, ::1], uint8[:, ::1], float64[:, ::1]))"
_RULES = "Tuple((int8[::1], float64[::1], boolean[::1]))"
_SILENCES = "Tuple((int64[::1], int64[::1], uint64[:, ::1]))"
_SAID = "Tuple((uint8[:, ::1], float64[:, ::1], uint8[:, ::1], int64[:, ::1], int64[::1]))"
"""Answers rule x row, cells and marks as above, by rule the rows undecided and overflowed, the counts."""


@compiled(allocates=False)
def _is_desk(code: int) -> bool:
    return bool(code & HOME != 0) and bool(code & 7 != _DESKLESS)


@compiled(allocates=False)
def _signalling(columns: I64, odd: F64, features: F64, places: I64) -> None:
    """Write what the signalling of each call says by itself."""
    for row in range(columns.shape[1]):
        calling, displayed, abroad = columns[CALLING, row], columns[DISPLAYED, row], columns[ABROAD, row]
        shown = displayed != WITHHELD
        features[places[P_HOUR], row] = float((columns[AT, row] + _OFFSET_US) // _HOUR_US % 24)
        features[places[P_CALLING], row] = float(calling & 7)
        features[places[P_CALLED], row] = float(columns[CALLED, row] & 7)
        features[places[P_DISPLAYED], row] = float(displayed & 7) if shown else np.nan
        features[places[P_DIFFERS], row] = (1.0 if displayed != calling else 0.0) if shown else np.nan
        features[places[P_ABROAD], row] = float(abroad) if abroad >= 0 else np.nan
        desk = _is_desk(calling) or (shown and _is_desk(displayed))
        features[places[P_SPOOFED], row] = (1.0 if abroad == 1 and desk else 0.0) if abroad >= 0 else np.nan
        attestation = columns[ATTESTATION, row]
        if places[P_ATTESTATION] >= 0:
            features[places[P_ATTESTATION], row] = float(attestation) if attestation >= 0 else np.nan
    if places[P_FRONT] >= 0:
        _calling_text(columns[CALLING], odd, features[places[P_FRONT]], features[places[P_WHOLE]])


@compiled(allocates=False)
def _calling_text(codes: I64, odd: F64, front: F64, whole: F64) -> None:
    """Write the calling number as rules compare it; `odd` holds the values of texts that are no plain digits."""
    for row in range(len(codes)):
        code = codes[row]
        if code == WITHHELD:
            front[row] = whole[row] = np.nan
        elif code & HASHED != 0:
            front[row] = odd[0, row] if odd.shape[1] > row else np.nan
            whole[row] = odd[1, row] if odd.shape[1] > row else np.nan
        elif (1 << (code & 7)) & _NOT_E164 != 0:
            front[row] = whole[row] = number_value(code >> SHIFT, False)
        else:
            front[row] = whole[row] = e164_value(code >> SHIFT)


@compiled(allocates=False)
def _silence(asked: I64, lists: Lists, at_us: I64, silences: Silences, answers: U8, muted: U8) -> None:
    """Take back the hits of rules that a snooze keeps from speaking of a number."""
    untils, followings, masks = silences
    values = lists[0][1]
    for row in range(len(at_us)):
        muted[row] = 0
        place = values[asked[row], E_SNOOZE] if asked[row] >= 0 else 0
        while place > 0:
            if at_us[row] < untils[place - 1]:
                muted[row] = 1
                for rule in range(len(answers)):
                    if (masks[place - 1, rule >> 6] >> np.uint64(rule & 63)) & np.uint64(1) != np.uint64(0):
                        answers[rule, row] = NOT if answers[rule, row] == HIT else answers[rule, row]
            place = followings[place - 1]


@compiled(allocates=False)
def _weigh(rules: Rules, count: int, said: Said) -> None:
    """Gather the answers of the rules: the strongest level, what the hits leave open, whether anything decided."""
    answers, cells, marks, unsure, _counts = said
    levels, precisions, judging = rules
    left, verdict, decided = cells[C_LEFT], marks[M_VERDICT], marks[M_DECIDED]
    for row in range(count):
        left[row], verdict[row], decided[row] = 1.0, 0, 0
    for rule in range(len(levels)):
        line = answers[rule]
        known, hits, over = 0, 0, 0
        judges = np.uint8(_KNOWN if judging[rule] else 0)
        for row in range(count):
            answer = line[row]
            known += 1 if answer & _KNOWN else 0
            hits += 1 if answer == HIT else 0
            over += 1 if answer == OVER else 0
            decided[row] |= answer & judges
        unsure[0, rule], unsure[1, rule] = count - known - over, over
        if hits > 0:
            level, leaves = np.uint8(levels[rule]), 1.0 - precisions[rule]
            for row in range(count):
                if line[row] == HIT:
                    left[row] *= leaves
                    verdict[row] = max(verdict[row], level)


@compiled(allocates=False)
def _conclude(columns: I64, conduct: I64, closed: bool, features: F64, state: State, said: Said) -> None:  # noqa: FBT001 - a kernel takes plain values
    """Write verdict and score of every row, count them, and count a stopped attempt at the number called."""
    _answers, cells, marks, _unsure, counts = said
    counts[:] = 0
    for row in range(columns.shape[1]):
        base = conduct_base(
            features[conduct[0], row],
            features[conduct[1], row],
            features[conduct[2], row],
            features[conduct[3], row],
            features[conduct[4], row],
        )
        verdict = np.int64(marks[M_VERDICT, row])
        score = bounded_score(base, cells[C_LEFT, row], int(verdict))
        undecided = marks[M_DECIDED, row] == 0 and verdict == 0
        marks[M_UNDECIDED, row] = undecided
        if undecided:
            counts[N_UNDECIDED] += 1
            if closed:
                verdict, score = np.int64(_HOLD), 0.5
        marks[M_VERDICT, row] = verdict
        cells[C_SCORE, row], cells[C_BASE, row] = score, base
        counts[verdict] += 1
        if verdict >= _HOLD:
            stopped(state, columns[CALLED, row], columns[AT, row])


@compiled(allocates=False)
def _pack(columns: I64, texts: U64, features: F64, said: Said, names: int, records: U64) -> None:
    """Write the record of every verdict other than PASS; the references are drawn by whoever keeps them."""
    answers, cells, marks, _unsure, counts = said
    bits, scores = features.view(np.uint64), cells.view(np.uint64)
    words = (len(answers) + 63) >> 6
    written = 0
    for row in range(columns.shape[1]):
        verdict = marks[M_VERDICT, row]
        if verdict == 0:
            continue
        record = records[written]
        record[2] = np.uint64(columns[AT, row])
        record[3] = np.uint64(columns[CALLING, row])
        record[4] = np.uint64(verdict) | (np.uint64(UNDECIDED_BIT) if marks[M_UNDECIDED, row] else np.uint64(0))
        record[5] = np.uint64(row)
        record[6], record[7] = scores[C_SCORE, row], scores[C_BASE, row]
        for word in range(3):
            record[8 + word] = texts[row, word] if len(texts) > row else np.uint64(0)
        record[11] = np.uint64(columns[DEVICE, row])
        for word in range(words):
            found = np.uint64(0)
            for rule in range(64 * word, min(64 * word + 64, len(answers))):
                if answers[rule, row] == HIT:
                    found |= np.uint64(1) << np.uint64(rule & 63)
            record[12 + word] = found
        for name in range(names):
            record[12 + words + name] = bits[name, row]
        written += 1
    counts[N_RECORDS] = written


@compiled(
    f"void(int64[:, ::1], {LISTS_TYPE}, {STATE_TYPE}, int64[::1], UniTuple(int64[::1], 3), {_PROGRAM}, {_RULES}, "
    f"{_SILENCES}, boolean, float64[:, ::1], float64[:, ::1], uint64[:, ::1], int64, {_SAID}, uint64[:, ::1])",
    allocates=False,
)
def decide(  # noqa: PLR0913, PLR0917 - the types stand in the signature above
    columns: I64,
    lists: Lists,
    state: State,
    asked: I64,
    places: tuple[I64, I64, I64],
    program: Program,
    rules: Rules,
    silences: Silences,
    closed: bool,  # noqa: FBT001 - a kernel takes plain values
    odd: F64,
    features: F64,
    texts: U64,
    names: int,
    said: Said,
    records: U64,
) -> None:
    """Decide a batch: fill the features, the verdicts and the records; no row is left without an answer."""
    count = columns.shape[1]
    own, of_state, conduct = places
    at_us, calling = columns[AT], columns[CALLING]
    ask_one_list(lists, _VICTIMS, columns[CALLED], at_us, columns[VICTIM])
    ask_lists(lists, calling, at_us, asked, features, own)
    _signalling(columns, odd, features, own)
    events = (
        at_us,
        calling,
        columns[CALLED],
        columns[DEVICE],
        columns[CELL],
        columns[ANSWERED],
        columns[ENDED],
        columns[CALL],
        columns[VICTIM],
    )
    advance(events, state, of_state, features)
    code, bounds, slots, numbers = program
    run_program(code, bounds, features, count, slots, numbers, said[0])
    if len(silences[0]) > 0:
        _silence(asked, lists, at_us, silences, said[0], said[2][M_MUTED])
    _weigh(rules, count, said)
    _conclude(columns, conduct, closed, features, state, said)
    if len(records) > 0:
        _pack(columns, texts, features, said, names, records)
