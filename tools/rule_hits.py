"""Let the simulated nation live its day past the shipped rules, stopping nobody, and print each rule's hits.

    python tools/rule_hits.py --seeds 1 2 3 --subscribers 50000 > hits.md

Nobody is stopped, so that every rule sees the whole day of what it would have to judge. A report is known to the
rules from the minute it is made, and whoever made it counts among the victims of cases; couriers, hospitals, banks
and call centres are exempt as on the list that two officers sign. A hit is right when the call or message is fraud.
The table is docs/rules.md's; what the rules are and where they come from is printed beside it.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stopline.nation.conduct_texts import Sent
from stopline.nation.conducts import WOKEN_DAYS, Call, Conducts, plan_conducts
from stopline.nation.events import Filing
from stopline.nation.world import LOCAL, World
from stopline.screening.desk import ScreeningDesk
from stopline.screening.identity.registered import fingerprints
from stopline.screening.records import CalledVictim, EntryState, ListKind, NumberEntry, ReportedLine
from stopline.screening.rules.features import Channel
from stopline.screening.rules.pack import Pack, Rule, load_pack, shipped_pack
from stopline.stores.screen_files import file_desk

_STEP_MINUTES = 2
_EXEMPT = frozenset({"courier", "call_centre", "bank_desk", "hospital", "school", "debt_reminder"})
_DAYS = timedelta(days=30)


@dataclass(slots=True)
class Hits:
    """By rule: rows hit and those of them that are fraud; by channel all rows, fraud, and fraud that was stopped."""

    rows: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    lines: dict[str, set[str]] = field(default_factory=dict)
    undecided: Counter[str] = field(default_factory=Counter)
    whole: dict[Channel, Counter[str]] = field(default_factory=lambda: {channel: Counter() for channel in Channel})


def main() -> None:
    """Read the arguments, live the days, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--subscribers", type=int, default=50_000)
    given = parser.parse_args()
    hits, pack = Hits(), load_pack(shipped_pack(), source="shipped")
    for seed in given.seeds:
        live(seed, given.subscribers, hits)
    print(tables(hits, pack, f"{len(given.seeds)} day(s) of {given.subscribers:,} people"))


def live(seed: int, subscribers: int, hits: Hits) -> None:
    """Live one day from six o'clock to midnight."""
    begins = datetime(2026, 3, 10, 6, tzinfo=LOCAL)
    world, desk = World(seed, subscribers, begins), file_desk(None)
    midnight = begins.replace(hour=0)
    beside = Beside(plan_conducts(seed, world.people.numbers[:subscribers], begin_s=6 * 3600), midnight)
    exempt(desk, [*((line.line, line.kind) for line in world.registered_lines()),
                  *((line, "courier") for line in beside.plan.exempt)], begins)  # fmt: skip
    register(desk, world, begins)
    known: dict[str, ReportedLine] = {}
    for number in beside.plan.reported:
        name(desk, number, begins, known)
    beside.earlier(desk)
    at, ends = begins, begins + timedelta(hours=18)
    while at < ends:
        minute = world.step(at, minutes=_STEP_MINUTES)
        at += timedelta(minutes=_STEP_MINUTES)
        judge(desk, Channel.CALL, minute.calls.drop_columns(["carrier"]).to_pydict(), minute.calls_truth, hits)
        texts = minute.messages.drop_columns(["carrier"]).to_pydict()
        judge(desk, Channel.MESSAGE, texts, minute.messages_truth, hits)
        world.calls_verdict(np.zeros(minute.calls.num_rows, np.uint8))
        world.messages_verdict(np.zeros(minute.messages.num_rows, np.uint8))
        ended = world.ends()
        if ended.num_rows:
            desk.call_ends(ended.drop_columns(["carrier"]).to_pydict())
        beside.step(desk, (at - midnight).total_seconds(), hits)
        for filing in minute.reports:
            report(desk, filing, known)
            beside.plan.fell(str(filing.body["phone"]), (at - midnight).total_seconds())
        if at.minute == 0:
            print(f"seed {seed}, {at:%H:%M}: {hits.whole[Channel.CALL].total():,} calls", file=sys.stderr)


