"""The one place where tests make a centre's parts: a store, an office, officers, drafts, measures in any state."""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import settings

from stopline.kernel.actors import Actor, machine
from stopline.kernel.clock import SetClock
from stopline.kernel.ids import Ids
from stopline.law.appeal_desk import AppealDesk
from stopline.law.deadlines import Calendar
from stopline.law.measure import Ground, Measure, Subject
from stopline.law.measure_desk import MeasureDesk
from stopline.law.office import Draft, Office
from stopline.law.organisation import Officer, Power, Signer, Unit
from stopline.law.register import Entry, Level, MeasureKind, Register, SubjectKind
from stopline.stores.ledger import SqlLedger
from stopline.stores.store import Store, open_store

MORNING = datetime(2026, 3, 10, 0, 0, tzinfo=UTC)
COUNTY = "010101"
REGISTER = Register.shipped()
MEASURES = REGISTER.measures()
SUBJECTS = tuple(SubjectKind)
CUSTODIAL = frozenset({MeasureKind.TRANSFER_PERSON})
AREAS = {
    Level.NATION: "",
    Level.PROVINCE: "01",
    Level.PREFECTURE: "0101",
    Level.COUNTY: COUNTY,
    Level.STATION: COUNTY,
}


def make_store(folder: Path, *, url: str = "", at: datetime = MORNING, seed: int = 1) -> tuple[Store, SetClock]:
    """Open a store with a clock that stands and ids from a seed."""
    clock = SetClock(at)
    store = open_store(url, folder, clock=clock, ids=Ids(random.Random(seed).randbytes))
    with store.act(machine("start")) as ledger:
        for unit in units():
            if ledger.maybe(Unit, unit.id) is None:
                ledger.save(unit, act="unit.new")
    return store, clock


def make_office(register: Register = REGISTER) -> Office:
    """Return the office with the register that ships, or with another."""
    return Office(register, Calendar.shipped("CN"))


def examples(most: int) -> int:
    """Return how many examples a property looks at: `most`, or what the profile says when it looks for long."""
    usual = settings().max_examples
    return min(usual, most) if usual <= 100 else usual // 10


def units() -> list[Unit]:
    """Return a unit a level, each inside the one above it."""
    return [
        Unit(id=f"unit-{level.name.lower()}", name_zh=f"{level.name}机关", name_en=level.name, level=level, area=area)
        for level, area in AREAS.items()
    ]


def officer(
    name: str, level: Level = Level.NATION, *, area: str | None = None, powers: Sequence[Power] = tuple(Power)
) -> Officer:
    """Return an officer of a level; with no powers named it holds all of them."""
    return Officer(
        id=name,
        name=name,
        unit_id=f"unit-{level.name.lower()}",
        level=level,
        area=AREAS[level] if area is None else area,
        powers=tuple(power.value for power in powers),
        from_at=MORNING - timedelta(days=365),
    )


def signer(
    name: str,
    level: Level = Level.NATION,
    *,
    session: str = "",
    area: str | None = None,
    powers: Sequence[Power] = tuple(Power),
) -> Signer:
    """Return an officer in a session of its own."""
    return Signer(officer=officer(name, level, area=area, powers=powers), session=session or f"session-{name}")


def draft_for(entry: Entry, *, ref: str, area: str = COUNTY, amount_minor: int | None = 10_000) -> Draft:
    """Return a draft that meets everything its entry asks for."""
    grounds = [Ground(kind=fact, ref=f"evidence-{fact}-{ref}") for fact in entry.facts_required]
    return Draft(
        entry_id=entry.id,
        subject=Subject(
            kind=min(entry.subjects), ref=ref, label=f"label {ref}", holder="B1", area=area, person_ref="p1"
        ),
        reason="因案件需要 / needed for the case",
        grounds=grounds or [Ground(kind="report", ref="r1")],
        lesser_means="a warning was given and did not help",
        case_id="case-1",
        amount_minor=amount_minor,
        currency="CNY" if amount_minor is not None else None,
        facts_key=f"facts-{ref}",
    )


