"""A verdict explained in full: its release, the features with meaning and unit, and which atoms of each rule held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlglot import exp, parse_one

from stopline.screening.records import FeatureValue
from stopline.screening.rules.expression import compile_expression
from stopline.screening.rules.features import Channel, Column, Feature, Table, Type, catalogue
from stopline.screening.rules.pack import Rule

_UNITS: Final = (
    ("_h", "h"),
    ("_s", "s"),
    ("_ratio", "share"),
    ("_score", "probability"),
    ("_1m", "in a minute"),
    ("_1h", "in an hour"),
    ("_1d", "in a day"),
    ("_today", "since midnight"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One comparison of a rule, whether it held (None: not known), and what it read."""

    text: str
    held: bool | None
    read: dict[str, FeatureValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleExplained:
    """One rule on one row: its condition, its answer (None: undecided), and its atoms in their order."""

    rule: str
    zh: str
    en: str
    severity: str
    entry: str
    precision: float
    condition: str
    answer: bool | None
    muted: bool
    atoms: tuple[Atom, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureExplained:
    """One feature of the row: its value (None: not known), meaning and unit, and whether a rule that hit read it."""

    name: str
    value: FeatureValue
    meaning: str
    unit: str
    read: bool


def rule_explained(rule: Rule, features: dict[str, FeatureValue], *, answer: bool | None, muted: bool) -> RuleExplained:
    """Return a rule with its atoms answered from the features that were kept."""
    return RuleExplained(
        rule=rule.id,
        zh=rule.title["zh"],
        en=rule.title["en"],
        severity=rule.severity.value,
        entry=rule.entry,
        precision=rule.precision,
        condition=rule.condition.text,
        answer=answer,
        muted=muted,
        atoms=tuple(_atom(node, features, rule.channel) for node in atoms_of(rule.condition.text)),
    )


def features_explained(
    features: dict[str, FeatureValue], channel: Channel, read: frozenset[str]
) -> tuple[FeatureExplained, ...]:
    """Return every kept feature with meaning and unit; those that a rule read come first."""
    known = catalogue(channel)
    found = [
        FeatureExplained(
            name=name,
            value=value,
            meaning=known[name].meaning if name in known else "",
            unit=unit_of(known[name]) if name in known else "",
            read=name in read,
        )
        for name, value in features.items()
    ]
    return tuple(sorted(found, key=lambda feature: not feature.read))


def atoms_of(condition: str) -> Iterator[exp.Expr]:
    """Iterate over the comparisons of a condition from left to right, below its AND, OR and NOT."""
    waiting: list[exp.Expr] = [parse_one(condition, dialect="duckdb")]
    while waiting:
        node = waiting.pop()
        match node:
            case exp.And() | exp.Or():
                waiting += (node.right, node.left)
            case exp.Not() | exp.Paren():
                waiting.append(node.this)
            case _:
                yield node


def table_of(rows: Sequence[dict[str, FeatureValue]], channel: Channel) -> Table:
    """Return kept features of many rows as columns; what a row does not hold is not known."""
    table = {}
    for name, feature in catalogue(channel).items():
        values = [row.get(name) for row in rows]
        known = np.array([value is not None for value in values], dtype=np.bool_)
        match feature.type:
            case Type.NUMBER:
                numbers = [np.nan if value is None else value for value in values]
                table[name] = Column(np.array(numbers, dtype=np.float64), known)
            case Type.TEXT:
                texts = ["" if value is None else str(value) for value in values]
                table[name] = Column(np.array(texts, dtype=np.str_), known)
            case Type.BOOLEAN:
                table[name] = Column(np.array([bool(value) for value in values], dtype=np.bool_), known)
    return table


def unit_of(feature: Feature) -> str:
    """Return the unit of a feature, "" for what has none."""
    if feature.name == "hour":
        return "local hour"
    if feature.type is not Type.NUMBER:
        return ""
    return next((unit for ending, unit in _UNITS if feature.name.endswith(ending)), "count")


def _atom(node: exp.Expr, features: dict[str, FeatureValue], channel: Channel) -> Atom:
    """Answer one atom alone; the whole rule was checked before, so that it cites what it must."""
    text = node.sql(dialect="duckdb", normalize_functions=False)
    asked = compile_expression(text, catalogue(channel), area_entry=True)
    truth = asked.evaluate(table_of([features], channel))
    held = bool(truth.value[0]) if truth.known[0] else None
    return Atom(text=text, held=held, read={name: features.get(name) for name in sorted(asked.columns)})
