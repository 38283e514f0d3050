"""One rule's condition: a SQL boolean expression (DuckDB's dialect), type-checked, answered with three values.

A feature that is not known makes what depends on it undecided, never false: SQL's own logic, on columns.
What is not listed in `_Checker` cannot be said, so that the engine and DuckDB agree on all that can.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isinf
from typing import Final

from sqlglot import exp, parse
from sqlglot.errors import ParseError, TokenError

from stopline.screening.rules.duck import overflow_sql_of, sql_of
from stopline.screening.rules.evaluation import Truth, answer_of
from stopline.screening.rules.features import FORBIDDEN_WORDS, Feature, Table, Type
from stopline.screening.rules.matrix import DIGITS
from stopline.screening.rules.oracle import Ask, asking
from stopline.screening.rules.prefixes import covers_region
from stopline.screening.rules.translation import chain, condition_of
from stopline.screening.rules.tree import AmongNumbers, AmongTexts, Condition, parts_of

LONGEST: Final = 16_000
"""Characters of one condition."""
DEEPEST: Final = 64
"""Parts within parts; a AND b AND c lie side by side."""
MOST_PARTS: Final = 2_000
"""Parts of one condition: its tests, what joins them, numbers and listed values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at a place of an expression (0-based offset), and what would do."""

    message: str
    hint: str
    offset: int
    length: int


class ExpressionInvalid(Exception):
    """The expression cannot be used; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.message for problem in problems))


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked condition: what it means, and which features it reads; each back-end answers from the same tree."""

    text: str
    columns: frozenset[str]
    tree: Condition
    numbers: frozenset[str]  # those of `columns` that are numbers
    size: int  # parts, see MOST_PARTS

    def evaluate(self, table: Table) -> Truth:
        """Answer every row of a table with plain NumPy; the machine (`program_of`) says the same, faster."""
        return answer_of(self.tree, table)

    def oracle(self) -> Ask:
        """Return how plain Python asks one row."""
        return asking(self.tree)

    @property
    def sql(self) -> str:
        """The condition for DuckDB: TRUE, FALSE or NULL."""
        return sql_of(self.tree, numbers=self.numbers)

    @property
    def overflow_sql(self) -> str:
        """For DuckDB, whether `sql` is NULL because a number overflowed: TRUE or FALSE."""
        return overflow_sql_of(self.tree, numbers=self.numbers)


def compile_expression(text: str, features: Mapping[str, Feature], *, area_entry: bool = False) -> Expression:
    """Parse and check a condition; raises ExpressionInvalid with every problem found.

    `area_entry` says that the rule cites the register's area entry, which alone may cover a region.
    """
    return _compiled(text, tuple(features.values()), area_entry)


@lru_cache(maxsize=4_096)  # a changed pack is mostly what it was
def _compiled(text: str, known: tuple[Feature, ...], area_entry: bool) -> Expression:  # noqa: FBT001 - a key
    features = {feature.name: feature for feature in known}
    tree = _parse(text)
    checker = _Checker(text, features, area_entry=area_entry)
    checker.bound(tree)
    kind = checker.check(tree)
    if kind not in (Type.BOOLEAN, None):
        checker.refuse(tree, f"the condition is a {kind.value}, not a yes or no", "compare it, as in calls_1h >= 20")
    if checker.problems:
        raise ExpressionInvalid(checker.problems)
    condition = condition_of(tree, features)
    size = _size(condition)
    if size > MOST_PARTS:
        checker.refuse(tree, f"the condition has {size:,} parts, more than {MOST_PARTS:,}", "split it into rules")
        raise ExpressionInvalid(checker.problems)
    numbers = frozenset(name for name in checker.columns if features[name].type is Type.NUMBER)
    return Expression(text, frozenset(checker.columns), condition, numbers, size)


def forget_compiled() -> None:
    """Forget what was compiled before, so that reading can be measured."""
    _compiled.cache_clear()


def _size(condition: Condition) -> int:
    listed = (part for part in parts_of(condition))
    return sum(1 + (len(part.values) if isinstance(part, AmongNumbers | AmongTexts) else 0) for part in listed)


def _parse(text: str) -> exp.Expr:
    if len(text) > LONGEST:
        problem = Problem(message=f"the condition has {len(text):,} characters, more than {LONGEST:,}",
                          hint="split it into rules", offset=0, length=1)  # fmt: skip
        raise ExpressionInvalid([problem])
    try:
        trees = parse(text, dialect="duckdb")
    except RecursionError:
        raise ExpressionInvalid([_too_deep(0, 1)]) from None
    except ParseError as error:
        said = error.errors[0] if error.errors else {}
        offset = _offset(text, int(said.get("line", 1)), int(said.get("col", 1)))
        word = str(said.get("highlight", "")) or " "
        start = max(0, offset - len(word) + 1)
        problem = Problem(message="this cannot be read here", hint=_SHAPE, offset=start, length=len(word))
        raise ExpressionInvalid([problem]) from None
    except TokenError:
        start = max(text.rfind("'"), 0)
        length = len(text.rstrip()) - start
        problem = Problem(message="a quotation that does not end", hint="close it with '", offset=start, length=length)
        raise ExpressionInvalid([problem]) from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Expr):
        length = max(1, len(text.rstrip()))
        problem = Problem(message="exactly one condition is needed", hint=_SHAPE, offset=0, length=length)
        raise ExpressionInvalid([problem])
    return trees[0]


def _too_deep(offset: int, length: int) -> Problem:
    message = f"parts lie more than {DEEPEST} deep within each other"
    return Problem(message=message, hint="split it into rules", offset=offset, length=length)


_SHAPE: Final = "a condition reads like calls_1h >= 20 AND NOT listed_exempt"


class _Checker:
    """Walks a tree, giving each part its type and noting each problem at its place."""

    def __init__(self, text: str, features: Mapping[str, Feature], *, area_entry: bool) -> None:
        self._text = text
        self._features = features
        self._area_entry = area_entry
        self.columns: set[str] = set()
        self.problems: list[Problem] = []

    def bound(self, tree: exp.Expr) -> None:
        """Refuse a tree that is too deep to be walked; raises ExpressionInvalid."""
        waiting: list[tuple[exp.Expr, int]] = [(tree, 1)]
        while waiting:
            node, depth = waiting.pop()
            if depth > DEEPEST:
                raise ExpressionInvalid([_too_deep(*self._place(node))])
            for part in node.iter_expressions():
                assert isinstance(part, exp.Expr)
                same = isinstance(part, exp.And | exp.Or) and type(part) is type(node)
                waiting.append((part, depth if same else depth + 1))

    def check(self, node: object) -> Type | None:  # noqa: C901, PLR0912 - one arm a kind of node is the grammar
        """Return the type of a part, or None when a problem was noted in it."""
        match node:
            case exp.Paren():
                return self.check(node.this)
            case exp.And() | exp.Or():
                for part in chain(node):
                    self._want(part, Type.BOOLEAN)
                return Type.BOOLEAN
            case exp.Not():
                self._want(node.this, Type.BOOLEAN)
                return Type.BOOLEAN
            case exp.EQ() | exp.NEQ():
                return self._same(node)
            case exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
                self._want(node.left, Type.NUMBER)
                self._want(node.right, Type.NUMBER)
                return Type.BOOLEAN
            case exp.Between():
                for number in (node.this, node.args.get("low"), node.args.get("high")):
                    self._want(number, Type.NUMBER)
                if node.args.get("symmetric"):
                    self.refuse(node, "SYMMETRIC cannot be used here", "write the lower bound first")
                return Type.BOOLEAN
            case exp.In():
                return self._membership(node)
            case exp.Is() if isinstance(node.expression, exp.Null):
                self.check(node.this)
                if not isinstance(node.this, exp.Column):
                    self.refuse(node.this, "only a feature can be asked whether it is known", "write calls_1h IS NULL")
                return Type.BOOLEAN
            case exp.StartsWith():
                return self._prefix(node)
            case exp.Add() | exp.Sub() | exp.Mul():
                self._want(node.left, Type.NUMBER)
                self._want(node.right, Type.NUMBER)
                return Type.NUMBER
            case exp.Div():
                return self._division(node)
            case exp.Anonymous() if node.name.lower() == "ratio":
                return self._ratio(node)
            case exp.Neg():
                self._want(node.this, Type.NUMBER)
                return Type.NUMBER
            case exp.Literal():
                return self._literal(node)
            case exp.Boolean():
                return Type.BOOLEAN
            case exp.Column():
                return self._column(node)
            case _:
                self._unknown(node)
                return None

    def refuse(self, node: object, message: str, hint: str) -> None:
        offset, length = self._place(node)
        self.problems.append(Problem(message=message, hint=hint, offset=offset, length=length))

    def _want(self, node: object, wanted: Type) -> None:
        found = self.check(node)
        if found is not None and found is not wanted:
            self.refuse(node, f"this is a {found.value}, a {wanted.value} is needed here", _REMEDY[wanted])

    def _same(self, node: exp.EQ | exp.NEQ) -> Type:
        left, right = self.check(node.left), self.check(node.right)
        if left is not None and right is not None and left is not right:
            message = f"a {left.value} is compared with a {right.value}"
            self.refuse(node.right, message, f"compare it with a {left.value}")
        for feature, value in ((node.left, node.right), (node.right, node.left)):
            self._value_of(feature, value)
            if self._number_feature(feature):
                self._region(value)
        self._comparable(node.left.unnest(), node.right.unnest())
        return Type.BOOLEAN

    def _comparable(self, left: exp.Expr, right: exp.Expr) -> None:
        """Two text features are compared only when they take the same values."""
        if isinstance(left, exp.Column) and isinstance(right, exp.Column):
            a, b = self._features.get(left.name), self._features.get(right.name)
            if a is not None and b is not None and a.type is b.type is Type.TEXT and a.values != b.values:
                self.refuse(right, f"{left.name} and {right.name} never take the same values", "compare it with a text")

    def _membership(self, node: exp.In) -> Type:
        found = self.check(node.this)
        if not node.expressions or node.args.get("query") or node.args.get("field") or node.args.get("unnest"):
            self.refuse(node, "IN needs values in brackets", "write kind IN ('fraud', 'commercial')")
        for value in node.expressions:
            bare = value.this if isinstance(value, exp.Neg) else value
            if not isinstance(bare, exp.Literal):
                self.refuse(value, "only plain values can stand in IN", "write the values out")
                continue
            kind = self.check(value)
            if found is not None and kind is not None and kind is not found:
                self.refuse(value, f"a {found.value} is compared with a {kind.value}", f"list only {found.value}s")
            self._value_of(node.this, value)
            if self._number_feature(node.this):
                self._region(value)
        return Type.BOOLEAN

    def _value_of(self, node: object, value: object) -> None:
        """A feature with named values is compared only with one of them: a typing error would never match."""
        if isinstance(node, exp.Column) and isinstance(value, exp.Literal) and value.is_string:
            feature = self._features.get(node.name)
            if feature is not None and feature.values and value.name not in feature.values:
                self.refuse(value, f"{node.name} is never '{value.name}'", "one of " + ", ".join(feature.values))

    def _prefix(self, node: exp.StartsWith) -> Type:
        self._want(node.this, Type.TEXT)
        prefix = node.expression
        if not isinstance(prefix, exp.Literal) or not prefix.is_string:
            self.refuse(prefix, "a prefix must be written out", "write starts_with(calling, '+8617012345')")
            return Type.BOOLEAN
        self._literal(prefix)
        self._region(prefix)
        asked = node.this.unnest()
        feature = self._features.get(asked.name) if isinstance(asked, exp.Column) else None
        if feature is not None and feature.type is Type.TEXT and not feature.values:
            self._digits(prefix, feature.name)
        return Type.BOOLEAN

    def _digits(self, prefix: exp.Literal, name: str) -> None:
        digits = prefix.name.removeprefix("+")
        if digits and not (digits.isascii() and digits.isdigit()):
            hint = f"names are compared whole: {name} IN ('95588', 'ICBC')"
            self.refuse(prefix, f"'{prefix.name}' is no beginning of a number", hint)
        elif len(digits) > DIGITS:
            self.refuse(prefix, f"a beginning has at most {DIGITS} digits, this has {len(digits)}", "shorten it")

    def _number_feature(self, node: object) -> bool:
        return isinstance(node, exp.Column) and node.name in ("calling", "sender")

    def _region(self, value: object) -> None:
        if isinstance(value, exp.Literal) and value.is_string and not self._area_entry:
            covered = covers_region(value.name)
            if covered:
                self.refuse(
                    value,
                    f"'{value.name}' covers {covered}, and a whole area is never a ground",
                    "name a narrower block, or cite CN.ATF.35.area, which needs the national level",
                )

    def _division(self, node: exp.Div) -> Type:
        self._want(node.left, Type.NUMBER)
        by = node.right
        written = isinstance(by, exp.Literal) and not by.is_string
        if not written or (self._literal(by) is Type.NUMBER and _zero(by.name)):
            self.refuse(by, "only a written number other than 0 can divide", "write ratio(calls_1h, calls_1d)")
        return Type.NUMBER

    def _ratio(self, node: exp.Anonymous) -> Type:
        if len(node.expressions) != 2:
            message = f"ratio takes two numbers, here are {len(node.expressions)}"
            self.refuse(node, message, "write ratio(calls_1h, calls_1d)")
        for part in node.expressions:
            self._want(part, Type.NUMBER)
            inner = next((found for found in part.find_all(exp.Anonymous) if found.name.lower() == "ratio"), None)
            if inner is not None:
                self.refuse(inner, "a ratio cannot stand within a ratio", "compare each by itself")
        if len(node.expressions) == 2 and node.expressions[1].find(exp.Column) is None:
            self.refuse(node.expressions[1], "a ratio divides by a feature", "divide by a number with /")
        return Type.NUMBER

    def _literal(self, node: exp.Expr) -> Type:
        if node.is_string:
            for word in FORBIDDEN_WORDS.intersection(node.name.casefold().split()):
                self.refuse(node, f"'{word}' can never be a ground", _CONDUCT)
            return Type.TEXT
        try:
            value = float(node.name)
        except ValueError:
            self.refuse(node, f"{node.name} cannot be read as a number", "write it with the digits 0 to 9")
            return Type.NUMBER
        if isinf(value):
            self.refuse(node, f"{node.name} is larger than any double", "the largest is about 1.797e308")
        elif value == 0.0 and set(node.name.lower().partition("e")[0]) & set("123456789"):
            self.refuse(node, f"{node.name} is nearer to 0 than any double", "the smallest is about 4.9e-324")
        return Type.NUMBER

    def _column(self, node: exp.Column) -> Type | None:
        name = node.name
        if node.table or node.this.args.get("quoted"):
            self.refuse(node, "a feature is one plain word", "see the catalogue of features")
            return None
        feature = self._features.get(name)
        if feature is not None:
            self.columns.add(name)
            return feature.type
        words = set(name.casefold().split("_"))
        if words & FORBIDDEN_WORDS or any(not word.isascii() and word in name for word in FORBIDDEN_WORDS):
            self.refuse(node, f"'{name}' can never be a ground", _CONDUCT)
        else:
            self.refuse(node, f"there is no feature '{name}'", _nearest(name, self._features))
        return None

    def _unknown(self, node: object) -> None:
        if isinstance(node, exp.Null):
            self.refuse(node, "NULL is never equal to anything", "write calls_1h IS NULL")
        elif isinstance(node, exp.Func):
            name = node.name if isinstance(node, exp.Anonymous) else node.sql_name().lower()
            self.refuse(
                node,
                f"the function {name} is not known here",
                "there are starts_with(feature, 'prefix') and ratio(feature, feature)",
            )
        else:
            self.refuse(node, "this cannot be said in a rule", _SHAPE)

    def _place(self, node: object) -> tuple[int, int]:
        """Return where a part stands: from its first to its last word that knows its place."""
        spots = [part.meta for part in node.walk() if "start" in part.meta] if isinstance(node, exp.Expr) else []
        if not spots:
            return 0, max(1, len(self._text.rstrip()))
        start = min(int(spot["start"]) for spot in spots)
        return start, max(int(spot["end"]) for spot in spots) + 1 - start


_REMEDY: Final = {
    Type.BOOLEAN: "compare it, as in calls_1h >= 20",
    Type.NUMBER: "use a feature or a value that is a number",
    Type.TEXT: "use a feature or a value that is a text",
}
_CONDUCT: Final = "a rule rests on conduct: what the number does, not who or whence somebody is"


def _zero(written: str) -> bool:
    try:
        return float(written) == 0.0
    except ValueError:
        return False  # told as what it is


def _nearest(name: str, features: Mapping[str, Feature]) -> str:
    def shared(other: str) -> float:
        pairs = {name[place : place + 2] for place in range(len(name) - 1)}
        others = {other[place : place + 2] for place in range(len(other) - 1)}
        return len(pairs & others) / max(1, len(pairs | others))

    best = max(sorted(features), key=shared)
    return f"did you mean {best}" if shared(best) > 0.3 else "see the catalogue of features"


def _offset(text: str, line: int, column: int) -> int:
    lines = text.splitlines(keepends=True)
    return min(sum(len(before) for before in lines[: line - 1]) + column - 1, max(0, len(text) - 1))
