"""What the rules cost by themselves: the machine beside plain Python closures and DuckDB, on the same rows.

The rules are made from a seed, of two to six tests each over the features of calls, joined by AND, OR and NOT, with IN,
BETWEEN, linear arithmetic and ratios; so are the rows. Every way must find the same hits, or nothing is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time_ns
from typing import TYPE_CHECKING, Any, Final, cast

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.bench.measure import REPEATS, Ask, Figure, Report, cpu_ns
from stopline.screening.rules.duck import answers_sql
from stopline.screening.rules.expression import Expression, compile_expression, forget_compiled
from stopline.screening.rules.features import Channel, Column, Feature, Table, Type, catalogue
from stopline.screening.rules.machine import answer_rows
from stopline.screening.rules.matrix import Layout, matrix_of
from stopline.screening.rules.program import Program, program_of
from stopline.screening.rules.tree import Outcome

if TYPE_CHECKING:
    from stopline.screening.rules.oracle import Ask as AskRow
    from stopline.screening.rules.oracle import Row

COUNTS: Final = (20, 100, 1_000)
_UNKNOWN: Final = 0.05  # of the values that can be unknown
_LIMITS: Final[dict[str, float]] = {"ratio": 1.0, "h": 200.0, "1m": 10.0, "1h": 60.0, "1d": 300.0, "today": 300.0}
_SHARED_ROUNDS: Final = 20


@dataclass(frozen=True, slots=True)
class Case:
    """Rules and rows to measure on."""

    asked: list[Expression]
    program: Program
    table: Table
    matrix: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.matrix.shape[1])


def bench_rules(count_rules: int, batch: int = 512, *, seed: int = 1, quick: bool = False) -> dict[str, float]:
    """Return CPU nanoseconds an event of each way, milliseconds to load the rules, and the size of the program.

    Raises AssertionError when two ways differ on any row.
    """
    case = case_of(count_rules, batch, seed=seed)
    hits = _machine(case)
    rows, asks = plain_rows(case.table), [expression.oracle() for expression in case.asked]
    few = rows[: max(1, min(batch, 20_000 // count_rules))]
    assert (_closures(asks, few) == hits[: len(few)]).all()
    repeats = 1 if quick else REPEATS
    found = {
        "machine_ns": cpu_ns(_machine_rounds(case), rows=batch * _SHARED_ROUNDS, repeats=repeats),
        "closures_ns": cpu_ns(lambda: _closures(asks, few), rows=len(few), repeats=repeats),
    }
    with duckdb.connect(config={"threads": 1}) as connection:
        ask = _duckdb(connection, case)
        assert (ask() == hits).all()
        found["duckdb_ns"] = cpu_ns(ask, rows=batch, repeats=1 if count_rules > 100 else repeats)
    return {
        "rules": count_rules,
        "batch": batch,
        "instructions": len(case.program.code),
        **found,
        "closures_ratio": found["closures_ns"] / found["machine_ns"],
        "duckdb_ratio": found["duckdb_ns"] / found["machine_ns"],
        **_load_times(count_rules, seed),
    }


def run(ask: Ask) -> Report:
    """Measure at 20, 100 and 1,000 rules; `quick` leaves the last out."""
    figures: list[Figure] = []
    for count in COUNTS[: 2 if ask.quick else 3]:
        found = bench_rules(count, ask.batch, seed=ask.seed, quick=ask.quick)
        name = f"{count:,} rules"
        figures += [
            Figure(name=f"{name}, the machine, CPU", value=found["machine_ns"], unit="ns/event"),
            Figure(name=f"{name}, plain Python closures, CPU", value=found["closures_ns"], unit="ns/event",
                   ratio=1 / found["closures_ratio"], against="the machine"),
            Figure(name=f"{name}, DuckDB, CPU", value=found["duckdb_ns"], unit="ns/event",
                   ratio=1 / found["duckdb_ratio"], against="the machine"),
            Figure(name=f"{name}, read and lowered, CPU", value=found["load_ms"], unit="ms"),
            Figure(name=f"{name}, one of them changed, CPU", value=found["change_ms"], unit="ms"),
        ]  # fmt: skip
    return Report(name="rules", figures=tuple(figures), notes=("every way found the same hits on the same rows",))


def case_of(count_rules: int, batch: int, *, seed: int) -> Case:
    """Return rules and rows from a seed."""
    asked, program = _loaded(conditions(count_rules, seed=seed))
    table = traffic(batch, seed=seed)
    return Case(asked, program, table, matrix_of(table, Layout.of(Channel.CALL)))


def conditions(count: int, *, seed: int) -> list[str]:
    """Return conditions on calls from a seed, as a person would write them."""
    rng = np.random.default_rng(seed)
    return [_condition(rng) for _rule in range(count)]


def traffic(count: int, *, seed: int) -> Table:
    """Return columns of features of calls from a seed; some of their values are unknown."""
    rng = np.random.default_rng((seed, count))
    return {feature.name: _column(rng, feature, count) for feature in catalogue(Channel.CALL).values()}


def plain_rows(table: Table) -> list[Row]:
    """Return the rows of a table as plain values."""
    columns = [
        [value if known else None for value, known in zip(column.values.tolist(), column.known.tolist(), strict=True)]
        for column in table.values()
    ]
    return [cast("Row", dict(zip(table, values, strict=True))) for values in zip(*columns, strict=True)]


# ---------------------------------------------------------------- the ways


def _machine(case: Case) -> NDArray[np.bool_]:
    return np.ascontiguousarray((case.program.answers(case.matrix) == Outcome.HIT).T)


def _machine_rounds(case: Case) -> Any:  # noqa: ANN401 - work to be timed
    """Return many rounds over one batch, with room made once, as a thread of the inline path works."""
    scratch, count = case.program.scratch(), len(case)
    answers = np.empty((case.program.rule_count, count), dtype=np.uint8)

    def work() -> None:
        for _round in range(_SHARED_ROUNDS):
            answer_rows(case.program.code, case.program.bounds, case.matrix, count, *scratch, answers)

    return work


def _closures(asks: list[AskRow], rows: list[Row]) -> NDArray[np.bool_]:
    hit = Outcome.HIT
    return np.array([[ask(row) is hit for ask in asks] for row in rows])


def _duckdb(connection: duckdb.DuckDBPyConnection, case: Case) -> Any:  # noqa: ANN401 - work to be timed
    """Return how DuckDB answers one batch that arrives as Arrow columns; the statement is prepared once."""
    columns = {
        name: pa.array(column.values, mask=~column.known, type=_ARROW[column.values.dtype.kind])
        for name, column in case.table.items()
    }
    connection.register("batch", pa.table(columns))
    numbers = frozenset().union(*(expression.numbers for expression in case.asked))
    statement = answers_sql([expression.tree for expression in case.asked], "batch", numbers=numbers)
    connection.execute("PREPARE answers AS " + statement)

    def work() -> NDArray[np.bool_]:
        found = connection.execute("EXECUTE answers").fetchnumpy()
        return np.array([np.ma.filled(column, fill_value=False) for column in found.values()]).T

    return work


_ARROW: Final = {"f": pa.float64(), "b": pa.bool_(), "U": pa.string()}


def _load_times(count_rules: int, seed: int) -> dict[str, float]:
    """Return the CPU milliseconds to read, check and lower all rules, and to do so when one of them changed."""
    texts = conditions(count_rules, seed=seed)
    forget_compiled()
    start = process_time_ns()
    _loaded(texts)
    whole = process_time_ns() - start
    texts[0] = f"NOT ({texts[0]})"
    start = process_time_ns()
    _loaded(texts)
    return {"load_ms": whole / 1e6, "change_ms": (process_time_ns() - start) / 1e6}


def _loaded(texts: list[str]) -> tuple[list[Expression], Program]:
    features = catalogue(Channel.CALL)
    asked = [compile_expression(text, features) for text in texts]
    program = program_of(
        [expression.tree for expression in asked],
        Layout.of(Channel.CALL),
        columns=[expression.columns for expression in asked],
        given=frozenset(),
    )
    return asked, program


# ---------------------------------------------------------------- from a seed


def _condition(rng: np.random.Generator) -> str:
    tests = [_test(rng) for _test_ in range(int(rng.integers(2, 7)))]
    text = tests[0]
    for test in tests[1:]:
        joined = "AND" if rng.random() < 0.7 else "OR"
        negated = "NOT " if rng.random() < 0.15 else ""
        text = f"({text}) {joined} {negated}({test})" if joined == "OR" or negated else f"({text}) AND {test}"
    return text


def _test(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.12:
        return _pick(rng, Type.BOOLEAN).name
    if kind < 0.24:
        feature = _pick(rng, Type.TEXT)
        values = sorted(set(rng.choice(feature.values, size=int(rng.integers(1, 4))).tolist()))
        return f"{feature.name} IN ({', '.join(repr(value) for value in values)})"
    one, other = _pick(rng, Type.NUMBER), _pick(rng, Type.NUMBER)
    limit = _limit(rng, one)
    if kind < 0.34:
        return f"{one.name} BETWEEN {limit} AND {round(limit * 2.0, 3)}"
    if kind < 0.42:
        return f"{one.name} + {round(float(rng.uniform(0.1, 3.0)), 2)} * {other.name} >= {limit}"
    if kind < 0.46:
        return f"ratio({one.name}, {other.name}) >= {round(float(rng.uniform(0.1, 3.0)), 2)}"
    return f"{one.name} {rng.choice(['>=', '>', '<', '<='])} {limit}"


def _pick(rng: np.random.Generator, kind: Type) -> Feature:
    fit = [f for f in catalogue(Channel.CALL).values() if f.type is kind and (kind is not Type.TEXT or f.values)]
    return fit[int(rng.integers(len(fit)))]


def _highest(feature: Feature) -> float:
    return _LIMITS.get(feature.name.rpartition("_")[2], 24.0)


def _limit(rng: np.random.Generator, feature: Feature) -> float:
    return round(float(rng.uniform(0.0, _highest(feature))), 1)


def _column(rng: np.random.Generator, feature: Feature, count: int) -> Column:
    known = rng.random(count) >= _UNKNOWN if feature.nullable else np.ones(count, dtype=np.bool_)
    match feature.type:
        case Type.NUMBER:
            return Column(np.where(known, np.round(rng.uniform(0.0, _highest(feature), count), 2), np.nan), known)
        case Type.BOOLEAN:
            return Column(rng.random(count) < 0.1, known)
        case Type.TEXT:
            names = np.array(feature.values or [f"+8613{place:09d}" for place in range(64)])
            places = rng.integers(0, len(names), count)
            return Column(names[places], known, names, places)
