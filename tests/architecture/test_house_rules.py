"""The house rules hold everywhere, and each of them notices a file that breaks it."""

from __future__ import annotations

import ast

import pytest

from tests.architecture import rules
from tests.architecture.sources import Source, package, suite

IN_PACKAGE = [
    rules.file_is_short,
    rules.functions_are_short,
    rules.few_positional_arguments,
    rules.module_has_a_subject,
    rules.no_blanket_except,
    rules.no_naked_clock_or_chance,
    rules.no_sql_by_formatting,
    rules.pure_parts_touch_nothing,
    rules.silence_has_a_reason,
    rules.truth_is_not_named,
]
IN_TESTS = [rules.every_test_can_fail, rules.assertions_say_something, rules.silence_has_a_reason]

# Each rule with a file that breaks it and one that comes close and does not.
EXAMPLES = [
    (rules.file_is_short, "x = 1\n" * 501, "x = 1\n" * 500),
    (
        rules.functions_are_short,
        "def f():\n" + "    x = 1\n" * 60,
        "def f():\n" + "    x = 1\n" * 59,
    ),
    (
        rules.few_positional_arguments,
        "def f(a, b, c, d, e, f, g): ...",
        "def f(self, a, b, *, c, d, e, f, g): ...",
    ),
    (
        rules.no_blanket_except,
        "try:\n    f()\nexcept (OSError, Exception):\n    pass",
        "try:\n    f()\nexcept Exception:\n    undo()\n    raise",
    ),
    (rules.no_blanket_except, "try:\n    f()\nexcept:\n    pass", "try:\n    f()\nfinally:\n    g()"),
    (rules.no_naked_clock_or_chance, "at = datetime.now(UTC)", "at = clock.now()"),
    (rules.no_naked_clock_or_chance, "r = np.random.default_rng()", "r = default_rng(seed)"),
    (
        rules.no_sql_by_formatting,
        'q = f"SELECT a FROM {table}"',
        'q = "SELECT a FROM t WHERE id = :id"',
    ),
    (
        rules.no_sql_by_formatting,
        'q = "DELETE FROM {}".format(table)',
        'say = f"{count} rows select themselves"',
    ),
    (rules.pure_parts_touch_nothing, 'open("register.yaml")', 'resources.files("stopline.law")'),
    (
        rules.silence_has_a_reason,
        "x = f()  # noqa: S101",
        "x = f()  # noqa: S101 - the port says so",
    ),
    (
        rules.silence_has_a_reason,
        "x = f()  # type: ignore[misc]",
        "x = f()  # type: ignore[misc]  # numba has no types for it",
    ),
    (rules.truth_is_not_named, 'import_module("stopline.nation.truth")', 'say("a nation")'),
    (rules.every_test_can_fail, "def test_a():\n    f()", "def test_a():\n    check_totals()"),
    (rules.assertions_say_something, "assert True", "assert f()"),
    (rules.assertions_say_something, "assert f() or True", "assert f() or g()"),
    (rules.assertions_say_something, 'assert (f(), "says why")', 'assert f(), "says why"'),
]


@pytest.mark.parametrize("rule", IN_PACKAGE, ids=lambda rule: rule.__name__)
def test_the_package_keeps(rule: rules.Rule) -> None:
    found = [place for source in package() for place in rule(source)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("rule", IN_TESTS, ids=lambda rule: rule.__name__)
def test_the_tests_keep(rule: rules.Rule) -> None:
    found = [place for source in suite() for place in rule(source)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("rule", "broken", "kept"),
    EXAMPLES,
    ids=[f"{rule.__name__}-{number}" for number, (rule, _, _) in enumerate(EXAMPLES)],
)
def test_a_rule_notices(rule: rules.Rule, broken: str, kept: str) -> None:
    assert len(list(rule(_source(broken)))) == 1
    assert list(rule(_source(kept))) == []


def test_a_vague_module_name_is_noticed() -> None:
    found = list(rules.module_has_a_subject(_source("", "src/stopline/law/utils.py")))
    assert found == ["src/stopline/law/utils.py: utils says nothing about what is in it"]


def test_the_rules_saw_the_whole_package() -> None:
    assert {"kernel", "law", "stores"} <= {source.part for source in package()}


def _source(text: str, path: str = "src/stopline/law/example.py") -> Source:
    return Source(path=path, text=text, tree=ast.parse(text))
