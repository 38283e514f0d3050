"""A pack loads whole or not at all, and says at its line and column what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.errors import ReleaseInvalid
from stopline.law.register import Register
from stopline.screening.rules.expression import compile_expression
from stopline.screening.rules.features import Channel, catalogue
from stopline.screening.rules.pack import Severity, check_pack, load_pack, shipped_pack
from stopline.screening.rules.quiet import hits_the_quiet

GOLDEN = Path(__file__).parents[3] / "golden" / "rules"
ENTRIES = tuple(entry.id for entry in Register.shipped().current())
CASES = sorted(path.stem for path in GOLDEN.glob("*.yaml"))


def test_the_shipped_pack_is_sound() -> None:
    pack = load_pack(shipped_pack(), source="shipped", entries=ENTRIES)
    assert len(pack.of(Channel.CALL)) >= 30
    assert len(pack.of(Channel.MESSAGE)) >= 10
    assert all(rule.source for rule in pack.rules), "a shipped rule says where it comes from"
    assert {rule.severity for rule in pack.rules} == set(Severity)
    for rule in pack.rules:
        assert {test.expect for test in rule.tests} >= {"yes", "no"}, rule.id


@pytest.mark.parametrize("case", CASES)
def test_every_diagnostic_reads_as_it_was_approved(case: str) -> None:
    pack, diagnostics = check_pack(
        (GOLDEN / f"{case}.yaml").read_text(encoding="utf-8"), source="pack.yaml", entries=ENTRIES
    )
    assert pack is None
    said = "\n".join(str(diagnostic) for diagnostic in diagnostics) + "\n"
    assert said == (GOLDEN / f"{case}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("channel", "condition"),
    [
        (Channel.CALL, "calling_kind = 'foreign' AND calls_in_progress >= 1"),
        (Channel.CALL, "calling_kind = 'foreign' AND exact_calls_1h >= 1"),
        (Channel.CALL, "calling_kind = 'foreign' AND shared_digits BETWEEN 1 AND 5"),
        (Channel.CALL, "from_abroad AND callee_strangers_1d >= 1"),
        (Channel.CALL, "from_abroad AND gap_mean_s > 5"),
        (Channel.CALL, "from_abroad AND office_ratio > 0.2"),
        (Channel.MESSAGE, "sender_kind = 'foreign' AND sends_1h >= 1"),
        (Channel.MESSAGE, "sender_kind = 'foreign' AND text_score >= 0.01"),
        (Channel.MESSAGE, "sender_kind = 'foreign' AND template_senders >= 1"),
    ],
)
def test_a_condition_that_every_number_meets_is_no_conduct(channel: Channel, condition: str) -> None:
    assert hits_the_quiet(compile_expression(condition, catalogue(channel)), channel)


def test_one_bad_rule_refuses_the_whole_pack() -> None:
    text = shipped_pack().replace("when: spoofed", "when: spoofd")
    with pytest.raises(ReleaseInvalid, match="did you mean spoofed"):
        load_pack(text, source="shipped", entries=ENTRIES)


@given(st.integers(0, 400), st.sampled_from(["", " ", "x", ":", "'", "\n", "- ", "\x00", "时", "&a *a"]))
def test_a_damaged_pack_is_refused_with_a_place_or_still_sound(line: int, what: str) -> None:
    lines = shipped_pack().splitlines()
    lines[min(line, len(lines) - 1)] = what + lines[min(line, len(lines) - 1)][3:]
    pack, diagnostics = check_pack("\n".join(lines), entries=ENTRIES)
    assert (pack is None) == bool(diagnostics)
    assert all(diagnostic.line >= 1 and diagnostic.column >= 1 for diagnostic in diagnostics)


def test_what_is_no_pack_at_all_is_told() -> None:
    deep = ["pack: " + "[" * 5_000, "- " * 300_000, "? " * 19_000, "[" * 400_000 + "]" * 400_000]
    for text in ("", "[]", "just words", "pack: x", "pack: x\nrules: []", "\x00", "a: *b", "{" * 50, *deep):
        pack, diagnostics = check_pack(text)
        assert pack is None
        assert diagnostics
