"""The house rules as functions: each yields the places where a file breaks it.

They are functions so that test_house_rules.py can also show each one a file that breaks it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator

from tests.architecture.sources import Source, dotted, functions

Rule = Callable[[Source], Iterator[str]]

LINES_MAX = 500
FUNCTION_LINES_MAX = 60
POSITIONAL_MAX = 6

VAGUE_NAMES = frozenset({"base", "common", "helper", "helpers", "lib", "manager", "misc", "shared", "util", "utils"})
PURE_PARTS = frozenset(
    {
        "kernel",
        "law",
        "screening",
        "funds",
        "dissuasion",
        "cases",
        "syndicates",
        "borders",
        "alliance",
        "bulletin",
    }
)
# The clock and chance come in at the composition root and through two ports.
CLOCK_DOORS = frozenset(
    {
        "src/stopline/app.py",
        "src/stopline/cli.py",
        "src/stopline/kernel/clock.py",
        "src/stopline/kernel/ids.py",
    }
)
# The outermost edges: past these an exception would reach a person as a stack trace.
LAST_RESORTS = frozenset({"src/stopline/app.py", "src/stopline/cli.py"})

CLOCK_CALLS = re.compile(
    r"^((datetime\.)?datetime\.(now|utcnow|today)|(datetime\.)?date\.today"
    r"|time\.(time|time_ns|localtime|gmtime)|uuid\.uuid[14]|secrets\.\w+|os\.urandom)$"
)
CHANCE_CALLS = re.compile(r"(^|\.)(default_rng|Random|SeedSequence|RandomState)$")
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s"
    r"|(CREATE|ALTER|DROP)\s+(TABLE|VIEW|INDEX|DATABASE|SCHEMA|TRIGGER)\s|WHERE\s+\w+\s*(=|IN)\s)",
    re.DOTALL,
)
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:\s*no cover|nosec)", re.IGNORECASE)
REASONED = re.compile(
    r"#\s*(noqa:\s*[A-Z]+\d+(\s*,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w, -]+\])\s*(#|-|–|—|:|\()\s*[\w`]",
)


def file_is_short(source: Source) -> Iterator[str]:
    count = len(source.text.splitlines())
    if count > LINES_MAX:
        yield f"{source.path}: {count} lines"


def functions_are_short(source: Source) -> Iterator[str]:
    for node in functions(source):
        count = (node.end_lineno or node.lineno) - node.lineno + 1
        if count > FUNCTION_LINES_MAX:
            yield f"{source.at(node)}: {node.name} has {count} lines"


def few_positional_arguments(source: Source) -> Iterator[str]:
    for node in functions(source):
        if any(isinstance(mark, ast.Call) for mark in node.decorator_list):
            continue  # a command's options and a route's parts are handed over by name
        names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
        count = len([name for name in names if name not in {"self", "cls"}])
        if count > POSITIONAL_MAX:
            yield f"{source.at(node)}: {node.name} takes {count} positional arguments"


def module_has_a_subject(source: Source) -> Iterator[str]:
    for word in source.path.removesuffix(".py").split("/")[2:]:
        if word in VAGUE_NAMES:
            yield f"{source.path}: {word} says nothing about what is in it"


def no_blanket_except(source: Source) -> Iterator[str]:
    if source.path in LAST_RESORTS:
        return
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        for kind in caught:
            everything = kind is None or dotted(kind) in {"Exception", "BaseException"}
            if everything and not _raises_again(node):
                yield f"{source.at(node)}: catches everything and carries on"


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise)


def no_naked_clock_or_chance(source: Source) -> Iterator[str]:
    if source.path in CLOCK_DOORS:
        return
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if CLOCK_CALLS.search(name):
            yield f"{source.at(node)}: {name}(): take a Clock or Ids as an argument"
        elif CHANCE_CALLS.search(name) and not node.args and not node.keywords:
            yield f"{source.at(node)}: {name}() without a seed"


def no_sql_by_formatting(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        text, built = _written(node)
        if built and SQL.search(text):
            yield f"{source.at(built)}: SQL put together from strings"


def _written(node: ast.AST) -> tuple[str, ast.expr | None]:
    """Return the fixed text of an expression that formats a string, and the expression."""
    match node:
        case ast.JoinedStr(values=values) if any(isinstance(v, ast.FormattedValue) for v in values):
            parts = [v.value if isinstance(v, ast.Constant) else " ? " for v in values]
            return "".join(str(part) for part in parts), node
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            return text, node
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Add(), right=right) if not (
            isinstance(right, ast.Constant)
        ):
            return f"{text} ? ", node
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return text, node
        case _:
            return "", None


def pure_parts_touch_nothing(source: Source) -> Iterator[str]:
    if source.part not in PURE_PARTS:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func) in {"open", "print", "input", "exec"}:
            yield f"{source.at(node)}: {dotted(node.func)}() in a part that does no I/O"


def silence_has_a_reason(source: Source) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type != tokenize.COMMENT or not SILENCED.search(token.string):
            continue
        if not REASONED.search(token.string):
            yield f"{source.path}:{token.start[0]}: {token.string} gives no reason"


def truth_is_not_named(source: Source) -> Iterator[str]:
    """Strings can import too: only the demonstration and the command line may name the nation's module."""
    if source.part in {"nation", "demo", "cli"}:
        return
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if node.value.startswith("stopline.nation"):
            yield f"{source.at(node)}: names the simulated country's module"


def every_test_can_fail(source: Source) -> Iterator[str]:
    for node in functions(source):
        if not node.name.startswith("test"):
            continue
        if not any(_can_fail(part) for part in ast.walk(node)):
            yield f"{source.at(node)}: {node.name} asserts nothing"


def assertions_say_something(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assert) and _always_true(node.test):
            yield f"{source.at(node)}: this cannot fail"


def _can_fail(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert | ast.Raise):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = dotted(node.func).rsplit(".", 1)[-1]
    return name in {"raises", "fail", "warns", "run_state_machine_as_test"} or name.lstrip("_").startswith(
        ("assert", "check", "expect", "refuse", "verify", "must")
    )


def _always_true(test: ast.expr) -> bool:
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple):
        return bool(test.elts)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_always_true(value) for value in test.values)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        same = ast.dump(test.left) == ast.dump(test.comparators[0])
        return same and isinstance(test.ops[0], ast.Eq) and isinstance(test.left, ast.Name)
    return False
