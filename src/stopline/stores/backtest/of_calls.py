"""A call pack against the feature rows of the lake: DuckDB asks each rule's own SQL of every row, a day at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from duckdb import (
    CaseExpression,
    ColumnExpression,
    ConstantExpression,
    Expression,
    FunctionExpression,
    SQLExpression,
    StarExpression,
)

from stopline.screening.records import FailPolicy
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.features import Channel, Type, catalogue
from stopline.screening.rules.pack import Rule, Severity
from stopline.screening.trial import RuleTrial, Share, Touched, TrialReport, share
from stopline.stores.lake import Lake

_STOPPED: Final = 2
_LEVEL: Final = {Severity.FLAG: 1, Severity.HOLD: 2, Severity.BLOCK: 3}
_SQL_TYPE: Final = {Type.NUMBER: "DOUBLE", Type.TEXT: "VARCHAR", Type.BOOLEAN: "BOOLEAN"}
_MOST_TOUCHED: Final = 10
_REFERENCES_MOST: Final = 5

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What is known of numbers: appeals upheld, lines named in cases, and the references of verdicts by number."""

    cleared: frozenset[str] = frozenset()
    reported: frozenset[str] = frozenset()
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Sums:
    """Counts over the days so far."""

    rows: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Counter[str]] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    touched: list[Touched] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def of(self, rule: str) -> Counter[str]:
        """The counts of one rule."""
        return self.rules.setdefault(rule, Counter())


def try_on_calls(  # noqa: PLR0913 - what a back-test is told
    release: LoadedRelease,
    lake: Lake,
    outcomes: Outcomes,
    *,
    from_at: datetime,
    to_at: datetime,
    now: datetime,
    code: Callable[[str], int],
    progress: Progress,
) -> TrialReport:
    """Return what the release would have changed among the kept calls of a period.

    A day is read whole when the period touches it, since rows know their minute and numbers their day. Raises
    StoreError when nothing of the period is kept.
    """
    sums, rules = Sums(), release.pack.of(Channel.CALL)
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '2GB'")
        connection.execute("SET preserve_insertion_order = false")
        days = lake.days_between(from_at.date(), to_at.date(), now=now)
        for place, on in enumerate(days):
            _day(connection, lake, release, outcomes, sums, on=on, code=code)
            progress((place + 1) / len(days))
    sums.touched.sort(key=lambda one: (-one.newly_count - one.freed_count, one.day, one.references))
    return report_of(sums, rules, unseen=_unseen(rules, sums))


def report_of(sums: Sums, rules: Sequence[Rule], *, unseen: tuple[str, ...]) -> TrialReport:
    """Return the counts as a report, with intervals."""
    rows = sums.rows
    return TrialReport(
        rows_count=rows["rows"],
        numbers_count=rows["numbers"],
        stopped_before_count=rows["before"],
        stopped_then_count=rows["then"],
        newly_count=rows["newly"],
        newly_numbers_count=rows["newly_numbers"],
        freed_count=rows["freed"],
        freed_numbers_count=rows["freed_numbers"],
        undecided_count=rows["undecided"],
        rules=tuple(_rule(rule, sums.of(rule.id)) for rule in rules),
        shares=shares_of(sums.outcomes, rows),
        most=tuple(sums.touched[:_MOST_TOUCHED]),
        unseen=unseen,
        days=tuple(sums.days),
    )


def shares_of(outcomes: Counter[str], rows: Counter[str]) -> tuple[Share, ...]:
    """Return precision, recall and false blocks by number, and the share of rows that would be newly stopped."""
    right, wrong = outcomes["reported_stopped"], outcomes["cleared_stopped"]
    return (
        share("precision", right, right + wrong),
        share("recall", right, outcomes["reported"]),
        share("recall_before", outcomes["reported_before"], outcomes["reported"]),
        share("false_blocks", wrong, outcomes["cleared"]),
        share("newly_stopped", rows["newly"], rows["rows"]),
        share("freed", rows["freed"], rows["before"]),
    )


def _rule(rule: Rule, counts: Counter[str]) -> RuleTrial:
    return RuleTrial(
        rule=rule.id,
        zh=rule.title["zh"],
        en=rule.title["en"],
        severity=rule.severity.value,
        hits_count=counts["hits"],
        numbers_count=counts["numbers"],
        newly_count=counts["newly"],
        alone_count=counts["alone"],
        undecided_count=counts["undecided"],
    )


