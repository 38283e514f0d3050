"""Made-up calls and rules to measure with; uniform callers, the worst case for memory. Nothing here looks like fraud.

The rules are drawn from ten shapes of two to six parts with different bounds, so that a hundred of them read what a
real pack reads and hit a few calls in a hundred.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]

NOON_US: Final = 1_773_115_200_000_000  # 2026-03-10 12:00 local
FIRST_NUMBER: Final = 13_000_000_000
PLAN: Final = 7_000_000_000  # mobiles of home
STEP_US: Final = 10  # a hundred thousand calls a second

_SHAPES: Final = (
    ("calls_1h >= {a} AND callee_ratio >= {r} AND NOT listed_exempt",
     "f['calls_1h'] >= {a} and f['callee_ratio'] >= {r} and not f['listed_exempt']"),
    ("device_numbers >= {n} AND device_cells <= {c} AND device_calls_1h >= {a}",
     "f['device_numbers'] >= {n} and f['device_cells'] <= {c} and f['device_calls_1h'] >= {a}"),
    ("from_abroad AND (reports_count >= {n} OR calling_kind IN ('service', 'short_code'))",
     "f['from_abroad'] and (f['reports_count'] >= {n} or f['calling_kind'] in (2, 3))"),
    ("short_ring_ratio >= {r} AND calls_1h > {n} AND answered_ratio < {q}",
     "f['short_ring_ratio'] >= {r} and f['calls_1h'] > {n} and f['answered_ratio'] < {q}"),
    ("sequence_run >= {n} AND calls_1m >= {c}",
     "f['sequence_run'] >= {n} and f['calls_1m'] >= {c}"),
    ("hour BETWEEN 9 AND 18 AND calls_today > {a} AND callees_today > {a} AND NOT listed_exempt",
     "9 <= f['hour'] <= 18 and f['calls_today'] > {a} and f['callees_today'] > {a} and not f['listed_exempt']"),
    ("age_h < {a} AND calls_1d >= {n} AND answered_ratio < {q} AND outgoing_ratio >= {r}",
     "f['age_h'] < {a} and f['calls_1d'] >= {n} and f['answered_ratio'] < {q} and f['outgoing_ratio'] >= {r}"),
    ("calls_1m * {c} + calls_1h > {a} AND callee_ratio > {q}",
     "f['calls_1m'] * {c} + f['calls_1h'] > {a} and f['callee_ratio'] > {q}"),
    ("(listed_watch OR reports_count >= {n}) AND calls_1h >= {c} AND NOT display_differs",
     "(f['listed_watch'] or f['reports_count'] >= {n}) and f['calls_1h'] >= {c} and not f['display_differs']"),
    ("idle_h > {a} AND calls_1m >= {c} AND called_kind = 'mobile' AND (spoofed OR age_h < {n})",
     "f['idle_h'] > {a} and f['calls_1m'] >= {c} and f['called_kind'] == 0 and (f['spoofed'] or f['age_h'] < {n})"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """One rule in the words of a pack and in plain Python over a dictionary `f`, and what its hit asks for."""

    sql: str
    python: str
    level: int  # 1 flag, 2 hold, 3 block
    precision: float


def rules(count: int, seed: int) -> list[Written]:
    """Return some rules; the first blocks what stands on the block list."""
    chance = np.random.default_rng(seed)
    found = [Written("listed_block", "f['listed_block']", 3, 0.99)]
    while len(found) < count:
        sql, python = _SHAPES[len(found) % len(_SHAPES)]
        bounds = {
            "a": int(chance.integers(8, 60)),
            "n": int(chance.integers(3, 12)),
            "c": int(chance.integers(2, 4)),
            "r": round(float(chance.uniform(0.6, 0.95)), 2),
            "q": round(float(chance.uniform(0.1, 0.4)), 2),
        }
        level = int(chance.choice((1, 1, 2, 2, 3)))
        precision = {1: 0.3, 2: 0.8, 3: 0.95}[level]
        found.append(Written(sql.format(**bounds), python.format(**bounds), level, precision))
    return found


@dataclass(frozen=True, slots=True)
class CallFrame:
    """A batch as a gateway hands it in: columns of fixed width. `calling` and `called` are S24 in E.164."""

    at_us: I64
    calling: NDArray[np.bytes_]
    called: NDArray[np.bytes_]
    device: I64
    cell: I64
    abroad: I64


def frames(
    *, callers: int, batch: int, count: int, devices: bool, seed: int, start_us: int = NOON_US
) -> Iterator[CallFrame]:
    """Iterate over batches of calls between callers drawn evenly; one call in fifty comes from abroad."""
    draw = np.random.default_rng(seed)
    for place in range(count):
        calling, called = draw.integers(0, callers, batch), draw.integers(0, callers, batch)
        yield CallFrame(
            start_us + STEP_US * np.arange(place * batch, (place + 1) * batch, dtype=np.int64),
            written(number_of(calling, callers)),
            written(number_of(called, callers)),
            1 + calling // 2 if devices else np.zeros(batch, dtype=np.int64),
            draw.integers(1, 100_000, batch) * devices,
            (draw.random(batch) < 0.02).astype(np.int64),
        )


def number_of(callers: I64, most: int) -> I64:
    """Return the number of a caller: spread over the whole plan, so that neighbours share no memory."""
    return FIRST_NUMBER + (callers * (PLAN // most) + callers % 7) % PLAN


def written(numbers: I64) -> NDArray[np.bytes_]:
    """Return mobiles of eleven digits as +86 and their digits, in 24 bytes."""
    letters = np.zeros((len(numbers), 24), dtype=np.uint8)
    letters[:, :3] = np.frombuffer(b"+86", dtype=np.uint8)
    rest = numbers.copy()
    for place in range(13, 2, -1):
        letters[:, place] = 48 + rest % 10
        rest //= 10
    return letters.view("S24").reshape(len(numbers))


def listed_numbers(count: int, seed: int) -> I64:
    """Return numbers for a list, drawn from the whole plan; a few may be the same."""
    return 8_600_000_000_000 + FIRST_NUMBER + np.random.default_rng(seed).integers(0, PLAN, count)
