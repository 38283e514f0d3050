"""The officers of the centre and their duties: who looks into which inbox, and how each row is judged.

They go by what stands on the page, wait as people do, and see nothing that the centre does not show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stopline.nation.events import RegisteredSender
from stopline.nation.routine import Page, Routine, Row, Staff, Step, chance, told

_ONE_SIGNATURE = frozenset({"stop_payment", "hold_amount", "restrain_transfer", "restrict_line", "restrict_service"})
_DUTY = ("duty1", "duty2", "duty3")
_REVIEWERS = ("reviewer1", "reviewer2", "duty3")
_EXECUTORS = ("executor1", "executor2", "duty1")
_ANALYSTS = ("analyst1", "analyst2")
_INVESTIGATORS = ("investigator1", "investigator2")
_LIST_MOST = 400  # lines on one list: what two people can read through together
_UNVERIFIED = ("CN.86.stop",)  # entries that the centre's register marks as second-hand and officers know they need


def level_by_level(row: Row) -> tuple[str, ...]:
    """Return the heads who may approve, from the county up; what concerns the nation begins at its own head."""
    area = str(row.get("area") or "")
    steps = [f"head-{area[:size]}" for size in (6, 4, 2) if len(area) >= size]
    return (*steps, "head-nation", "head-nation2")


@dataclass(slots=True)
class Desk:
    """How the officers of the centre judge their measures, cases, series, operations and appeals."""

    seed: int
    registered: Mapping[str, str] = field(default_factory=dict)  # lines that carriers hold as businesses
    operations: list[datetime] = field(default_factory=list)
    decided: dict[str, str] = field(default_factory=dict)  # appeal -> what was decided
    figures_due: bool = False  # the calendar says that an edition is being drawn

    def duties(self) -> list[Routine]:
        """Return the table of duties."""
        return [
            Routine(thing="measure", states=("drafted",), hands=_DUTY, judge=self.sign, wait=(0, 2), every=1),
            Routine(thing="measure", states=("reviewed",), hands=level_by_level, judge=self.approve, wait=(2, 5)),
            Routine(thing="measure", states=("approved",), hands=_EXECUTORS, judge=_activate, wait=(1, 4)),
            Routine(thing="report", states=("received",), hands=_INVESTIGATORS, judge=_accept, wait=(2, 8), every=3),
            Routine(thing="report", states=("accepted",), hands=_INVESTIGATORS, judge=_open, wait=(2, 8), every=3),
            Routine(
                thing="series_join",
                states=("proposed",),
                hands=_ANALYSTS,
                judge=self.join,
                wait=(2, 6),
                every=4,
                part="cases",
            ),
            Routine(
                thing="role_claim",
                states=("hypothesis",),
                hands=("analyst2",),
                judge=_read_claim,
                wait=(5, 15),
                every=5,
            ),
            Routine(
                thing="role_claim", states=("reviewed",), hands=("analyst2",), judge=_back_claim, wait=(5, 15), every=15
            ),
            *self._operations(),
            *self._grievances(),
        ]

    def _operations(self) -> list[Routine]:
        return [
            Routine(
                thing="operation",
                states=("proposed",),
                hands=("head-nation",),
                judge=_lead,
                wait=(2, 6),
                every=3,
                part="operations",
            ),
            Routine(
                thing="operation",
                states=("proposed",),
                hands=("legal1",),
                judge=_legal,
                wait=(3, 8),
                every=3,
                part="operations",
            ),
            Routine(
                thing="operation",
                states=("approved",),
                hands=_INVESTIGATORS,
                judge=self.start,
                wait=(1, 4),
                every=3,
                part="operations",
            ),
            Routine(
                thing="operation",
                states=("running",),
                hands=_INVESTIGATORS,
                judge=_close,
                wait=(60, 90),
                every=5,
                part="operations",
            ),
        ]

    def _grievances(self) -> list[Routine]:
        return [
            Routine(
                thing="appeal",
                states=("filed",),
                hands=("appeals1", "appeals2"),
                judge=_assign,
                wait=(3, 15),
                every=4,
                part="appeals",
            ),
            Routine(
                thing="appeal",
                states=("assigned",),
                hands=("appeals1", "appeals2"),
                judge=self.hear,
                wait=(10, 45),
                every=4,
                part="appeals",
            ),
            Routine(
                thing="edition",
                states=(),
                hands=_FIGURES,
                judge=_figures,
                wait=(1, 3),
                every=2,
                part="bulletin",
                when=lambda: self.figures_due,
            ),
        ]

    def sign(self, page: Page, staff: Staff) -> Step | None:
        """Sign at once where the law asks for one signature; begin the longer way where it asks for more."""
        entry, kind = str(page.record.get("entry_id", "")), str(page.record.get("kind", ""))
        if staff.memory.get(f"sign {entry}") == "EntryNotVerified":
            stand_by(staff, entry)
            del staff.memory[f"sign {entry}"]
        if kind not in _ONE_SIGNATURE or staff.memory.get(f"sign {entry}") in {"SameHand", "PowerMissing"}:
            return Step(act="review", hands=_REVIEWERS)
        what = f"{kind.replace('_', ' ')}: {page.record.get('subject_label') or page.record.get('subject_ref')}"
        return Step(act="sign", hands=self._shuffled(_DUTY, page), news=what)

    def approve(self, page: Page, staff: Staff) -> Step | None:
        """Approve, beginning with the head of the place; a refusal for want of level sends it up."""
        entry = str(page.record.get("entry_id", ""))
        if staff.memory.get(f"approve {entry}") == "EntryNotVerified":
            stand_by(staff, entry)
            del staff.memory[f"approve {entry}"]
        return Step(act="approve", hands=level_by_level(page.record))

    def join(self, page: Page, staff: Staff) -> Step | None:  # noqa: ARG002 - the page says it all
        """Decide whether two works are one by how many kinds of evidence from different sources the page shows."""
        evidence = page.record.get("evidence")
        pieces = [one for one in evidence if isinstance(one, dict)] if isinstance(evidence, list) else []
        kinds = {str(one.get("kind", "")) for one in pieces} - {"typology", "district", "time"}
        weight = page.record.get("weight")
        strong = isinstance(weight, int | float) and weight >= 6
        if len(kinds) >= 2 or strong:
            choice = "same"
        elif kinds:
            choice = "same" if chance(self.seed, told(page.record)).random() < 0.8 else "unsure"
        else:
            choice = "different"
        reason = ", ".join(sorted(kinds)) or "nothing but the trick is shared"
        return Step(act="decide", body={"choice": choice, "reason": reason}, hands=self._shuffled(_ANALYSTS, page))

    def start(self, page: Page, staff: Staff) -> Step | None:
        """Start an approved operation."""
        at = staff.at
        return Step(
            act="start", then=lambda: self.operations.append(at), news=f"operation: {page.record.get('title', '')}"
        )

    def hear(self, page: Page, staff: Staff) -> Step | None:  # noqa: ARG002 - the page says it all
        """Grant where the statement is plausible and nothing on the page speaks against it; reject otherwise."""
        statement = str(page.record.get("statement", ""))
        appeal_id = str(page.record.get("id", ""))
        plausible = len(statement) >= 8 and "!!!" not in statement
        act = "grant" if plausible else "reject"
        decision = (
            "the use told is ordinary and nothing shown speaks against it" if plausible else "nothing supports it"
        )
        return Step(act=act, body={"decision": decision}, then=lambda: self.decided.update({appeal_id: act}))

    def _shuffled(self, names: tuple[str, ...], page: Page) -> tuple[str, ...]:
        start = chance(self.seed, told(page.record)).randrange(len(names))
        return names[start:] + names[:start]


def stand_by(staff: Staff, entry: str) -> None:
    """Sign, with two hands, that an entry read at second hand may ground measures all the same."""
    if staff.memory.get(f"override {entry}"):
        return
    reason = "the mechanism is in daily use between police and banks; the notice itself is being procured"
    made = staff.make("head-nation", "override", {"entry_id": entry, "reason": reason})
    if made.ok:
        staff.act("legal1", "override", str(made.mapping.get("id", "")), "second", {})
        staff.memory[f"override {entry}"] = "signed"


def before_the_day(staff: Staff, registered: Mapping[str, str], senders: Sequence[RegisteredSender] = ()) -> None:
    """Bring the first release of rules into force and sign what the night shift left, before traffic begins."""
    for entry in _UNVERIFIED:
        stand_by(staff, entry)
    if not staff.rows("rules-owner", "release", state="full"):
        made = staff.make("rules-owner", "release", {"title": "rules of the day"})
        release = str(made.mapping.get("id", ""))
        for login, act in (("rules-reviewer", "sign"), ("rules-owner", "shadow"), ("rules-owner", "full")):
            if made.ok:
                reply = staff.act(login, "release", release, act, {})
                staff.count(f"release.{act}", reply)
    by_kind: dict[str, list[str]] = {}
    for line, kind in sorted(registered.items()):
        by_kind.setdefault(kind, []).append(line)
    for kind, lines in by_kind.items():
        for first in range(0, len(lines), _LIST_MOST):
            _exempt(staff, kind, lines[first : first + _LIST_MOST])
    for sender in senders:
        _register(staff, sender)


def _register(staff: Staff, sender: RegisteredSender) -> None:
    """Enter the senders of a bank, with two hands."""
    body = {
        "list_kind": "sender",
        "number": sender.senders[0],
        "more": list(sender.senders[1:]),
        "brand": sender.brand,
        "hosts": list(sender.hosts),
        "examples": list(sender.examples),
        "typology": "bank",
        "reason": "the bank's own letter, checked against its register",
    }
    _enter(staff, body)


def _exempt(staff: Staff, kind: str, lines: Sequence[str]) -> None:
    """Enter lines that carriers hold as businesses, with two hands: as one list, read and signed together."""
    body = {
        "list_kind": "exempt",
        "number": lines[0],
        "typology": kind,
        "reason": f"registered with its carrier: {kind}",
        "more": list(lines[1:]),
    }
    _enter(staff, body)


def _enter(staff: Staff, body: Mapping[str, object]) -> None:
    """Draft entries until the year's end, and sign what was drafted as a second officer."""
    until = staff.at.replace(month=12, day=31).isoformat()
    if not staff.make("rules-owner", "number_entry", {**body, "expires_at": until}).ok:
        return
    drafted = [str(row["id"]) for row in staff.rows("rules-reviewer", "number_entry", state="drafted", limit=500)]
    if drafted:
        reply = staff.act("rules-reviewer", "number_entry", drafted[0], "sign", {"more": drafted[1:]})
        staff.count("number_entry.sign", reply)