def _day(  # noqa: PLR0913 - one day of a back-test
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    release: LoadedRelease,
    outcomes: Outcomes,
    sums: Sums,
    *,
    on: date,
    code: Callable[[str], int],
) -> None:
    rules = release.pack.of(Channel.CALL)
    kept = lake.calls(connection, day=on)
    judged = _judged(_whole(kept, rules, sums), release)
    totals = _row(judged.aggregate([*_counts(), *(one for place in range(len(rules)) for one in _of_rule(place))]))
    names = ("rows", "before", "then", "newly", "freed", "undecided")
    sums.rows.update(dict(zip(names, totals[:6], strict=True)))
    for place, rule in enumerate(rules):
        counts = totals[6 + 4 * place : 10 + 4 * place]
        sums.of(rule.id).update(dict(zip(("hits", "newly", "alone", "undecided"), counts, strict=True)))
    sums.rows["numbers"] += int(_row(kept.select("caller").distinct().aggregate("count(*)"))[0])
    hit = [_times(_column(f"r{place}")).alias(f"h{place}") for place in range(len(rules))]
    touched = judged.filter(_any([_column(f"r{place}") for place in range(len(rules))]) | _column("before"))
    grouped = touched.aggregate([_column("caller"), *_counts()[1:5], *hit], "caller").fetchall()
    for row in grouped:
        for rule, count in zip(rules, row[5:], strict=True):
            sums.of(rule.id)["numbers"] += count > 0
    sums.rows["newly_numbers"] += sum(row[3] > 0 for row in grouped)
    sums.rows["freed_numbers"] += sum(row[4] > 0 for row in grouped)
    _outcomes_of(connection, kept, lake, outcomes, sums, on=on, code=code, grouped=grouped)
    sums.days.append(on.isoformat())


def _whole(kept: duckdb.DuckDBPyRelation, rules: Sequence[Rule], sums: Sums) -> duckdb.DuckDBPyRelation:
    """Return the rows with every column that a rule reads; what the day did not keep is not known on it."""
    features = catalogue(Channel.CALL)
    missing = sorted({name for rule in rules for name in rule.condition.columns} - set(kept.columns))
    sums.unread.update(missing)
    nothing = [ConstantExpression(None).cast(_SQL_TYPE[features[name].type]).alias(name) for name in missing]
    return kept.select(StarExpression(), *nothing)


def _judged(kept: duckdb.DuckDBPyRelation, release: LoadedRelease) -> duckdb.DuckDBPyRelation:
    """Return caller, before, then, undecided, newly, freed, stops and the answer of each rule, a row a call.

    It is `LoadedRelease.decide` in SQL: the strongest rule decides; where none that judges conduct could be decided
    and none hit, the fail policy answers.
    """
    rules = release.pack.of(Channel.CALL)
    answers = [SQLExpression(rule.condition.sql).alias(f"r{place}") for place, rule in enumerate(rules)]
    before = _column("verdict").isin(ConstantExpression("HOLD"), ConstantExpression("BLOCK"))
    asked = kept.select(_column("caller"), before.alias("before"), *answers)
    names = [_column(f"r{place}") for place in range(len(rules))]
    levels = [_if(answer, _LEVEL[rule.severity]) for answer, rule in zip(names, rules, strict=True)]
    stopping = [_if(answer, 1) for answer, rule in zip(names, rules, strict=True) if _LEVEL[rule.severity] >= _STOPPED]
    judging = np.flatnonzero(release.program(Channel.CALL).judging).tolist()
    decided = _any([names[place].isnotnull() for place in judging])
    strongest = FunctionExpression("greatest", ConstantExpression(0), *levels)
    seen = asked.select(
        StarExpression(),
        strongest.alias("level"),
        _sum(stopping).alias("stops"),
        (~decided & (strongest == ConstantExpression(0))).alias("undecided"),
    )
    then = _column("level") >= ConstantExpression(_STOPPED)
    if release.settings.fail_calls is FailPolicy.CLOSED:
        then = then | _column("undecided")
    decided_rows = seen.select(StarExpression(), then.alias("then_stopped"))
    newly, freed = _column("then_stopped") & ~_column("before"), _column("before") & ~_column("then_stopped")
    return decided_rows.select(StarExpression(), newly.alias("newly"), freed.alias("freed"))


