"""Snoozes by hand, the tally of a release in shadow, and verdicts explained in full."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopline.kernel.actors import machine
from stopline.kernel.errors import BadField, SameHand
from stopline.screening.explanation import atoms_of, table_of
from stopline.screening.journal import explain
from stopline.screening.records import FeatureValue, Release, Snooze, SnoozeState, Verdict
from stopline.screening.release import VERDICTS, load_release
from stopline.screening.rules.features import Channel, Type, catalogue
from stopline.screening.trial import ShadowTally
from tests.factories import signer
from tests.unit.screening.desks import PACK, Screening, make_screening, spoofed


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screening]:
    made = make_screening(tmp_path_factory.mktemp("kept"))
    made.release()
    yield made
    made.store.close()


@pytest.fixture
def screening(tmp_path: Path) -> Iterator[Screening]:
    made = make_screening(tmp_path)
    made.release()
    yield made
    made.store.close()


def blocked(screening: Screening) -> Verdict:
    assert screening.calls(**spoofed(1)).columns["verdict"] == ["BLOCK"]
    with screening.store.read(machine("test")) as ledger:
        return ledger.find(Verdict)[-1]


def test_a_short_snooze_holds_at_once_and_ends_early_by_hand(screening: Screening) -> None:
    verdict = blocked(screening)
    snooze = screening.do("one", "verdict", "snooze", verdict.id, days=1, reason="a hospital's desk")
    assert screening.calls(**spoofed(1)).columns["verdict"] != ["BLOCK"]
    screening.do("other", "snooze", "end", snooze, reason="it was none")
    assert screening.calls(**spoofed(1)).columns["verdict"] == ["BLOCK"]
    with screening.store.read(machine("test")) as ledger:
        found = ledger.get(Snooze, snooze)
    assert (found.state, found.verdict_id) == (SnoozeState.ENDED, verdict.id)
    assert found.granted_by == signer("one").officer.id


def test_a_longer_snooze_needs_a_second_hand_a_bound_holds_and_it_lapses(screening: Screening) -> None:
    verdict = blocked(screening)
    with pytest.raises(BadField):
        screening.do("one", "verdict", "snooze", verdict.id, days=31, reason="too long")
    snooze = screening.do("one", "verdict", "snooze", verdict.id, days=3, reason="a hospital's desk")
    assert screening.calls(**spoofed(1)).columns["verdict"] == ["BLOCK"], "nobody has signed it yet"
    with pytest.raises(SameHand):
        screening.do("one", "snooze", "sign", snooze)
    screening.do("two", "snooze", "sign", snooze)
    assert screening.calls(**spoofed(1)).columns["verdict"] != ["BLOCK"]
    screening.later(timedelta(days=3, minutes=1))
    assert screening.calls(**spoofed(1)).columns["verdict"] == ["BLOCK"]
    with screening.store.read(machine("test")) as ledger:
        assert ledger.get(Snooze, snooze).state is SnoozeState.EXPIRED


def test_shadow_counts_by_rule_and_by_different_numbers(tmp_path: Path) -> None:
    screening = make_screening(tmp_path)
    head, tail = PACK.split("- id: call.spoofed")
    mild = tail.replace("severity: block", "severity: flag", 1).replace("precision: 0.99", "precision: 0.4", 1)
    screening.release(pack=f"{head}- id: call.spoofed{mild}")
    second = screening.do("owner", "release", "new", title="second")
    screening.do("reviewer", "release", "sign", second)
    screening.do("owner", "release", "shadow", second)
    for _ in range(2):
        screening.calls(calling=[f"028855{row:05d}" for row in range(50)], trunk=["intl-1"] * 50)
    with screening.store.read(machine("test")) as ledger:
        (tally,) = ledger.find(ShadowTally, release_id=second)
    screening.store.close()
    assert (tally.rows_count, tally.newly_count, tally.freed_count) == (100, 100, 0)
    assert tally.rule_newly["call.spoofed"] == 100
    assert tally.numbers_count == pytest.approx(50, abs=4)


def test_a_rollback_decides_the_very_next_batch(screening: Screening) -> None:
    mild = PACK.replace("severity: block\n  precision: 0.99", "severity: flag\n  precision: 0.4")
    second = screening.do("owner", "release", "new", title="mild", pack=mild)
    screening.do("reviewer", "release", "sign", second)
    for act, body in (("shadow", {}), ("stage", {"percentage": 99}), ("full", {})):
        screening.do("owner", "release", act, second, **body)
    assert screening.calls(**spoofed(1)).columns["verdict"] == ["FLAG"]
    screening.do("owner", "release", "roll_back", second)
    assert screening.calls(**spoofed(1)).columns["verdict"] == ["BLOCK"]


def test_a_verdict_is_explained_after_its_release_has_left_and_under_another_model(screening: Screening) -> None:
    verdict = blocked(screening)
    second = screening.do("owner", "release", "new", title="second")
    screening.do("reviewer", "release", "sign", second)
    screening.do("owner", "release", "shadow", second)
    screening.do("owner", "release", "full", second)
    with screening.store.read(machine("test")) as ledger:
        said = explain(ledger, verdict.id, model_digest="another")
    assert (said["release_state"], said["model_here"], said["score"]) == ("retired", False, verdict.score)
    (rule,) = [rule for rule in said["rules_in_full"] if rule.rule == "call.spoofed"]  # type: ignore[attr-defined]  # a tuple
    assert [(atom.text, atom.held, atom.read) for atom in rule.atoms][:1] == [("spoofed", True, {"spoofed": True})]
    assert {one.name for one in said["features_in_full"]} >= set(catalogue(Channel.CALL))  # type: ignore[attr-defined]  # a tuple


def test_the_atoms_of_a_condition_are_its_comparisons() -> None:
    condition = "calls_1h >= 20 AND NOT (listed_exempt OR ratio(calls_1h, calls_1d) > 0.5) AND hour BETWEEN 1 AND 5"
    found = [atom.sql(dialect="duckdb", normalize_functions=False) for atom in atoms_of(condition)]
    assert found == ["calls_1h >= 20", "listed_exempt", "ratio(calls_1h, calls_1d) > 0.5", "hour BETWEEN 1 AND 5"]


def _value(name: str) -> st.SearchStrategy[FeatureValue]:
    feature = catalogue(Channel.CALL)[name]
    known: st.SearchStrategy[FeatureValue]
    match feature.type:
        case Type.NUMBER:
            known = st.floats(0, 1e6)
        case Type.BOOLEAN:
            known = st.booleans()
        case Type.TEXT:
            known = st.sampled_from(feature.values or ("+8613800138000", "+862885551234"))
    return st.none() | known if feature.nullable else known


ROWS = st.fixed_dictionaries({name: _value(name) for name in catalogue(Channel.CALL)})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(row=ROWS)
def test_whatever_was_decided_is_explained_bit_for_bit(kept: Screening, row: dict[str, FeatureValue]) -> None:
    with kept.store.act(machine("test")) as ledger:
        record = ledger.find(Release, state="full")[0]
        release = load_release(record, model_digest="")
        decided = release.decide(Channel.CALL, table_of([row], Channel.CALL), muted={})
        if not decided.verdict[0]:
            return
        parts = release.parts(Channel.CALL, decided.hits[0], float(decided.base[0]))
        rules = release.reasons(Channel.CALL, decided.hits[0])
        verdict = Verdict(
            id=ledger.new_reference(), channel="call", at=ledger.at, verdict=VERDICTS[int(decided.verdict[0])],
            score=float(decided.score[0]), rules=tuple(rule.id for rule in rules), reasons=(), typology="", number="n",
            carrier="C1", release_id=record.id, release_digest=record.digest, features=row, parts=parts,
            expires_at=ledger.at + timedelta(days=30),
        )  # fmt: skip
        ledger.save(verdict, act="verdict.record")
    with kept.store.read(machine("test")) as ledger:
        said = explain(ledger, verdict.id, model_digest="")
    assert (said["verdict"], said["score"], said["parts"]) == (verdict.verdict.value, verdict.score, parts)
