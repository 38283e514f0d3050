"""The composition root: builds the centre, and holds the one table of which fact wakes whom."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from fastapi import FastAPI

from stopline.alliance.desk import AllianceDesk
from stopline.borders.desk import BorderDesk
from stopline.bulletin.desk import BulletinDesk
from stopline.cases.desk import CasesDesk
from stopline.console.accounts import Accounts, SessionTerms
from stopline.console.centre import Degraded, Hint, SiteParts, Traffic
from stopline.console.desks import Desks
from stopline.console.site import mount_site
from stopline.console.web import make_api
from stopline.dissuasion.desk import DissuasionDesk
from stopline.funds.desk import FundsDesk
from stopline.kernel.actors import machine
from stopline.kernel.clock import Clock
from stopline.kernel.ids import Ids
from stopline.kernel.ledger import Ledger
from stopline.law.acts import Act
from stopline.law.appeal_desk import AppealDesk
from stopline.law.deadlines import Calendar
from stopline.law.measure_desk import MeasureDesk
from stopline.law.office import Office
from stopline.law.read_desk import ReadDesk
from stopline.law.register import Register
from stopline.screening.desk import Live, ScreeningDesk
from stopline.screening.records import ScreeningHour
from stopline.settings import Settings
from stopline.stores.backtest.jobs import BackTests
from stopline.stores.counter_journal import open_counters
from stopline.stores.figures import draw
from stopline.stores.keys import secret_bytes
from stopline.stores.lake import Lake
from stopline.stores.outbox import Handler, Outbox
from stopline.stores.records import MAPPERS
from stopline.stores.screening_state import Snapshots, open_live
from stopline.stores.store import Store, open_store
from stopline.syndicates.desk import SyndicateDesk

ANSWERS_KEPT = timedelta(days=1)
"""How long a request may be repeated under its Idempotency-Key."""


def choreography(
    desks: Desks, measures: MeasureDesk, without: frozenset[str] = frozenset()
) -> dict[str, list[tuple[str, Handler]]]:
    """Return which fact wakes whom: the whole centre on one screen."""
    d = desks
    law, any_part = measures, "law"
    table: dict[str, list[tuple[str, str, Handler]]] = {
        # fact: [(part, handler's name, handler)]; a part that is left out is not woken
        "report.received": [
            ("cases", "cases.link", d.cases.link_report),
            ("funds", "funds.trace", d.funds.trace_report),
            ("dissuasion", "dissuasion.protect", d.dissuasion.protect),
            ("operations", "syndicates.sight", d.syndicates.report_received),
        ],
        "report.refused": [("funds", "funds.let_go", d.funds.ground_fell)],
        "case.opened": [("funds", "funds.case", d.funds.case_opened)],
        "case.lines": [
            (any_part, "screening.case_lines", d.screening.case_lines),
            ("dissuasion", "dissuasion.confirm", d.dissuasion.lines_confirmed),
        ],
        "case.closed": [(any_part, "law.case_closed", law.case_closed), ("funds", "funds.let_go", d.funds.ground_fell)],
        "series.joined": [
            ("dissuasion", "dissuasion.confirm", d.dissuasion.lines_confirmed),
            ("operations", "syndicates.draw", d.syndicates.series_joined),
        ],
        "trace.extended": [
            ("cases", "cases.money_path", d.cases.money_path),
            ("operations", "syndicates.follow_money", d.syndicates.trace_extended),
        ],
        "device.suspected": [
            ("operations", "syndicates.device", d.syndicates.device_suspected),
            ("dissuasion", "dissuasion.confirm", d.dissuasion.lines_confirmed),
        ],
        "payment_channel.suspected": [("operations", "syndicates.channel", d.syndicates.channel_suspected)],
        "suspect.identified": [("borders", "borders.prepare", d.borders.suspect_identified)],
        "organiser.corroborated": [("organisers", "alliance.ask", d.alliance.organiser_corroborated)],
        "person.caught": [("wanted", "wanted.caught", d.syndicates.person_caught)],
        "notification.made": [(any_part, "dissuasion.tell", d.dissuasion.notification_made)],
        "notification.due": [(any_part, "dissuasion.tell", d.dissuasion.notification_made)],
        "enforcement.answered": [
            ("funds", "funds.count", d.funds.enforcement_answered),
            ("operations", "operations.count", d.syndicates.enforcement_answered),
        ],
        **measure_facts(desks),
        "appeal.granted": [
            (any_part, "screening.snooze", d.screening.appeal_granted),
            ("alliance", "alliance.recall", d.alliance.appeal_granted),
        ],
    }
    return {
        fact: [(name, handler) for part, name, handler in woken if part not in without] for fact, woken in table.items()
    }


def measure_facts(desks: Desks) -> dict[str, list[tuple[str, str, Handler]]]:
    """Return whom the steps of a measure wake."""
    d, any_part = desks, "law"
    follow: list[tuple[str, str, Handler]] = [
        ("funds", "funds.follow", d.funds.measure_moved),
        ("wanted", "wanted.follow", d.syndicates.measure_changed),
        ("borders", "borders.follow", d.borders.measure_changed),
        ("alliance", "alliance.follow", d.alliance.measure_changed),
    ]
    ended = [*follow, (any_part, "screening.let_go", d.screening.measure_ended)]
    return {
        "measure.approved": follow,
        "measure.in_force": [*follow, (any_part, "screening.restrict", d.screening.measure_in_force)],
        "measure.renewed": [*follow, (any_part, "screening.renew", d.screening.measure_renewed)],
        "measure.resumed": [(any_part, "screening.restrict", d.screening.measure_in_force)],
        "measure.suspended": ended,
        "measure.lifted": ended,
        "measure.expired": ended,
        "measure.revoked": ended,
        "measure.withdrawn": follow,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCentre:
    """The centre, built: what the console, the doors and the clock work on."""

    settings: Settings
    store: Store
    clock: Clock
    office: Office
    outbox: Outbox
    accounts: Accounts
    desks: Desks
    measures: MeasureDesk
    acts: Sequence[Act]
    kinds: Mapping[str, type]
    without: frozenset[str]
    lake: Lake
    snapshots: Snapshots
    back_tests: BackTests

    def tick(self) -> None:
        """Run every timer once and deliver what is pending; each timer in a transaction of its own."""
        for name, timer in self._timers():
            with self.store.act(machine(name)) as ledger:
                timer(ledger)
        now = self.clock.now()
        self.lake.expire(now)
        self.store.forget_answers(machine("answers"), before=now - ANSWERS_KEPT)
        self.outbox.drain()
        self.snapshots.tick()
        self.back_tests.start()

    def close(self) -> None:
        """Keep the live state and close the stores; what a full disk does not take is raised once all is closed."""
        with contextlib.ExitStack() as last:
            last.callback(self.store.close)
            last.callback(self.lake.flush)
            last.callback(self.snapshots.save)
            self.back_tests.close()

    def _timers(self) -> list[tuple[str, Callable[[Ledger], None]]]:
        d = self.desks
        return [
            ("law.clock", self.measures.tick),
            ("law.appeals", d.appeals.tick),
            ("law.reads", d.reads.tick),
            ("screening.clock", d.screening.tick),
            ("funds.clock", d.funds.tick),
            ("dissuasion.clock", d.dissuasion.tick),
            ("cases.clock", d.cases.tick),
            ("syndicates.clock", d.syndicates.tick),
            ("borders.clock", d.borders.tick),
            ("alliance.clock", d.alliance.tick),
            ("bulletin.clock", d.bulletin.tick),
        ]


def build(
    settings: Settings,
    *,
    clock: Clock,
    ids: Ids | None = None,
    without: frozenset[str] = frozenset(),
    power_safe: bool = True,
    sketch_salt: Callable[[int], bytes] = os.urandom,
) -> RunningCentre:
    """Open the stores and put the desks together; raises what opening a store raises.

    `sketch_salt` decides which numbers share a place in screening's sketches: random, but in a day that must repeat.
    """
    ids = ids or Ids(os.urandom)
    store = open_store(settings.database, settings.folder, clock=clock, ids=ids, power_safe=power_safe)
    with contextlib.ExitStack() as undo:
        undo.callback(store.close)
        centre = put_together(settings, store, without, sketch_salt)
        with store.act(machine("start")) as ledger:
            centre.desks.screening.open(ledger)
            ledger.note(act="centre.start", subject_kind="register", subject_id=centre.office.register.digest)
        undo.pop_all()
    return centre


def put_together(
    settings: Settings, store: Store, without: frozenset[str], sketch_salt: Callable[[int], bytes] = os.urandom
) -> RunningCentre:
    """Return the centre on an open store."""
    office = Office(Register.shipped(), Calendar.shipped(settings.jurisdiction))
    key = secret_bytes(settings.folder / "keys" / "accounts.key", 32, os.urandom)
    live = open_live(settings.folder / "screening", random_bytes=sketch_salt)
    desks, measures = make_desks(settings, office, key, live, without=without), MeasureDesk(office)
    lake = Lake(settings.folder / "lake", random_bytes=os.urandom, days=settings.pseudonym_days)
    snapshots = Snapshots(
        live=live,
        folder=settings.folder / "screening",
        every_s=settings.snapshot_every_s,
        seconds=time.monotonic,
        counters=open_counters(settings.folder / "screening", random_bytes=os.urandom, seconds=time.monotonic),
    )
    return RunningCentre(
        settings=settings,
        store=store,
        clock=store.clock,
        office=office,
        outbox=Outbox(store, choreography(desks, measures, without)),
        accounts=Accounts(key),
        desks=desks,
        measures=measures,
        acts=acts_of(desks, measures, without),
        kinds={name: mapper.kind for name, mapper in MAPPERS.items()},
        without=without,
        lake=lake,
        snapshots=snapshots,
        back_tests=BackTests(
            store=store,
            lake=lake,
            live=live,
            entries=tuple(entry.id for entry in office.register.current()),
            turn=snapshots.turn,
        ),
    )


def make_desks(settings: Settings, office: Office, key: bytes, live: Live, *, without: frozenset[str]) -> Desks:
    """Return one desk a part of the mission."""
    screening = ScreeningDesk(office=office, live=live, without=without)
    pseudonym_key, reads_key = (
        hashlib.blake2b(key, digest_size=32, person=person).digest() for person in (b"pseudonyms", b"reads")
    )
    return Desks(
        screening=screening,
        funds=FundsDesk(office),
        dissuasion=DissuasionDesk(office, education="education" not in without),
        cases=CasesDesk(),
        syndicates=SyndicateDesk(office),
        borders=BorderDesk(office, pseudonym_key),
        alliance=AllianceDesk(office),
        bulletin=BulletinDesk(draw),
        appeals=AppealDesk(office, screening.verdict_chain),
        reads=ReadDesk(reads_key, one_in=settings.reads_per_sample),
    )


_ACTS_OF = {"appeal": "appeals", "lesson": "education", "series": "cases", "series_join": "cases", "notice": "wanted"}


def acts_of(desks: Desks, measures: MeasureDesk, without: frozenset[str]) -> tuple[Act, ...]:
    """Return everything that officers can do, less what belongs to a part that was left out."""
    d = desks
    owners = (
        measures,
        d.appeals,
        d.reads,
        d.screening,
        d.funds,
        d.dissuasion,
        d.cases,
        d.syndicates,
        d.borders,
        d.alliance,
        d.bulletin,
    )
    every = tuple(act for owner in owners for act in owner.acts())
    return tuple(act for act in every if _ACTS_OF.get(act.thing) not in without)


def web_of(
    centre: RunningCentre,
    *,
    hints: Sequence[Hint] = (),
    code_at: Callable[[], datetime] | None = None,
    terms: SessionTerms | None = None,
) -> FastAPI:
    """Return the web application of a centre: doors and pages; the rest is for visitors of a demonstration."""
    web = make_api(centre, version("stopline"))
    parts = SiteParts(
        seconds=time.monotonic,
        traffic=lambda: traffic_of(centre),
        degraded=lambda: degraded_of(centre),
        hints=hints,
        code_at=code_at,
        terms=terms,
    )
    mount_site(web, centre, parts)
    return web


def traffic_of(centre: RunningCentre) -> Traffic:
    """Return what was screened since the ledger began."""
    with centre.store.read(machine("overview")) as ledger:
        hours = ledger.find(ScreeningHour, limit=100_000)

    def total(channel: str, name: str) -> int:
        return sum(int(getattr(hour, name)) for hour in hours if hour.channel == channel)

    counts = {
        f"{channel}s{suffix}": total(channel, name)
        for channel in ("call", "message")
        for suffix, name in (
            ("", "screened_count"),
            ("_blocked", "block_count"),
            ("_held", "hold_count"),
            ("_flagged", "flag_count"),
        )
    }
    return Traffic(**counts)


def degraded_of(centre: RunningCentre) -> list[Degraded]:
    """Return what does not work as it should, for the top of every page."""
    found = []
    if not centre.clock.sure():
        found.append(
            Degraded(
                name="clock",
                zh="时钟不可信：只延续现有措施，不作新措施",
                en="The clock is unsure: nothing new is imposed",
            )
        )
    if centre.desks.screening.live.full is None:
        found.append(Degraded(name="release", zh="没有生效的规则版本", en="No release of rules is in force"))
    if centre.desks.screening.live.journal_fails:
        found.append(
            Degraded(
                name="journal",
                zh="拦截日志写入失败，已停止新的拦截",
                en="Verdicts could not be recorded; blocking is off",
            )
        )
    if centre.snapshots.fails:
        found.append(
            Degraded(
                name="snapshot",
                zh="筛查状态未能写入磁盘，若进程中断将丢失",
                en="What numbers did lately could not be written to disk; a killed process would forget it",
            )
        )
    parked = centre.outbox.parked()
    if parked:
        found.append(
            Degraded(name="outbox", zh=f"{len(parked)} 项通知未能处理", en=f"{len(parked)} deliveries are parked")
        )
    return found