_FIGURES = ("statistician1", "statistician2")


def _activate(page: Page, _staff: Staff) -> Step:
    kind = str(page.record.get("kind", "")).replace("_", " ")
    return Step(act="activate", hands=_EXECUTORS, news=f"{kind} in force: {page.record.get('subject_label', '')}")


def _accept(_page: Page, _staff: Staff) -> Step:
    return Step(act="accept")


def _open(_page: Page, _staff: Staff) -> Step:
    return Step(act="open")


def _read_claim(_page: Page, _staff: Staff) -> Step:
    return Step(act="review")


def _back_claim(page: Page, _staff: Staff) -> Step | None:
    evidence = page.record.get("evidence")
    rows = [one for one in evidence if isinstance(one, dict)] if isinstance(evidence, list) else []
    solid = {(str(one.get("kind")), str(one.get("source"))) for one in rows if one.get("kind") != "rank"}
    return Step(act="corroborate") if len(solid) >= 2 else None


def _lead(_page: Page, _staff: Staff) -> Step:
    return Step(act="approve_lead")


def _legal(_page: Page, _staff: Staff) -> Step:
    text = "only devices and accounts in use for fraud; who shares them by mistake is told and can appeal"
    return Step(act="approve_legal", body={"rights_check": text})


def _close(_page: Page, _staff: Staff) -> Step:
    return Step(act="close", body={"result": "the targets answered; flow is being watched for a return"})


def _assign(_page: Page, _staff: Staff) -> Step:
    return Step(act="assign")


def _figures(page: Page, staff: Staff) -> Step | None:
    """Verify an edition as one statistician and release it as the other."""
    for act in ("verify", "release"):
        if act in page.acts:
            drafted = str(page.record.get("drafted_by", ""))
            first = "statistician2" if drafted.endswith("statistician1") or act == "release" else "statistician1"
            return Step(act=act, hands=(first, *(name for name in _FIGURES if name != first)), news=f"bulletin: {act}")
    del staff
    return None