@dataclass(slots=True)
class Beside:
    """The rarer conduct, which the world does not hold, judged a step after it."""

    plan: Conducts
    midnight: datetime
    under_way: list[Call] = field(default_factory=list)

    def earlier(self, desk: ScreeningDesk) -> None:
        """Let the desk meet the cards that then lie idle."""
        for call in self.plan.before:
            desk.judge(Channel.CALL, self._columns([call]))
            desk.call_ends(self._ends([call]))
        desk.judge(Channel.MESSAGE, self._texts(self.plan.messages_before, self.midnight - timedelta(days=WOKEN_DAYS)))

    def step(self, desk: ScreeningDesk, until_s: float, hits: Hits) -> None:
        """Judge what was done by a second of the day, and tell which of its calls have ended."""
        calls = self.plan.take(until_s)
        for vouched in (False, True):  # a carrier vouches for its own calls, in batches of its own
            some = [call for call in calls if (call.identity is not None) is vouched]
            truth = np.array([call.fraud for call in some], dtype=np.int16)
            judge(desk, Channel.CALL, self._columns(some), truth, hits)
        self.under_way += calls
        ended = [call for call in self.under_way if _end_s(call) < until_s]
        self.under_way = [call for call in self.under_way if _end_s(call) >= until_s]
        if ended:
            desk.call_ends(self._ends(ended))
        sent = self.plan.take_messages(until_s)
        judge(
            desk,
            Channel.MESSAGE,
            self._texts(sent, self.midnight),
            np.array([one.fraud for one in sent], dtype=np.int16),
            hits,
        )

    def _columns(self, calls: list[Call]) -> dict[str, list[object]]:
        fields = ("calling", "called", "displayed", "trunk", "device", "cell", "identity")
        columns: dict[str, list[object]] = {name: [getattr(call, name) for call in calls] for name in fields}
        columns["displayed"] = [call.displayed or call.calling for call in calls]
        at = [self._at(call.at_s, call.days) for call in calls]
        return {"at": list(at), "origin_network": [call.network for call in calls], **columns}

    @staticmethod
    def _texts(sent: list[Sent], midnight: datetime) -> dict[str, list[object]]:
        return {
            "at": [midnight + timedelta(seconds=one.at_s) for one in sent],
            "sender": [one.sender for one in sent],
            "recipient": [one.recipient for one in sent],
            "text": [one.text for one in sent],
        }

    def _ends(self, calls: list[Call]) -> dict[str, list[object]]:
        answered = [self._at(call.at_s + call.ring_s, call.days) if call.talk_s else None for call in calls]
        return {
            "at": [self._at(call.at_s, call.days) for call in calls],
            "calling": [call.calling for call in calls],
            "called": [call.called for call in calls],
            "answered_at": list(answered),
            "ended_at": [self._at(_end_s(call), call.days) for call in calls],
            "cause": ["answered" if call.talk_s else "no_answer" for call in calls],
        }

    def _at(self, second: float, days: int = 0) -> datetime:
        return self.midnight + timedelta(days=-days, seconds=second)


def _end_s(call: Call) -> float:
    return call.at_s + call.ring_s + call.talk_s


def exempt(desk: ScreeningDesk, lines: list[tuple[str, str]], at: datetime) -> None:
    """Sign the list of registered couriers, hospitals, banks and call centres."""
    for place, (line, kind) in enumerate(lines):
        if kind in _EXEMPT:
            entry = NumberEntry(
                id=f"N{place}", list_kind=ListKind.EXEMPT, number=desk.live.engine.normalised(line), prefix=False,
                typology="", reason=kind, owner="", owner_session="", state=EntryState.SIGNED, created_at=at,
                expires_at=at + _DAYS,
            )  # fmt: skip
            desk.live.engine.lists.put(entry)


def register(desk: ScreeningDesk, world: World, at: datetime) -> None:
    """Sign the senders of banks."""
    for bank in world.registered_senders():
        for sender in bank.senders:
            entry = NumberEntry(
                id=f"S{sender}{bank.brand}", list_kind=ListKind.SENDER, number=desk.live.engine.normalised(sender),
                prefix=False, typology="bank", reason=bank.brand, owner="", owner_session="", state=EntryState.SIGNED,
                created_at=at, expires_at=at + _DAYS, brand=bank.brand, hosts=bank.hosts,
                templates=fingerprints(bank.examples),
            )  # fmt: skip
            desk.live.engine.lists.put(entry)


