"""A small centre for tests of desks: a real ledger on SQLite, a clock that is set, seeded ids, officers by login."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import select, update

from stopline import cases, dissuasion, funds
from stopline.kernel.actors import Actor, machine
from stopline.kernel.clock import SetClock, instant
from stopline.kernel.facts import Fact
from stopline.kernel.ids import Ids
from stopline.law.acts import Act, parse_body
from stopline.law.authorization import Override
from stopline.law.deadlines import Calendar
from stopline.law.office import Office
from stopline.law.organisation import Institution, InstitutionKind, Officer, Power, Signer, Unit
from stopline.law.register import Level, Register
from stopline.stores.ledger import SqlLedger
from stopline.stores.store import Store, open_store
from stopline.stores.tables import FACT, mapper

START = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
for _kind in (*cases.RECORDS, *dissuasion.RECORDS, *funds.RECORDS):
    mapper(_kind)  # a table is made for every record that is known when the store opens

# login: powers, level, area
OFFICERS: dict[str, tuple[tuple[Power, ...], Level, str]] = {
    "duty1": ((Power.DUTY, Power.REVIEW), Level.NATION, ""),
    "duty2": ((Power.DUTY, Power.REVIEW), Level.NATION, ""),
    "legal1": ((Power.OVERRIDE,), Level.NATION, ""),
    "analyst1": ((Power.ANALYSE, Power.DRAFT), Level.NATION, ""),
    "reviewer1": ((Power.REVIEW,), Level.NATION, ""),
    "head-nation": ((Power.APPROVE, Power.REVIEW), Level.NATION, ""),
    "executor1": ((Power.EXECUTE,), Level.NATION, ""),
    "investigator1": ((Power.INVESTIGATE,), Level.NATION, ""),
    "investigator2": ((Power.INVESTIGATE,), Level.NATION, ""),
    "lead-dissuasion": ((Power.DISSUADE,), Level.NATION, ""),
    "station-010101": ((Power.DISSUADE,), Level.STATION, "010101"),
    "station-010102": ((Power.DISSUADE,), Level.STATION, "010102"),
    "editor1": ((Power.EDIT_LESSONS,), Level.NATION, ""),
    "editor2": ((Power.EDIT_LESSONS,), Level.NATION, ""),
}


class Desk(Protocol):
    """What every desk offers."""

    def acts(self) -> tuple[Act, ...]: ...

    def tick(self, ledger: Any) -> None: ...


Reaction = Callable[[Any, Fact], None]


@dataclass(slots=True)
class Centre:
    """One store with its clock; `facts` hands over what was published and not taken yet."""

    store: Store
    clock: SetClock
    office: Office
    sessions: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def as_(self, who: str = "") -> Iterator[SqlLedger]:
        """Open a transaction as an officer, or as the machine."""
        actor: Actor = self.signer(who).actor if who else machine("test")
        with self.store.act(actor) as ledger:
            yield ledger

    def signer(self, login: str) -> Signer:
        powers, level, area = OFFICERS[login]
        officer = Officer(
            id=login,
            name=login,
            unit_id="national",
            level=int(level),
            area=area,
            powers=tuple(power.value for power in powers),
            from_at=START - timedelta(days=400),
            login=login,
        )
        return Signer(officer=officer, session=self.sessions.get(login, f"session of {login}"))

    def act(self, desk: Desk, who: str, thing: str, name: str, record_id: str, **body: object) -> Any:
        """Run one act of a desk as an officer, with its body read as a door reads it."""
        act = next(one for one in desk.acts() if (one.thing, one.name) == (thing, name))
        with self.as_(who) as ledger:
            return act.run(ledger, self.signer(who), record_id, parse_body(act, body))

    def facts(self) -> list[Fact]:
        """Take the facts that were published since the last time."""
        with self.store.engine.begin() as connection:
            query = select(FACT).where(FACT.c.pending).order_by(FACT.c.ordinal)
            rows = list(connection.execute(query).mappings())
            connection.execute(update(FACT).values(pending=False))
        import msgspec  # noqa: PLC0415 - only the outbox of a test reads facts by hand

        return [
            Fact(
                id=row["id"],
                kind=row["kind"],
                at=instant(row["at"]),
                by=row["by"],
                body=msgspec.json.decode(row["body"]),
            )
            for row in rows
        ]

    def deliver(self, table: Mapping[str, Iterable[Reaction]], *, times: int = 1) -> list[Fact]:
        """Deliver facts until none is left, each `times` times to each of its reactions."""
        seen = []
        while found := self.facts():
            seen += found
            for fact in found:
                for reaction in table.get(fact.kind, ()):
                    for _time in range(times):
                        with self.as_() as ledger:
                            reaction(ledger, fact)
        return seen

    def later(self, **span: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**span))

    def sign(self, measure_id: str, *points: str) -> None:
        """Take an urgent stop through its one signature."""
        with self.as_("duty1") as ledger:
            self.office.sign(ledger, self.signer("duty1"), measure_id, points=points)


def open_centre(folder: Path, *, seed: int = 7) -> Centre:
    """Open a centre in a fresh folder, with its units, institutions and a standing override for stops."""
    chance = random.Random(seed)
    clock = SetClock(START)
    store = open_store("", folder, clock=clock, ids=Ids(chance.randbytes))
    centre = Centre(store, clock, Office(Register.shipped(), Calendar.shipped("CN")))
    with centre.as_() as ledger:
        ledger.save(
            Unit(id="national", name_zh="国家中心", name_en="National centre", level=5, area=""),
            act="unit",
        )
        for code, kind in (
            ("C1", InstitutionKind.CARRIER),
            ("C2", InstitutionKind.CARRIER),
            ("B1", InstitutionKind.BANK),
            ("B2", InstitutionKind.BANK),
        ):
            institution = Institution(id=code, kind=kind, code=code, name_zh=code, name_en=code)
            ledger.save(institution, act="institution")
        entry = centre.office.register.entry("CN.86.stop")
        override = Override(
            id=ledger.new_id(),
            entry_id=entry.id,
            entry_version=str(entry.version),
            reason="the notice was read at the ministry",
            first_by="legal1",
            first_session="a",
            made_at=START,
            second_by="legal2",
            from_at=START,
            to_at=START + timedelta(days=365),
        )
        ledger.save(override, act="override")
    return centre
