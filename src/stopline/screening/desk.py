"""The screening desk: the live engine behind the doors, its journal, its lists and what it is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import itemgetter

import numpy as np

from stopline.kernel.clock import instant
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.law.acts import Act
from stopline.law.measure import Measure
from stopline.law.office import Office
from stopline.law.register import MeasureKind
from stopline.screening.area import end_area_entries
from stopline.screening.columns import MISSING, CallBatch, Columns, Reject, read_calls, read_ends, read_messages
from stopline.screening.engine import Engine, Idle, Judged
from stopline.screening.entry_acts import entry_acts
from stopline.screening.identity.extract import Shown, shown
from stopline.screening.journal import Answers, explain, journal, not_recorded, wipe
from stopline.screening.records import (
    CalledVictim,
    EntryState,
    ListKind,
    NumberEntry,
    Release,
    ReleaseState,
    ReportedLine,
    Snooze,
    SnoozeState,
    StoppedText,
    Verdict,
)
from stopline.screening.release import LoadedRelease, load_release
from stopline.screening.release_acts import let_area_go, release_acts
from stopline.screening.reputation import PublicState, public_state
from stopline.screening.rules.features import Channel
from stopline.screening.rules.pack import AREA_ENTRY
from stopline.screening.snooze_acts import expire_snoozes, snooze_acts
from stopline.screening.text.model import MessageModel
from stopline.screening.trial_acts import trial_acts

_DAY = timedelta(days=1)
_MOST_SOURCES = 50
_SIM_BOX = "sim_box"
_STOPPED = 2
_ENOUGH_VERDICTS = 10
_ENOUGH_LINES = 3


@dataclass(slots=True)
class Watched:
    """A line that was blocked: since when, when last, how often, for what."""

    since: datetime
    newest: datetime
    typology: str
    blocks: int = 0


@dataclass(slots=True)
class Suspected:
    """A device that rules took for a SIM box: its lines, the references of its verdicts, when it was told."""

    newest: datetime
    lines: dict[str, None] = field(default_factory=dict)
    references: list[str] = field(default_factory=list)
    told: bool = False


@dataclass(slots=True)
class Live:
    """What the desk holds between calls: the engine, the releases in force, the lines to watch."""

    engine: Engine
    model: MessageModel | None = None
    full: LoadedRelease | None = None
    trial: LoadedRelease | None = None
    trial_percentage: int = 0
    loaded: tuple[str, ...] | None = None
    watch: dict[str, Watched] = field(default_factory=dict)
    devices: dict[str, Suspected] = field(default_factory=dict)
    journal_fails: int = 0

    @property
    def model_digest(self) -> str:
        """The SHA-256 of the text model, "" where none is loaded."""
        return self.model.version if self.model is not None else ""


@dataclass(frozen=True, slots=True)
class ScreeningDesk:
    """Screens calls and messages; one engine, owned by the application that made the desk."""

    office: Office
    live: Live
    without: frozenset[str] = frozenset()

    # ------------------------------------------------------------ doors

    def screen_calls(self, ledger: Ledger, columns: Columns, carrier: str) -> Answers:
        """Judge a batch of calls and write the journal; one answer a row, order kept.

        Raises BadField when a required column is missing. The journal is written in the ledger's
        transaction: when that fails nobody has been blocked yet, and `unrecorded` gives the answer.
        """
        return self.record(ledger, *self.judge_calls(columns), carrier=carrier)

    def screen_messages(self, ledger: Ledger, columns: Columns, carrier: str) -> Answers:
        """Judge a batch of messages and write the journal; one answer a row, order kept."""
        return self.record(ledger, *self.judge_messages(columns), carrier=carrier)

    def call_ends(self, columns: Columns) -> list[Reject]:
        """Take the outcomes of earlier attempts into account; nothing of them is kept."""
        batch, rejects = read_ends(columns)
        if len(batch):
            self.live.engine.call_outcomes(batch)
        return rejects

    def judge(self, channel: Channel, columns: Columns) -> tuple[Judged, list[Reject]]:
        """Judge rows of a channel without writing anything; raises BadField for a missing column."""
        match channel:
            case Channel.CALL:
                return self.judge_calls(columns)
            case Channel.MESSAGE:
                return self.judge_messages(columns)

    def judge_calls(self, columns: Columns) -> tuple[Judged, list[Reject]]:
        """Judge calls without writing anything."""
        batch, rejects = read_calls(columns)
        return self._judge_calls(batch), rejects

    def judge_messages(self, columns: Columns) -> tuple[Judged, list[Reject]]:
        """Judge messages without writing anything."""
        batch, rejects = read_messages(columns)
        live = self.live
        scores = live.model.screen(batch.text) if live.model is not None else None
        found = live.engine.message_features(batch, scores)
        judged = Judged(
            channel=Channel.MESSAGE,
            rows=batch.rows,
            at_us=batch.at_us,
            codes=found.sender,
            numbers=batch.sender,
            table=found.table,
            decisions=Idle.decisions(len(batch)),
            release=live.full,
            texts=batch.text,
            templates=found.templates,
            scores=scores,
            grown=found.grown,
        )
        return self._decide(judged), rejects

    def record(self, ledger: Ledger, judged: Judged, rejects: Sequence[Reject], *, carrier: str) -> Answers:
        """Write the verdicts other than PASS and the counts; returns the answers with their references."""
        answers = journal(ledger, judged, rejects, carrier=carrier)
        self._watch(judged, ledger.at)
        if judged.channel is Channel.CALL:
            self._devices(ledger, judged, answers, carrier)
        return answers

    def unrecorded(self, judged: Judged, rejects: Sequence[Reject]) -> Answers:
        """Return the answers when the journal could not be written: nothing new is stopped, and it is counted."""
        self.live.journal_fails += 1
        return not_recorded(judged, rejects)

    def watch_lines(self, ledger: Ledger) -> list[dict[str, object]]:
        """Return lines blocked often enough within a day: carriers refer whom they reached (ATF art. 26)."""
        settings = self.live.full.settings if self.live.full is not None else None
        enough = settings.watch_blocks if settings is not None else 1
        since = ledger.at - _DAY
        found = [
            (line, watched)
            for line, watched in self.live.watch.items()
            if watched.blocks >= enough and watched.newest > since
        ]
        return [
            {"line": line, "since": watched.since.isoformat(), "typology": watched.typology}
            for line, watched in sorted(found, key=itemgetter(0))
        ]

    def explain(self, ledger: Ledger, reference: str) -> dict[str, object]:
        """Reproduce a verdict from what was kept; raises NotFound, and ReleaseInvalid when it differs."""
        return explain(ledger, reference, model_digest=self.live.model_digest)

    def extracted(self, ledger: Ledger, reference: str) -> Shown | None:
        """Return what a stopped text names and asks for, while the text is kept; for those who may read it."""
        text = ledger.maybe(StoppedText, reference)
        if text is None or text.expired or text.expires_at <= ledger.at:
            return None
        return shown(text.text, self.live.engine.lists.senders.book)

    def public_state(self, ledger: Ledger, number: str) -> PublicState:
        """Return what the public is told of a normalised number."""
        return public_state(ledger, number)

    def public_view(self, ledger: Ledger, reference: str) -> dict[str, object] | None:
        """Return what the person concerned may see of a verdict: reason, basis, remedy, state; no other party."""
        verdict = ledger.maybe(Verdict, reference)
        if verdict is None:
            return None
        entries = []
        for reason in verdict.reasons:
            entry = self.office.register.entry(reason.entry)
            law = f"{entry.law} {entry.article}"
            entries.append(
                {
                    "reason": {"zh": reason.zh, "en": reason.en},
                    "basis": {"zh": f"{entry.title.zh}（{law}）", "en": f"{entry.title.en} ({law})"},
                    "remedy": {"zh": entry.remedy.zh, "en": entry.remedy.en},
                }
            )
        return {
            "reference": verdict.id,
            "kind": verdict.channel,
            "verdict": verdict.verdict.value,
            "at": verdict.at.isoformat(),
            "expires_at": verdict.expires_at.isoformat(),
            "reasons": entries,
            "snoozed": bool(ledger.find(Snooze, verdict_id=verdict.id, state=SnoozeState.ACTIVE.value, limit=1)),
        }

    def verdict_chain(self, ledger: Ledger, reference: str) -> frozenset[str] | None:
        """Return who signed what a verdict stands under, for whoever decides an appeal; None when unknown."""
        verdict = ledger.maybe(Verdict, reference)
        if verdict is None:
            return None
        release = ledger.maybe(Release, verdict.release_id)
        hands = (release.created_by, release.signed_by, release.staged_by) if release is not None else ()
        return frozenset(hand for hand in hands if hand)

    # ------------------------------------------------------------ life

    def open(self, ledger: Ledger) -> None:
        """Load the releases in force, the lists, and the lines to watch; an invalid release raises ReleaseInvalid."""
        self.reload(ledger)
        since = ledger.at - _DAY
        blocked = ledger.find(Verdict, channel="call", verdict="BLOCK", since=("at", since), limit=50_000)
        for verdict in blocked:
            self._see(verdict.number, verdict.at, verdict.typology)

    def reload(self, ledger: Ledger) -> None:
        """Take releases and lists over from the ledger."""
        self.reload_releases(ledger)
        self.live.engine.lists.rebuild(
            ledger.find(NumberEntry, state=EntryState.SIGNED.value, since=("expires_at", ledger.at), limit=1_000_000),
            ledger.find(Snooze, state=SnoozeState.ACTIVE.value, since=("expires_at", ledger.at), limit=100_000),
            ledger.find(ReportedLine, since=("expires_at", ledger.at), limit=1_000_000),
            ledger.find(CalledVictim, expired=False, since=("expires_at", ledger.at), limit=1_000_000),
        )

    def reload_releases(self, ledger: Ledger) -> None:
        """Take releases over and leave lists alone: a release loads whole, or what was in force stays."""
        states = (ReleaseState.FULL.value, ReleaseState.PERCENTAGE.value, ReleaseState.SHADOW.value)
        releases = ledger.find(Release, state=states)
        mark = tuple(f"{release.id}:{release.state.value}:{release.percentage}" for release in releases)
        if mark != self.live.loaded:
            self._take(releases)
            self.live.loaded = mark

    def tick(self, ledger: Ledger) -> None:
        """Let what has lapsed go: list entries, kept texts, features of old verdicts, lines to watch."""
        changed = expire_snoozes(ledger)
        for entry in ledger.find(NumberEntry, before=("expires_at", ledger.at), state=EntryState.SIGNED.value):
            ledger.save(replace(entry, state=EntryState.EXPIRED, ended_at=ledger.at), act="number_entry.expire")
            changed = True
        wipe(ledger)
        if changed:
            self.reload(ledger)
        since = ledger.at - _DAY
        self.live.watch = {line: seen for line, seen in self.live.watch.items() if seen.newest > since}
        self.live.devices = {name: seen for name, seen in self.live.devices.items() if seen.newest > since}

    def acts(self) -> tuple[Act, ...]:
        """Return what officers can do with releases and list entries."""
        entries = tuple(entry.id for entry in self.office.register.current())
        return (
            *release_acts(self.live.model_digest, entries, self.reload_releases),
            *entry_acts(self.reload),
            *snooze_acts(self.reload),
            *trial_acts(entries),
        )

    # ------------------------------------------------------------ what it is told

    def case_lines(self, ledger: Ledger, fact: Fact) -> None:
        """Count the lines that victims named, and remember whom these called; evidence for rules, never a block."""
        lines = fact.body.get("lines", [])
        if not isinstance(lines, list | tuple):
            return
        days = self.live.full.settings.report_days if self.live.full is not None else 30
        called = str(fact.body.get("called") or "")
        if called and lines:
            number, until = self.live.engine.normalised(called), fact.at + timedelta(days=days)
            victim = CalledVictim(id=fact.text("case_id"), number=number, expires_at=until)
            ledger.save(victim, act="called_victim.note")
            self.live.engine.lists.victim(victim)
        for raw in dict.fromkeys(str(line) for line in lines):
            if not raw.strip():
                continue
            number = self.live.engine.normalised(raw)
            known = ledger.maybe(ReportedLine, number)
            if known is not None and fact.id in known.sources:
                continue
            line = ReportedLine(
                id=number,
                typology=str(fact.body.get("typology") or (known.typology if known is not None else "")),
                reports_count=(known.reports_count if known is not None else 0) + 1,
                first_at=known.first_at if known is not None else fact.at,
                newest_at=fact.at,
                expires_at=fact.at + timedelta(days=days),
                sources=((known.sources if known is not None else ()) + (fact.id,))[-_MOST_SOURCES:],
            )
            ledger.save(line, act="reported_line.count")
            self.live.engine.lists.report(line)

    def measure_in_force(self, ledger: Ledger, fact: Fact) -> None:
        """Block a line while a measure restricts it."""
        measure = ledger.get(Measure, fact.text("measure_id"))
        if measure.kind is not MeasureKind.RESTRICT_LINE or not measure.binding or measure.expires_at is None:
            return
        if ledger.find(NumberEntry, measure_id=measure.id, state=EntryState.SIGNED.value, limit=1):
            return
        entry = NumberEntry(
            id=ledger.new_id(),
            list_kind=ListKind.BLOCK,
            number=self.live.engine.normalised(measure.subject_ref),
            prefix=False,
            typology="measure",
            reason=measure.reason,
            owner=measure.drafted_by,
            owner_session=measure.drafted_session,
            state=EntryState.SIGNED,
            created_at=ledger.at,
            expires_at=measure.expires_at,
            signed_by=measure.approved_by,
            signed_at=ledger.at,
            measure_id=measure.id,
        )
        ledger.save(entry, act="number_entry.follow_measure", reason=measure.id)
        self.live.engine.lists.put(entry)

    def measure_renewed(self, ledger: Ledger, fact: Fact) -> None:
        """Carry the new end of a renewed measure over to its list entry."""
        measure = ledger.get(Measure, fact.text("measure_id"))
        for entry in ledger.find(NumberEntry, measure_id=measure.id, state=EntryState.SIGNED.value):
            if measure.expires_at is not None and entry.expires_at != measure.expires_at:
                ledger.save(replace(entry, expires_at=measure.expires_at), act="number_entry.follow_measure")
                self.reload(ledger)

    def measure_ended(self, ledger: Ledger, fact: Fact) -> None:
        """Let the line go at once when its measure was lifted, revoked, suspended or has expired."""
        for entry in ledger.find(NumberEntry, measure_id=fact.text("measure_id"), state=EntryState.SIGNED.value):
            after = replace(entry, state=EntryState.REMOVED, ended_at=ledger.at, ended_why=fact.kind)
            ledger.save(after, act="number_entry.follow_measure", reason=fact.kind)
            self.live.watch.pop(entry.number, None)
            self.reload(ledger)
        measure = ledger.maybe(Measure, fact.text("measure_id"))
        if measure is not None and measure.entry_id == AREA_ENTRY:
            ended = end_area_entries(ledger, measure.id, why=fact.kind)
            if let_area_go(ledger) or ended:
                self.reload(ledger)

    def appeal_granted(self, ledger: Ledger, fact: Fact) -> None:
        """Release the person whose appeal against a verdict was upheld: the same rules do not stop them again."""
        verdict = ledger.maybe(Verdict, fact.text("target_id")) if fact.body.get("target") == "verdict" else None
        if verdict is None or ledger.find(Snooze, appeal_id=fact.text("appeal_id"), limit=1):
            return
        days = self.live.full.settings.snooze_days if self.live.full is not None else 30
        rules = self.live.full.pack.of(Channel(verdict.channel)) if self.live.full is not None else ()
        conduct = tuple(rule.id for rule in rules if "listed_block" not in rule.condition.columns)
        snooze = Snooze(
            id=ledger.new_id(),
            number=verdict.number,
            rules=tuple(dict.fromkeys((*verdict.rules, *conduct))),
            verdict_id=verdict.id,
            appeal_id=fact.text("appeal_id"),
            from_at=ledger.at,
            expires_at=ledger.at + timedelta(days=days),
            release_id=verdict.release_id,
        )
        ledger.save(snooze, act="snooze.grant", reason=f"appeal {snooze.appeal_id} was upheld")
        ledger.publish("verdict.released", verdict_id=verdict.id, appeal_id=snooze.appeal_id)
        self.live.engine.lists.snooze(snooze)
        self.live.watch.pop(verdict.number, None)

    # ------------------------------------------------------------ below: the parts

    def _judge_calls(self, batch: CallBatch) -> Judged:
        table, codes = self.live.engine.call_features(batch)
        judged = Judged(
            channel=Channel.CALL,
            rows=batch.rows,
            at_us=batch.at_us,
            codes=codes,
            numbers=batch.calling,
            table=table,
            decisions=Idle.decisions(len(batch)),
            release=self.live.full,
            texts=[],
            templates=np.zeros(0, dtype=np.int64),
            devices=batch.device,
        )
        judged = self._decide(judged)
        self.live.engine.call_stops(batch, np.flatnonzero(judged.verdict >= _STOPPED))
        return judged

    def _decide(self, judged: Judged) -> Judged:
        live, part = self.live, "calls" if judged.channel is Channel.CALL else "messages"
        if part in self.without or not len(judged):
            nothing = replace(Idle.decisions(len(judged)), undecided=np.zeros(len(judged), dtype=np.bool_))
            return replace(judged, decisions=nothing)
        ready = judged.channel is Channel.CALL or live.model is not None
        muted = live.engine.lists.snoozed(judged.codes, judged.at_us)
        if live.full is not None:
            decisions = live.full.decide(judged.channel, judged.table, muted=muted, judged=ready)
            judged = replace(judged, decisions=decisions, muted=muted)
        if live.trial is None:
            return judged
        trial = live.trial.decide(judged.channel, judged.table, muted=muted, judged=ready)
        chosen = (judged.codes >> 5) * 2_654_435_761 % 100 < live.trial_percentage
        return replace(judged, trial=trial, trial_release=live.trial, by_trial=chosen, muted=muted)

    def _take(self, releases: Sequence[Release]) -> None:
        entries: Collection[str] = [entry.id for entry in self.office.register.current()]
        full, trial, percentage = None, None, 0
        for release in releases:
            loaded = load_release(release, model_digest=self.live.model_digest, entries=entries)
            if release.state is ReleaseState.FULL:
                full = loaded
            else:
                trial, percentage = loaded, release.percentage
        self.live.full, self.live.trial, self.live.trial_percentage = full, trial, percentage

    def _watch(self, judged: Judged, at: datetime) -> None:
        """Remember lines and senders whose traffic was blocked: whom they reached before may be at risk."""
        for row in np.flatnonzero(judged.verdict == 3).tolist():
            release, decisions = judged.answer(row)
            rules = release.reasons(judged.channel, decisions.hits[row]) if release is not None else ()
            named = judged.table["calling"].values[row] if judged.channel is Channel.CALL else judged.numbers[row]
            if not named:
                continue
            number = self.live.engine.normalised(str(named))
            seen = int(judged.at_us[row])
            self._see(number, at if seen == MISSING else instant(seen), rules[0].typology if rules else "")

    def _devices(self, ledger: Ledger, judged: Judged, answers: Answers, carrier: str) -> None:
        """Tell of a device once enough verdicts rest on it, with their references as evidence."""
        stopped = np.flatnonzero(judged.verdict >= 2).tolist()
        if not stopped:
            return
        references = dict(zip(answers.columns["row"], answers.columns["reference"], strict=True))
        for row in stopped:
            release, decisions = judged.answer(row)
            device = judged.devices[row]
            rules = release.reasons(judged.channel, decisions.hits[row]) if release is not None else ()
            if not device or all(rule.typology != _SIM_BOX for rule in rules):
                continue
            found = self.live.devices.setdefault(device, Suspected(ledger.at))
            found.newest = ledger.at
            found.lines[str(judged.table["calling"].values[row])] = None
            found.references.append(str(references[int(judged.rows[row]) + 1]))
            if not found.told and len(found.references) >= _ENOUGH_VERDICTS and len(found.lines) >= _ENOUGH_LINES:
                found.told = True
                ledger.publish(
                    "device.suspected",
                    device=device,
                    lines=sorted(found.lines),
                    carrier=carrier,
                    verdict_refs=found.references[-_MOST_SOURCES:],
                )

    def _see(self, number: str, at: datetime, typology: str) -> None:
        watched = self.live.watch.setdefault(number, Watched(at, at, typology))
        watched.newest = max(watched.newest, at)
        watched.blocks += 1
