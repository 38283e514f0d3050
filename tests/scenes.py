"""Scenes that tests of people and networks begin with: acts run as officers, suspects, dens, measures signed."""

from __future__ import annotations

from typing import Any, Protocol

from stopline.kernel.actors import Actor, ActorKind
from stopline.kernel.facts import Fact
from stopline.law.acts import Act, parse_body
from stopline.law.organisation import Institution, InstitutionKind, Signer
from tests.factories import MORNING, World, signer

IDENTITY: dict[str, object] = {
    "name": "张伟",
    "name_latin": "Zhang Wei",
    "birth_on": "1988-05-01",
    "document_no": "E12345678",
    "case_id": "case-1",
    "evidence": ["bank answer 7"],
    "warrant": "warrant 12",
    "at_large": "not met at any known address",
    "facts_zh": "涉嫌组织电信诈骗",
    "facts_en": "suspected of organising telecom fraud",
    "lesser_means": "summoned twice without answer",
}
TRAVELLER: dict[str, object] = {
    "crossing_id": "x1",
    "at": MORNING.isoformat(),
    "direction": "out",
    "name": "张伟",
    "name_latin": "ZHANG, WEI",
    "birth_on": "1988-05-01",
    "document_no": "E12345678",
    "document_kind": "passport",
    "companions": [],
}


class Desk(Protocol):
    """What every desk offers."""

    def acts(self) -> tuple[Act, ...]: ...


def do(
    world: World, desk: Desk, who: Signer | str, thing: str, act_name: str, record_id: str = "", /, **body: object
) -> Any:
    """Run one act of a desk as an officer, with its body read as a door reads it."""
    hand = signer(who) if isinstance(who, str) else who
    act = next(one for one in desk.acts() if (one.thing, one.name) == (thing, act_name))
    with world.act(hand.actor) as ledger:
        return act.run(ledger, hand, record_id, parse_body(act, body))


def fact(kind: str, **body: object) -> Fact:
    """Return a fact as the outbox would hand it over."""
    return Fact(id=f"fact of {kind}", kind=kind, at=MORNING, by="test", body=body)


def institution(code: str, kind: InstitutionKind) -> Institution:
    """Return an institution under its code."""
    return Institution(id=code, kind=kind, code=code, name_zh=code, name_en=code)


def partner(code: str = "X1") -> Actor:
    """Return the hand of a partner."""
    return Actor(kind=ActorKind.INSTITUTION, id=code, session=f"key of {code}", purpose="cooperation")


def into_force(world: World, measure_id: str, *, points: tuple[str, ...] = ("G1",)) -> None:
    """Take a drafted measure through its signatures, each by a hand of its own."""
    world.review(measure_id, by=signer("reviewer"))
    world.approve(measure_id, by=signer("approver"))
    world.activate(measure_id, by=signer("executor"), points=points)