def _outcomes_of(  # noqa: PLR0913 - one day of a back-test
    connection: duckdb.DuckDBPyConnection,
    kept: duckdb.DuckDBPyRelation,
    lake: Lake,
    outcomes: Outcomes,
    sums: Sums,
    *,
    on: date,
    code: Callable[[str], int],
    grouped: Sequence[tuple[object, ...]],
) -> None:
    """Hold the day's numbers against what is known of some; their pseudonyms are made under the day's key."""

    def named(numbers: Iterable[str]) -> dict[bytes, str]:
        ordered = sorted(numbers)
        return dict(zip(lake.pseudonyms(on, [code(number) for number in ordered]), ordered, strict=False))

    found = {bytes(row[0]): row for row in grouped}  # type: ignore[call-overload]  # the pseudonym is a BLOB
    for name, numbers in (("cleared", outcomes.cleared), ("reported", outcomes.reported)):
        called = _present(connection, kept, named(numbers))
        sums.outcomes[name] += len(called)
        rows = [found[pseudonym] for pseudonym in called if pseudonym in found]
        sums.outcomes[f"{name}_before"] += sum(int(str(row[1])) > 0 for row in rows)
        sums.outcomes[f"{name}_stopped"] += sum(int(str(row[2])) > 0 for row in rows)
    references = named(outcomes.references)
    changed = [row for row in grouped if row[3] or row[4]]
    changed.sort(key=lambda row: -int(str(row[3])) - int(str(row[4])))
    for row in changed[:_MOST_TOUCHED]:
        number = references.get(bytes(row[0]), "")  # type: ignore[call-overload]  # the pseudonym is a BLOB
        said = outcomes.references.get(number, ())[:_REFERENCES_MOST]
        sums.touched.append(
            Touched(day=on.isoformat(), newly_count=int(str(row[3])), freed_count=int(str(row[4])), references=said)
        )


def _present(
    connection: duckdb.DuckDBPyConnection, kept: duckdb.DuckDBPyRelation, named: Mapping[bytes, str]
) -> set[bytes]:
    if not named:
        return set()
    wanted = connection.from_arrow(pa.table({"caller": pa.array(list(named), type=pa.binary(16)).cast(pa.binary())}))
    return {bytes(row[0]) for row in wanted.join(kept, "caller", how="semi").fetchall()}


def _unseen(rules: Sequence[Rule], sums: Sums) -> tuple[str, ...]:
    found = ["calls_snoozes", "calls_days"]
    if sums.unread:
        names = sorted(rule.id for rule in rules if rule.condition.columns & sums.unread)
        found += [f"calls_unread: {', '.join(sorted(sums.unread))}", f"calls_rules: {', '.join(names)}"]
    return tuple(found)


# ---------------------------------------------------------------- expressions


def _column(name: str) -> Expression:
    return ColumnExpression(name)


def _if(condition: Expression, value: int) -> Expression:
    return CaseExpression(condition, ConstantExpression(value)).otherwise(ConstantExpression(0))


def _any(parts: Sequence[Expression]) -> Expression:
    found = ConstantExpression(False)
    for part in parts:
        found = found | CaseExpression(part, ConstantExpression(True)).otherwise(ConstantExpression(False))
    return found


def _sum(parts: Sequence[Expression]) -> Expression:
    found = ConstantExpression(0)
    for part in parts:
        found = found + part
    return found


def _times(condition: Expression) -> Expression:
    return FunctionExpression("sum", _if(condition, 1))


def _counts() -> list[Expression]:
    columns = ("before", "then_stopped", "newly", "freed", "undecided")
    return [FunctionExpression("count"), *(_times(_column(name)).alias(f"n_{name}") for name in columns)]


def _of_rule(place: int) -> tuple[Expression, ...]:
    answer, newly = _column(f"r{place}"), _column("newly")
    alone = _column("stops") == ConstantExpression(1)
    counted = (answer, answer & newly, answer & newly & alone, answer.isnull())
    return tuple(_times(one).alias(f"c{place}_{which}") for which, one in enumerate(counted))


def _row(relation: duckdb.DuckDBPyRelation) -> tuple[int, ...]:
    return tuple(int(value or 0) for value in relation.fetchall()[0])
