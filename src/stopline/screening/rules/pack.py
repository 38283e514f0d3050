"""A rule pack: YAML text, checked as a whole; one problem anywhere and none of its rules is used."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Final, TypeVar

import numpy as np
import yaml

from stopline.kernel.errors import ReleaseInvalid
from stopline.screening.rules.evaluation import Truth
from stopline.screening.rules.expression import Expression, ExpressionInvalid, compile_expression
from stopline.screening.rules.features import Channel, Column, Feature, Table, Type, catalogue
from stopline.screening.rules.prefixes import covers_together
from stopline.screening.rules.quiet import hits_the_quiet, row_of
from stopline.screening.rules.tree import Outcome, Prefix, parts_of

AREA_ENTRY: Final = "CN.ATF.35.area"
LONGEST_PACK: Final = 1 << 20
_OPENED: Final = 20_000


class Severity(StrEnum):
    """What a hit asks for, in rising order."""

    FLAG = "flag"
    HOLD = "hold"
    BLOCK = "block"


# The probability that a hit is fraud must fit what the hit does to the person concerned.
_BOUNDS: Final = {Severity.FLAG: (0.01, 0.49), Severity.HOLD: (0.5, 0.89), Severity.BLOCK: (0.9, 0.999)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """What a rule must say of one row: yes, no, or undecided."""

    given: dict[str, object]
    expect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: what it looks for, under which entry, by whose hand, and what a hit asks for."""

    id: str
    channel: Channel
    title: dict[str, str]
    reason: dict[str, str]
    typology: str
    severity: Severity
    precision: float
    entry: str
    owner: str
    condition: Expression
    tests: tuple[RuleTest, ...]
    source: str = ""  # where the rule comes from: a statute, a standard, a paper, a measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The rules of a pack in their order, and the text that they were read from."""

    name: str
    rules: tuple[Rule, ...]
    text: str

    def of(self, channel: Channel) -> tuple[Rule, ...]:
        """Return the rules of one channel."""
        return tuple(rule for rule in self.rules if rule.channel is channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """What is wrong, where (1-based), and what would do; `str` shows the line with a caret."""

    source: str
    line: int
    column: int
    length: int
    text: str
    message: str
    hint: str

    def __str__(self) -> str:
        before, marked = self.text[: self.column - 1], self.text[self.column - 1 :][: self.length]
        under = " " * _width(before) + "^" * max(1, _width(marked))
        return f"{self.source}:{self.line}:{self.column}: {self.message}\n  {self.text}\n  {under}\n  hint: {self.hint}"


def shipped_pack() -> str:
    """Return the text of the pack that comes with the product: the rules of all its files in one."""
    folder = resources.files("stopline.screening").joinpath("packs")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    bodies = [file.read_text(encoding="utf-8").partition("\nrules:\n")[2] for file in files]
    return "pack: stopline\nrules:\n" + "".join(bodies)


def load_pack(text: str, *, source: str = "pack", entries: Collection[str] | None = None) -> Pack:
    """Read a pack; raises ReleaseInvalid that carries every `diagnostics` when anything is wrong with it."""
    pack, diagnostics = check_pack(text, source=source, entries=entries)
    if pack is None:
        raise ReleaseInvalid(
            release=source, why=f"{len(diagnostics)} problems in its pack; {diagnostics[0]}", diagnostics=diagnostics
        )
    return pack


def check_pack(
    text: str, *, source: str = "pack", entries: Collection[str] | None = None
) -> tuple[Pack | None, list[Diagnostic]]:
    """Check a pack; returns it, or None and what is wrong. `entries` are the ids of the statute register."""
    reader = _Reader(text, source, entries)
    pack = reader.pack()
    return (None if reader.diagnostics else pack), reader.diagnostics


def table_of(rows: Sequence[Mapping[str, object]], features: Mapping[str, Feature]) -> Table:
    """Return columns of features from rows; what a row leaves out is unknown, or quiet where it is always known."""
    whole = [row_of(row, features) for row in rows]
    table = {}
    for feature in features.values():
        values = [row[feature.name] for row in whole]
        known = np.array([value is not None for value in values], dtype=np.bool_)
        table[feature.name] = Column(_array(feature.type, values), known)
    return table


def _array(kind: Type, values: Sequence[object]) -> np.ndarray:
    match kind:
        case Type.NUMBER:
            return np.array([np.nan if value is None else float(str(value)) for value in values], dtype=np.float64)
        case Type.BOOLEAN:
            return np.array([bool(value) for value in values], dtype=np.bool_)
        case Type.TEXT:
            return np.array(["" if value is None else str(value) for value in values], dtype=np.str_)


def answer(truth: Truth, row: int) -> str:
    """Return what a condition says of a row: yes, no, undecided or overflow."""
    if not truth.known[row]:
        return _SAID[Outcome.OVERFLOW if truth.overflow[row] else Outcome.UNDECIDED]
    return "yes" if truth.value[row] else "no"


_SAID: Final = {
    Outcome.HIT: "yes",
    Outcome.NOT: "no",
    Outcome.UNDECIDED: "undecided",
    Outcome.OVERFLOW: "overflow",
}


# ---------------------------------------------------------------- reading

_E = TypeVar("_E", bound=StrEnum)
_EXPECT: Final = {"true": "yes", "false": "no"}


def _parse_value(kind: Type, text: str) -> object:
    match kind:
        case Type.NUMBER:
            return float(text)
        case Type.BOOLEAN:
            return {"true": True, "yes": True, "false": False, "no": False}.get(text) if text in _YES_NO else float("x")
        case Type.TEXT:
            return text


_YES_NO: Final = ("true", "yes", "false", "no")


def _width(text: str) -> int:
    """Return how many columns a text takes on a terminal; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _composed(text: str) -> yaml.Node | None:
    """Return the root of a YAML text, by libyaml where it is there; what is wrong is told by the one in Python."""
    nested = sum(map(text.count, "[{-?"))  # what can open a part within a part on one line
    if nested > _OPENED:  # libyaml would go down until the stack is full; the one in Python says so instead
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        return root
    quick = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=quick)
    except yaml.YAMLError:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    return root


_FIELDS: Final = ("id", "on", "title", "reason", "typology", "severity", "precision", "entry", "owner", "when", "tests")
_LEFT_OUT: Final = ("source",)  # what a rule may leave out; the shipped rules do not


class _Reader:
    """Reads one pack, noting every problem at its place."""

    def __init__(self, text: str, source: str, entries: Collection[str] | None) -> None:
        self.text = text
        self.source = source
        self.entries = entries
        self.diagnostics: list[Diagnostic] = []
        self._ids: set[str] = set()
        self._beginnings: set[str] = set()

    def pack(self) -> Pack | None:
        root = self._compose()
        if root is None:
            return None
        if not isinstance(root, yaml.MappingNode):
            self._wrong(root, "a pack is a mapping", "start with pack: NAME and rules:")
            return None
        fields = self._mapping(root)
        name, listed = fields.get("pack"), fields.get("rules")
        if not isinstance(name, yaml.ScalarNode) or not name.value:
            self._wrong(root, "the pack has no name", "start with pack: NAME")
        if not isinstance(listed, yaml.SequenceNode) or not listed.value:
            self._wrong(root, "the pack has no rules", "add rules: and at least one rule")
            return None
        rules = [rule for node in listed.value if (rule := self._rule(node)) is not None]
        return Pack(name=name.value if isinstance(name, yaml.ScalarNode) else "", rules=tuple(rules), text=self.text)

    def _compose(self) -> yaml.Node | None:
        if len(self.text) > LONGEST_PACK or "\x00" in self.text:
            self._at(0, 1, "the pack is too long or holds a NUL character", "split it; a pack has at most 1 MiB")
            return None
        try:
            root = _composed(self.text)
        except RecursionError:
            self._at(0, 1, "parts lie too deep within each other", "indent as in the shipped pack")
            return None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            index = mark.index if mark is not None else 0
            self._at(index, 1, f"not YAML: {error.problem}", "indent as in the shipped pack")
            return None
        except yaml.YAMLError:
            self._at(0, 1, "not YAML: a character that cannot stand in it", "save the pack as UTF-8 text")
            return None
        if root is None:
            self._at(0, 1, "the pack is empty", "write pack: NAME and rules:")
        return root

    def _rule(self, node: yaml.Node) -> Rule | None:
        if not isinstance(node, yaml.MappingNode):
            self._wrong(node, "a rule is a mapping", "write id:, on:, when: and the rest")
            return None
        before = len(self.diagnostics)
        fields = self._mapping(node)
        for name, value in fields.items():
            if name not in _FIELDS + _LEFT_OUT:
                self._wrong(value, f"a rule has no field '{name}'", "one of " + ", ".join(_FIELDS + _LEFT_OUT))
        missing = [name for name in _FIELDS if name not in fields]
        if missing:
            self._wrong(node, "the rule lacks " + ", ".join(missing), "every rule states all its fields")
            return None
        channel = self._choice(fields["on"], Channel)
        severity = self._choice(fields["severity"], Severity)
        rule_id = self._id(fields["id"])
        precision = self._precision(fields["precision"], severity)
        entry = self._entry(fields["entry"])
        title, reason = self._both(fields["title"]), self._both(fields["reason"])
        typology, owner = self._word(fields["typology"]), self._word(fields["owner"])
        if channel is None or severity is None:
            return None
        condition = self._condition(fields["when"], channel, area_entry=entry == AREA_ENTRY)
        tests = self._tests(fields["tests"], channel, condition)
        if len(self.diagnostics) > before or condition is None:
            return None
        return Rule(
            id=rule_id,
            channel=channel,
            title=title,
            reason=reason,
            typology=typology,
            severity=severity,
            precision=precision,
            entry=entry,
            owner=owner,
            condition=condition,
            tests=tests,
            source=self._word(fields["source"]) if "source" in fields else "",
        )

    def _condition(self, node: yaml.Node, channel: Channel, *, area_entry: bool) -> Expression | None:
        if not isinstance(node, yaml.ScalarNode):
            self._wrong(node, "a condition is a text", "write when: calls_1h >= 20")
            return None
        try:
            condition = compile_expression(node.value, catalogue(channel), area_entry=area_entry)
        except ExpressionInvalid as error:
            for problem in error.problems:
                start = self._align(node, problem.offset)
                end = self._align(node, problem.offset + problem.length - 1)
                self._at(start, end - start + 1, problem.message, problem.hint)
            return None
        if not area_entry:
            self._beginnings |= {part.prefix for part in parts_of(condition.tree) if isinstance(part, Prefix)}
            covered = covers_together(self._beginnings)
            if covered:
                self._wrong(
                    node,
                    f"the beginnings of this pack cover {covered}, and a whole area is never a ground",
                    "name fewer, or cite CN.ATF.35.area, which needs the national level",
                )
        if not area_entry and hits_the_quiet(condition, channel):
            self._wrong(
                node,
                "a quiet number would be hit only for whence it comes",
                "add conduct to the condition; a whole area is never a ground",
            )
        return condition

    def _tests(self, node: yaml.Node, channel: Channel, condition: Expression | None) -> tuple[RuleTest, ...]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self._wrong(node, "the rule has no tests", "add a row that it must hit and one that it must not")
            return ()
        features = catalogue(channel)
        tests = []
        for row in node.value:
            fields = self._mapping(row) if isinstance(row, yaml.MappingNode) else {}
            given, expect = fields.get("given"), fields.get("expect")
            if not isinstance(given, yaml.MappingNode) or not isinstance(expect, yaml.ScalarNode):
                self._wrong(row, "a test has given: and expect:", "write {given: {calls_1h: 30}, expect: yes}")
                continue
            wanted = str(expect.value)
            test = RuleTest(given=self._given(given, features), expect=_EXPECT.get(wanted, wanted))
            if condition is not None:
                said = _SAID[condition.oracle()(row_of(test.given, features))]
                if said != test.expect:
                    message = f"the rule says {said} here, the test expects {test.expect}"
                    self._wrong(row, message, "correct one of them")
            tests.append(test)
        return tuple(tests)

    def _given(self, node: yaml.MappingNode, features: Mapping[str, Feature]) -> dict[str, object]:
        given: dict[str, object] = {}
        for name, value in self._mapping(node).items():
            feature = features.get(name)
            if feature is None or not isinstance(value, yaml.ScalarNode):
                self._wrong(value, f"there is no feature '{name}'", "see the catalogue of features")
                continue
            try:
                given[name] = _parse_value(feature.type, value.value)
            except ValueError:
                self._wrong(value, f"{name} is a {feature.type.value}", f"write a {feature.type.value}")
        return given

    def _id(self, node: yaml.Node) -> str:
        name = self._word(node)
        if name in self._ids:
            self._wrong(node, f"the rule '{name}' stands here twice", "give it another id")
        self._ids.add(name)
        return name

    def _choice(self, node: yaml.Node, kind: type[_E]) -> _E | None:
        word = self._word(node)
        try:
            return kind(word)
        except ValueError:
            self._wrong(node, f"'{word}' cannot stand here", "one of " + ", ".join(member.value for member in kind))
            return None

    def _precision(self, node: yaml.Node, severity: Severity | None) -> float:
        try:
            value = float(self._word(node))
        except ValueError:
            self._wrong(node, "a probability is needed", "write the share of hits that are fraud, as in 0.95")
            return 0.0
        low, high = _BOUNDS[severity] if severity is not None else (0.0, 1.0)
        if not low <= value <= high:
            self._wrong(node, f"{value} does not fit {severity}", f"between {low} and {high}, or another severity")
        return value

    def _entry(self, node: yaml.Node) -> str:
        name = self._word(node)
        if self.entries is not None and name not in self.entries:
            message = f"the statute register has no entry '{name}'"
            self._wrong(node, message, "cite the entry under which a hit is stopped")
        return name

    def _both(self, node: yaml.Node) -> dict[str, str]:
        fields = self._mapping(node) if isinstance(node, yaml.MappingNode) else {}
        scalars = {name: value for name, value in fields.items() if isinstance(value, yaml.ScalarNode)}
        texts = {name: str(value.value) for name, value in scalars.items() if value.value}
        if set(texts) != {"zh", "en"}:
            self._wrong(node, "the text is needed in zh and en", "write {zh: …, en: …}")
        return texts

    def _word(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode) and node.value:
            return str(node.value)
        self._wrong(node, "a word is needed here", "write it after the colon")
        return ""

    def _mapping(self, node: yaml.MappingNode) -> dict[str, yaml.Node]:
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(key, "a word is needed here", "write the field before the colon")
                continue
            name = str(key.value)
            if name in fields:
                self._wrong(key, f"'{name}' stands here twice", "keep one of them")
            fields[name] = value
        return fields

    def _align(self, node: yaml.ScalarNode, offset: int) -> int:
        """Return where a character of a scalar's value stands in the text, whatever its style and folding."""
        value, place = node.value, node.start_mark.index
        for here in range(offset + 1):
            letter = value[here] if here < len(value) else " "
            if letter.isspace():
                continue
            while place < node.end_mark.index and self.text[place] != letter:
                place += 1
            if here < offset:
                place += 1
        return min(place, len(self.text) - 1)

    def _wrong(self, node: yaml.Node, message: str, hint: str) -> None:
        start, end = node.start_mark.index, node.end_mark.index
        line_end = self.text.find("\n", start)
        end = end if line_end < 0 else min(end, line_end)
        self._at(start, max(1, len(self.text[start:end].rstrip())), message, hint)

    def _at(self, index: int, length: int, message: str, hint: str) -> None:
        index = min(index, len(self.text))
        start = self.text.rfind("\n", 0, index) + 1
        end = self.text.find("\n", index)
        line = self.text[start : len(self.text) if end < 0 else end].rstrip()
        self.diagnostics.append(
            Diagnostic(
                source=self.source,
                line=self.text.count("\n", 0, index) + 1,
                column=index - start + 1,
                length=length,
                text=line[:200],
                message=message,
                hint=hint,
            )
        )
