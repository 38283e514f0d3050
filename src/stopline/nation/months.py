"""A month of a few thousand lines as a carrier's switch writes it down, with the truth about each line beside it.

    python -m stopline.nation.months FOLDER --lines 2000 --fraud-share 0.3 --seed 1

writes FOLDER/calls.parquet (the columns that screening reads) and FOLDER/subscribers.parquet (`number`, `fraud`,
`trade`). Fraud is far more frequent here than in any country, so that something can be learned from a small file.

How much a line calls, whom, and when follows the published quantiles of a province's subscribers. How these habits go
together is drawn from one or two hidden causes: ordinary lines are busy or quiet; a card in fraud's hands is kept or
thrown away after days, and is driven hard or not. The weights of the causes are rounded from rank correlations among
the training rows of the same province's published table; its valid rows have no part in them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stopline.nation import population
from stopline.nation.month_calls import Habits, calls_of
from stopline.nation.population import BUSINESS, Quantiles, Trade

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS_SEEN: Final = Quantiles(least=1, points=(10, 30, 31, 31, 31), most=31)
SCAM_DAYS_SEEN: Final = Quantiles(least=1, points=(1, 3, 6, 28, 31), most=31)
_LINES_AT_ONCE: Final = 200
_BUSY: Final = (0.01, 0.006)  # couriers and property agents among the ordinary lines
_DESKS: Final = (Trade.CALL_CENTRE, Trade.BANK_DESK, Trade.HOSPITAL, Trade.SCHOOL, Trade.DEBT_REMINDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One habit: its distribution and how much each hidden cause weighs in it (squares add up to 1 at most)."""

    quantiles: Quantiles
    causes: tuple[float, ...]