@dataclass(slots=True)
class World:
    """One store with its clock, office and desks; every step by a hand of its own unless another is named."""

    store: Store
    clock: SetClock
    office: Office
    verdicts: frozenset[str] = frozenset()

    @property
    def desk(self) -> MeasureDesk:
        return MeasureDesk(self.office)

    @property
    def appeals(self) -> AppealDesk:
        return AppealDesk(self.office, lambda _ledger, ref: frozenset({"signer"}) if ref in self.verdicts else None)

    @contextmanager
    def act(self, actor: Actor | None = None) -> Iterator[SqlLedger]:
        """Open a transaction as somebody, or as the machine."""
        with self.store.act(actor or machine("test")) as ledger:
            yield ledger

    def measure(self, measure_id: str) -> Measure:
        """Return a measure as it stands."""
        with self.store.read(machine("test")) as ledger:
            return ledger.get(Measure, measure_id)

    def later(self, span: timedelta) -> None:
        """Move the clock on and run what needs no hand."""
        self.clock.move_to(self.clock.now() + span)
        self.tick()

    def tick(self) -> None:
        """Run the clocks of measures and appeals, as the centre does each minute."""
        with self.act() as ledger:
            self.desk.tick(ledger)
            self.appeals.tick(ledger)

    def draft(self, entry: Entry, ref: str, *, by: Signer | None = None, draft: Draft | None = None) -> str:
        """Draft a measure as an officer and return its id."""
        hand = by or signer(f"drafter-{ref}")
        with self.act(hand.actor) as ledger:
            return self.office.draft(ledger, draft or draft_for(entry, ref=ref)).id

    def review(self, measure_id: str, *, by: Signer) -> None:
        with self.act(by.actor) as ledger:
            self.office.review(ledger, by, measure_id)

    def override(self, measure_id: str, *, by: Signer) -> None:
        with self.act(by.actor) as ledger:
            self.office.override(ledger, by, measure_id, reason="counsel compared the original")

    def approve(self, measure_id: str, *, by: Signer) -> None:
        with self.act(by.actor) as ledger:
            self.office.approve(ledger, by, measure_id)

    def cosign(self, measure_id: str, *, by: Signer) -> None:
        with self.act(by.actor) as ledger:
            self.office.cosign(ledger, by, measure_id)

    def activate(
        self, measure_id: str, *, by: Signer, points: Sequence[str] = ("B1",), until: datetime | None = None
    ) -> None:
        """Activate with the event that the register counts from, where it names one: yesterday."""
        entry = self.entry(measure_id)
        event = entry.runs_from or ""
        happened = self.clock.now() - timedelta(days=1) if event and not event.endswith("_confirmed") else None
        with self.act(by.actor) as ledger:
            self.office.activate(ledger, by, measure_id, points=points, until=until, runs_from_at=happened)

    def entry(self, measure_id: str) -> Entry:
        """Return the register entry that a measure stands under."""
        measure = self.measure(measure_id)
        return self.office.register.entry(measure.entry_id, measure.entry_version)

    def approved(self, entry: Entry, ref: str, *, draft: Draft | None = None) -> str:
        """Take a measure to where only its activation is left and return its id."""
        measure_id = self.draft(entry, ref, draft=draft)
        self.review(measure_id, by=signer(f"reviewer-{ref}"))
        if entry.needs_override:
            self.override(measure_id, by=signer(f"counsel-{ref}"))
        self.approve(measure_id, by=signer(f"approver-{ref}"))
        if entry.executors > 1:
            self.cosign(measure_id, by=signer(f"second-{ref}"))
        return measure_id

    def impose(self, entry: Entry, ref: str, *, points: Sequence[str] = ("B1",), draft: Draft | None = None) -> str:
        """Take a measure the whole lawful way into force and return its id."""
        measure_id = self.approved(entry, ref, draft=draft)
        self.activate(measure_id, by=signer(f"executor-{ref}"), points=points)
        return measure_id


@contextmanager
def world(*, register: Register = REGISTER, seed: int = 1) -> Iterator[World]:
    """Open a world on a store of its own, in memory where the machine has a place for files in memory."""
    with tempfile.TemporaryDirectory(dir=_in_memory(), prefix="stopline-test-") as folder:
        shutil.copytree(_template(), folder, dirs_exist_ok=True)
        clock = SetClock(MORNING)
        store = open_store("", Path(folder), clock=clock, ids=Ids(random.Random(seed + 1).randbytes))
        try:
            yield World(store, clock, make_office(register))
        finally:
            store.close()


def _in_memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@cache
def _template() -> Path:
    """Make a store once a process; every world starts from a copy of it."""
    folder = Path(tempfile.mkdtemp(dir=_in_memory(), prefix="stopline-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store, _clock = make_store(folder)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return folder


def with_entry(entry: Entry, **changes: object) -> tuple[Register, Entry]:
    """Return the register with one entry changed, and that entry."""
    changed = replace(entry, **changes)  # type: ignore[arg-type]  # the test names fields of Entry
    others = [one for one in REGISTER.entries if one.reference != entry.reference]
    return Register([*others, changed], REGISTER.statutes), changed
