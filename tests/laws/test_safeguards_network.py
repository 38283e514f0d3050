"""Safeguards 25 to 29: a rank is no ground, evidence stands behind every tie, victims are never ranked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.errors import FactsMissing, GroundForbidden, GroundsInsufficient, SameHand
from stopline.law.measure import Ground, Subject
from stopline.law.office import Draft
from stopline.syndicates.desk import SyndicateDesk, ranked
from stopline.syndicates.network import Network, Node, NodeKind, Tie, TieKind
from stopline.syndicates.roles import EvidenceKind, RoleEvidence, independent
from tests.factories import MEASURES, MORNING, signer, world
from tests.scenes import do, fact

REFS = st.sampled_from([f"n{i}" for i in range(12)])


def network(refs: list[str], pairs: list[tuple[str, str, str]], excluded: set[str]) -> Network:
    ties = {
        Tie(a=a, b=b, kind=TieKind.MONEY, evidence=f"report:{source}", source=source)
        for a, b, source in pairs
        if a != b and {a, b} <= set(refs)
    }
    return Network(
        id="n",
        series_id="s",
        typology="",
        report_ids=(),
        nodes=tuple(Node(ref=ref, kind=NodeKind.ACCOUNT, excluded="victim" if ref in excluded else "") for ref in refs),
        ties=tuple(sorted(ties, key=repr)),
        created_at=MORNING,
        changed_at=MORNING,
    )


@given(
    pairs=st.lists(st.tuples(REFS, REFS, st.sampled_from("abcd")), max_size=30),
    excluded=st.sets(REFS, max_size=4),
)
def test_29_whoever_is_excluded_stands_in_no_ranking(pairs: list[tuple[str, str, str]], excluded: set[str]) -> None:
    drawn = ranked(network([f"n{i}" for i in range(12)], pairs, excluded), at=MORNING)
    shown = {row.node for rows in (drawn.rankings or {}).values() for row in rows}
    assert not shown & excluded


@given(times=st.integers(1, 6))
def test_27_one_source_counts_once_however_often_it_speaks(times: int) -> None:
    pairs = [("n0", "n1", "a"), ("n2", "n3", "a"), ("n2", "n3", "b")]
    once = ranked(network(["n0", "n1", "n2", "n3"], pairs, set()), at=MORNING)
    again = ranked(network(["n0", "n1", "n2", "n3"], pairs + [("n0", "n1", "a")] * times, set()), at=MORNING)
    assert once.rankings == again.rankings


@pytest.mark.parametrize("entry", MEASURES, ids=lambda entry: entry.id)
def test_25_a_rank_alone_carries_no_measure(entry: object) -> None:
    with world() as made, made.act(signer("analyst").actor) as ledger:
        draft = Draft(
            entry_id=entry.id,  # type: ignore[attr-defined]  # parametrised by entries of the register
            subject=Subject(kind=min(entry.subjects), ref="n1"),  # type: ignore[attr-defined]  # the same
            reason="first in the ranking",
            grounds=[Ground(kind="rank", ref="network:n", note="1 of 200")],
            lesser_means="none",
            facts_key="k",
        )
        with pytest.raises((GroundsInsufficient, FactsMissing)):
            made.office.draft(ledger, draft)


EVIDENCE = st.builds(
    RoleEvidence, kind=st.sampled_from(EvidenceKind), ref=st.just("e"), source=st.sampled_from(["a", "b", "c"])
)


@given(evidence=st.lists(EVIDENCE, max_size=5))
def test_evidence_is_independent_only_across_kinds_and_sources(evidence: list[RoleEvidence]) -> None:
    solid = [one for one in evidence if one.kind is not EvidenceKind.RANK]
    if independent(evidence):
        assert len({one.kind for one in solid}) >= 2
        assert len({one.source for one in solid}) >= 2
    if len({one.source for one in solid}) < 2 or len({one.kind for one in solid}) < 2:
        assert not independent(evidence)


def test_25_a_role_is_carried_by_two_analysts_and_two_kinds_of_evidence() -> None:
    with world() as made:
        desk = SyndicateDesk(made.office)
        with made.act() as ledger:
            sighting = {"report_id": "r1", "phone": "V", "lines": ["L1"], "accounts": ["A1"]}
            desk.report_received(ledger, fact("report.received", **sighting))
            desk.series_joined(ledger, fact("series.joined", series_id="s", report_ids=["r1"]))
            network_id = ledger.find(Network)[0].id
        rank = [{"kind": "rank", "ref": "x", "source": "machine"}]
        money = [{"kind": "money", "ref": "t1", "source": "r1"}]
        calls = [{"kind": "calls", "ref": "c1", "source": "C1"}]
        claim = {"node": "A1", "role": "financier"}
        with pytest.raises(GroundsInsufficient):
            do(made, desk, "a1", "network", "claim", network_id, **claim, evidence=rank)
        with pytest.raises(GroundsInsufficient, match="money"):
            do(made, desk, "a1", "network", "claim", network_id, **claim, evidence=calls)
        thin = do(made, desk, "a1", "network", "claim", network_id, **claim, evidence=money + rank)
        do(made, desk, "a2", "role_claim", "review", thin)
        with pytest.raises(GroundsInsufficient):
            do(made, desk, "a2", "role_claim", "corroborate", thin)
        full = do(made, desk, "a1", "network", "claim", network_id, **claim, evidence=money + calls)
        with pytest.raises(SameHand):
            do(made, desk, "a1", "role_claim", "review", full)
        do(made, desk, "a2", "role_claim", "review", full)
        assert do(made, desk, "a2", "role_claim", "corroborate", full) == full
        do(made, desk, "a1", "network", "exclude", network_id, node="A1", why="victim")
        with pytest.raises(GroundForbidden):
            do(made, desk, "a1", "network", "claim", network_id, **claim, evidence=money + calls)