def report(desk: ScreeningDesk, filing: Filing, known: dict[str, ReportedLine]) -> None:
    """Count the lines that a report names, and note who was called."""
    engine, at = desk.live.engine, filing.at.astimezone(UTC)
    for raw in filing.body.get("calling") or []:
        name(desk, str(raw), at, known)
    number = engine.normalised(str(filing.body["phone"]))
    engine.lists.victim(CalledVictim(id=f"C{filing.truth_id}", number=number, expires_at=at + _DAYS))


def name(desk: ScreeningDesk, raw: str, at: datetime, known: dict[str, ReportedLine]) -> None:
    """Count one report of a line."""
    number = desk.live.engine.normalised(raw)
    before = known.get(number)
    known[number] = ReportedLine(
        id=number, typology="", reports_count=1 + (before.reports_count if before else 0),
        first_at=before.first_at if before else at, newest_at=at, expires_at=at + _DAYS, sources=(),
    )  # fmt: skip
    desk.live.engine.lists.report(known[number])


def judge(
    desk: ScreeningDesk, channel: Channel, columns: dict[str, list[object]], truth: NDArray[np.int16], hits: Hits
) -> None:
    """Judge a batch and count; what a rule reads is what it would read inline."""
    if not len(truth):
        return
    judged, _refused = desk.judge(channel, columns)
    fraud = truth[judged.rows] > 0
    stopped = judged.decisions.verdict >= 2
    rules = judged.release.pack.of(channel) if judged.release is not None else ()
    for place, rule in enumerate(rules):
        hit = judged.decisions.hits[:, place]
        if hit.any():
            hits.rows[rule.id] += int(hit.sum())
            hits.right[rule.id] += int((hit & fraud).sum())
            numbers = {str(judged.numbers[row]) for row in np.flatnonzero(hit).tolist()}
            hits.lines.setdefault(rule.id, set()).update(numbers)
        hits.undecided[rule.id] += int(judged.decisions.undecided_rules[place])
    hits.whole[channel].update(
        fraud_stopped=int((fraud & stopped).sum()), lawful_stopped=int((~fraud & stopped).sum()),
        fraud_let=int((fraud & ~stopped).sum()), lawful_let=int((~fraud & ~stopped).sum()),
    )  # fmt: skip


def tables(hits: Hits, pack: Pack, title: str) -> str:
    """Return the tables as Markdown."""
    said = [f"Measured on {title}:", ""]
    for channel in Channel:
        whole = hits.whole[channel]
        fraud, lawful = whole["fraud_stopped"] + whole["fraud_let"], whole["lawful_stopped"] + whole["lawful_let"]
        said += [
            (
                f"{channel.value}s: {fraud:,} fraud and {lawful:,} lawful; all rules together would have stopped"
                f" {whole['fraud_stopped']:,} and {whole['lawful_stopped']:,}."
            ),
            "",
        ]
    for channel in Channel:
        said += [f"## Rules for {channel.value}s", "", *_HEAD]
        said += [_line(rule, hits) for rule in pack.of(channel)] + [""]
    return "\n".join(said)


_HEAD = (
    "| rule | what it looks for | does | hits | of them fraud (95 %) | numbers | undecided | source |",
    "|---|---|---|---:|---|---:|---:|---|",
)


def _line(rule: Rule, hits: Hits) -> str:
    rows, right = hits.rows[rule.id], hits.right[rule.id]
    share = f"{right / rows:.1%} ({_low(right, rows):.1%}-{1 - _low(rows - right, rows):.1%})" if rows else "-"
    return (
        f"| `{rule.id}` | {rule.title['en']} | {rule.severity.value} | {rows:,} | {share} | "
        f"{len(hits.lines.get(rule.id, ())):,} | {hits.undecided[rule.id]:,} | {rule.source} |"
    )


def _low(right: int, rows: int) -> float:
    """Return the lower end of Wilson's interval."""
    share, z = right / rows, 1.96
    middle = share + z * z / (2 * rows)
    return max(0.0, (middle - z * sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))) / (1 + z * z / rows))


if __name__ == "__main__":
    main()
