"""Makes a screening desk on a store, with a release in force, for the tests of this folder and of the stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stopline.kernel.actors import Actor, ActorKind, machine
from stopline.kernel.clock import SetClock
from stopline.kernel.facts import Fact
from stopline.screening.desk import Live, ScreeningDesk
from stopline.screening.engine import Engine
from stopline.screening.journal import Answers
from stopline.screening.rules.pack import shipped_pack
from stopline.stores.model_files import shipped_message_model
from stopline.stores.store import Store
from tests.factories import make_office, make_store, signer

CARRIER = Actor(kind=ActorKind.INSTITUTION, id="C1", session="C1", purpose="door")


@dataclass(slots=True)
class Screening:
    """A store, its clock and a desk with one engine."""

    store: Store
    clock: SetClock
    desk: ScreeningDesk

    def do(self, who: str, thing: str, name: str, record_id: str = "", /, **body: object) -> str:
        """Take an act as an officer in a session of its own; returns the id of what it made."""
        acts = {(act.thing, act.name): act for act in self.desk.acts()}
        hand = signer(who)
        with self.store.act(hand.actor) as ledger:
            return str(acts[thing, name].run(ledger, hand, record_id, body))

    def release(self, **body: object) -> str:
        """Draft, sign and put in force a release; returns its id."""
        release = self.do("rules-owner", "release", "new", "", title="test", **body)
        self.do("rules-reviewer", "release", "sign", release)
        self.do("rules-owner", "release", "full", release)
        return release

    def calls(self, **columns: Sequence[object]) -> Answers:
        """Screen calls, filling in what is not given."""
        count = len(next(iter(columns.values())))
        given: dict[str, Sequence[object]] = {
            "at": [self.clock.now()] * count,
            "calling": ["+8613800138000"] * count,
            "called": ["95588"] * count,
        }
        with self.store.act(CARRIER) as ledger:
            return self.desk.screen_calls(ledger, {**given, **columns}, "C1")

    def messages(self, texts: list[str], **columns: list[object]) -> Answers:
        """Screen messages."""
        with self.store.act(CARRIER) as ledger:
            return self.desk.screen_messages(ledger, {"text": list(texts), **columns}, "C1")

    def fact(self, kind: str, *, fact_id: str = "fact-1", **body: object) -> None:
        """Tell the desk a fact."""
        handlers = {
            "case.lines": self.desk.case_lines,
            "measure.in_force": self.desk.measure_in_force,
            "measure.lifted": self.desk.measure_ended,
            "appeal.granted": self.desk.appeal_granted,
        }
        with self.store.act(machine("screening")) as ledger:
            handlers[kind](ledger, Fact(id=fact_id, kind=kind, at=ledger.at, by="test", body=dict(body)))

    def later(self, span: timedelta) -> None:
        """Move the clock on and run what needs no hand."""
        self.clock.move_to(self.clock.now() + span)
        with self.store.act(machine("screening")) as ledger:
            self.desk.tick(ledger)


def make_screening(folder: Path, *, without: frozenset[str] = frozenset(), text: bool = False) -> Screening:
    """Return a desk on a fresh store; without `text` no text model is loaded."""
    store, clock = make_store(folder)
    live = Live(engine=Engine(capacity=1 << 12), model=shipped_message_model() if text else None)
    return Screening(store, clock, ScreeningDesk(make_office(), live, without=without))


def spoofed(count: int, *, calling: str = "02885551234") -> Mapping[str, Sequence[object]]:
    """Return calls from abroad under a national desk's number: the shipped pack blocks them."""
    return {"calling": [calling] * count, "trunk": ["intl-1"] * count}


def burst(start: datetime, count: int, *, calling: str = "+8617012345678") -> Mapping[str, Sequence[object]]:
    """Return a burst of calls to strangers of whom nobody answers."""
    return {
        "at": [start + timedelta(seconds=20 * row) for row in range(count)],
        "calling": [calling] * count,
        "called": [f"+861390{7_919 * row % 10_000_000:07d}" for row in range(count)],
        "ended_at": [start + timedelta(seconds=20 * row + 15) for row in range(count)],
    }


PACK = shipped_pack()