ORDINARY: Final = {
    "days": Drawn(quantiles=DAYS_SEEN, causes=(0.80,)),
    "calls": Drawn(quantiles=population.CALLS_A_DAY, causes=(0.92,)),
    "ratio": Drawn(quantiles=population.CALLEE_RATIO, causes=(-0.62,)),
    "share": Drawn(quantiles=population.OUTGOING_SHARE, causes=(-0.16,)),
    "seconds": Drawn(quantiles=population.ANSWERED_S, causes=(0.0,)),
    "phones": Drawn(quantiles=population.PHONES, causes=(0.10,)),
    "hours": Drawn(quantiles=population.ACTIVE_HOURS, causes=(0.82,)),
}
FRAUD: Final = {
    "days": Drawn(quantiles=SCAM_DAYS_SEEN, causes=(0.90, 0.0)),
    "calls": Drawn(quantiles=population.SCAM_CALLS_A_DAY, causes=(0.0, 0.65)),
    "ratio": Drawn(quantiles=population.SCAM_CALLEE_RATIO, causes=(-0.62, 0.55)),
    "share": Drawn(quantiles=population.SCAM_OUTGOING_SHARE, causes=(-0.62, 0.40)),
    "seconds": Drawn(quantiles=population.SCAM_ANSWERED_S, causes=(-0.15, -0.35)),
    "phones": Drawn(quantiles=population.SCAM_PHONES, causes=(0.10, 0.10)),
    "hours": Drawn(quantiles=population.SCAM_ACTIVE_HOURS, causes=(0.88, 0.20)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Some lines with their month's habits, and what they are."""

    numbers: list[str]
    trade: NDArray[np.int8]
    habits: Habits

    @property
    def fraud(self) -> NDArray[np.bool_]:
        """Which lines are in the hands of fraud."""
        found: NDArray[np.bool_] = self.trade == Trade.FRAUD_CARD
        return found


def draw_lines(rng: np.random.Generator, count: int, *, fraud_share: float) -> Lines:
    """Return so many lines, fraud's among them, in random order; one desk of each kind stands among the others."""
    frauds = round(count * fraud_share)
    trade = np.full(count, Trade.ORDINARY, dtype=np.int8)
    people = rng.random(count)
    trade[people < sum(_BUSY)] = Trade.PROPERTY_AGENT
    trade[people < _BUSY[0]] = Trade.COURIER
    trade[:frauds] = Trade.FRAUD_CARD
    desks = _DESKS[: max(0, count - frauds)]
    trade[frauds : frauds + len(desks)] = desks
    drawn = [_together(rng, FRAUD, frauds), _together(rng, ORDINARY, count - frauds)]
    table = {name: np.concatenate([part[name] for part in drawn]) for name in ORDINARY}
    _businesses(rng, trade, table)
    order = rng.permutation(count)
    habits = Habits(
        days=np.rint(table["days"]).astype(np.int64)[order],
        calls=table["calls"][order],
        ratio=table["ratio"][order],
        share=table["share"][order],
        seconds=table["seconds"][order],
        phones=np.rint(table["phones"]).astype(np.int64)[order],
        hours=np.rint(table["hours"]).astype(np.int64)[order],
        answer=_answer(rng, trade)[order],
        burnt=(trade == Trade.FRAUD_CARD)[order],
    )
    return Lines(numbers=_numbers(rng, count), trade=trade[order], habits=habits)


def write_month(folder: Path, *, lines: int, fraud_share: float, seed: int) -> Lines:
    """Write a month's calls and the truth about its lines into a folder; equal seeds give equal rows."""
    rng = np.random.default_rng(seed)
    drawn = draw_lines(rng, lines, fraud_share=fraud_share)
    folder.mkdir(parents=True, exist_ok=True)
    truth = {
        "number": drawn.numbers,
        "fraud": drawn.fraud.astype(np.int64),
        "trade": [Trade(kind).name.lower() for kind in drawn.trade.tolist()],
    }
    pq.write_table(pa.table(truth), folder / "subscribers.parquet")
    writer: pq.ParquetWriter | None = None
    for part in month_of(rng, drawn):
        writer = writer or pq.ParquetWriter(folder / "calls.parquet", part.schema, compression="zstd")
        writer.write_table(part)
    if writer is not None:
        writer.close()
    return drawn


def month_of(rng: np.random.Generator, drawn: Lines) -> Iterator[pa.Table]:
    """Yield the calls of a month, some lines at a time, in no order of time."""
    for first in range(0, len(drawn.numbers), _LINES_AT_ONCE):
        some = slice(first, first + _LINES_AT_ONCE)
        yield calls_of(rng, drawn.numbers[some], drawn.habits.of(some), first=first)


def _together(rng: np.random.Generator, drawn: dict[str, Drawn], count: int) -> dict[str, Floats]:
    """Return habits of so many lines: each has its own quantiles, and the hidden causes make them go together."""
    causes = rng.standard_normal((2, count))
    return {name: habit.quantiles.at(_ranks(_felt(rng, causes, habit.causes))) for name, habit in drawn.items()}


def _felt(rng: np.random.Generator, causes: Floats, weights: tuple[float, ...]) -> Floats:
    felt = sum(weight * cause for weight, cause in zip(weights, causes, strict=False))
    own = max(0.0, 1 - sum(weight**2 for weight in weights)) ** 0.5
    return np.asarray(felt + own * rng.standard_normal(causes.shape[1]), dtype=np.float64)


def _ranks(values: Floats) -> Floats:
    """Return where each value stands among all, from 0 to 1."""
    place = np.empty(len(values))
    place[np.argsort(values, kind="stable")] = (np.arange(len(values)) + 0.5) / max(1, len(values))
    return place


def _businesses(rng: np.random.Generator, trade: NDArray[np.int8], table: dict[str, Floats]) -> None:
    for kind, low, high, out, strangers, mean_s in BUSINESS:
        rows = np.flatnonzero(trade == kind)
        table["calls"][rows] = rng.uniform(low, high, len(rows))
        table["share"][rows] = np.clip(rng.normal(out, 0.05, len(rows)), 0.3, 1)
        table["ratio"][rows] = np.clip(rng.normal(strangers, 0.08, len(rows)), 0.2, 1)
        table["seconds"][rows] = rng.lognormal(np.log(mean_s), 0.25, len(rows))
        table["days"][rows] = rng.integers(22, 32, len(rows))
        table["hours"][rows] = rng.integers(10, 15, len(rows))


def _answer(rng: np.random.Generator, trade: NDArray[np.int8]) -> Floats:
    """Return the share of a line's calls out that is answered: contacts .70, businesses .53, fraud .09 to .24."""
    answer = np.where(trade == Trade.ORDINARY, 0.70, 0.53)
    return np.where(trade == Trade.FRAUD_CARD, rng.uniform(0.09, 0.24, len(trade)), answer)


def _numbers(rng: np.random.Generator, count: int) -> list[str]:
    tails = (np.arange(count, dtype=np.int64) * 61_803_399 + int(rng.integers(0, 10**8))) % 10**8
    return [f"+86138{tail:08d}" for tail in tails.tolist()]


def _main() -> None:
    ask = argparse.ArgumentParser(prog="python -m stopline.nation.months", description="Write a month of calls.")
    ask.add_argument("folder", type=Path)
    ask.add_argument("--lines", type=int, default=2_000)
    ask.add_argument("--fraud-share", type=float, default=0.3)
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    write_month(given.folder, lines=given.lines, fraud_share=given.fraud_share, seed=given.seed)


if __name__ == "__main__":
    _main()
