"""A case: what was opened from reports, who is in it in which roles, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from stopline.kernel.errors import BadField, FactsMissing, SameHand, WrongState


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSING_PROPOSED = "closing_proposed"
    CLOSED = "closed"
    REOPENED = "reopened"


class Outcome(StrEnum):
    """How a case ended; apart from its state."""

    NONE = "none"
    CLEARED = "cleared"
    UNFOUNDED = "unfounded"
    TRANSFERRED = "transferred"
    SUSPENDED = "suspended"


CLEARED_DEFINITION: Final = {
    "zh": "破案：至少一名嫌疑人身份查明，有经核实的证据，并由第二名警官确认。",
    "en": "Cleared: at least one suspect identified, evidence verified, and a second officer has confirmed it.",
}
# what a measure rested on has fallen when the case ends like this (LAW safeguard 10)
GROUNDLESS: Final = frozenset({Outcome.UNFOUNDED})


class PartyRole(StrEnum):
    """The part a person has in a case; one person may have several, a victim may also be a suspect."""

    VICTIM = "victim"
    REPORTER = "reporter"
    WITNESS = "witness"
    SUSPECT = "suspect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One person in one case, with all roles and the evidence of each claim."""

    ref: str
    name: str
    roles: tuple[PartyRole, ...]
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One case."""

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("state",), ("district",), ("series_id",))

    id: str
    state: CaseState
    outcome: Outcome
    report_ids: tuple[str, ...]
    typology: str
    district: str
    lines: tuple[str, ...]
    accounts: tuple[str, ...]
    parties: tuple[Party, ...]
    evidence: tuple[str, ...]
    loss_minor: int
    currency: str
    opened_by: str
    opened_at: datetime
    update_due_at: datetime
    series_id: str | None = None
    proposed_outcome: str = ""
    closing_reason: str = ""
    closing_by: str = ""
    closing_session: str = ""
    closed_by: str = ""
    closed_at: datetime | None = None
    overdue_at: datetime | None = None


_C = CaseState
_STEPS: Final[dict[tuple[CaseState, str], CaseState]] = {
    (_C.OPEN, "propose_close"): _C.CLOSING_PROPOSED,
    (_C.REOPENED, "propose_close"): _C.CLOSING_PROPOSED,
    (_C.CLOSING_PROPOSED, "confirm_close"): _C.CLOSED,
    (_C.CLOSING_PROPOSED, "keep_open"): _C.OPEN,
    (_C.CLOSED, "reopen"): _C.REOPENED,
}
LIVE: Final = (_C.OPEN.value, _C.REOPENED.value)


def states_for(act: str) -> tuple[str, ...]:
    """Return the states in which an act is allowed."""
    return tuple(state.value for state, name in _STEPS if name == act)


def moved(case: CaseFile, act: str) -> CaseFile:
    """Return the case after one step; raises WrongState when the step does not follow."""
    following = _STEPS.get((case.state, act))
    if following is None:
        names = ", ".join(name for state, name in _STEPS if state is case.state) or "nothing"
        raise WrongState(machine="case", id=case.id, state=case.state.value, act=act, allowed=names)
    return replace(case, state=following)


def with_party(case: CaseFile, party: Party) -> CaseFile:
    """Return the case with a party; roles of the same person add up, and none replaces another."""
    if case.state.value not in LIVE:
        raise WrongState(machine="case", id=case.id, state=case.state.value, act="add_party", allowed="reopen")
    if PartyRole.SUSPECT in party.roles and not party.evidence:
        raise BadField(field="evidence", value="", why="calling somebody a suspect needs evidence")
    known = {one.ref: one for one in case.parties}
    before = known.get(party.ref)
    if before is not None:
        party = replace(
            party,
            name=party.name or before.name,
            roles=tuple(dict.fromkeys((*before.roles, *party.roles))),
            evidence=tuple(dict.fromkeys((*before.evidence, *party.evidence))),
        )
    known[party.ref] = party
    return replace(case, parties=tuple(known.values()))


def closing_proposed(case: CaseFile, *, outcome: Outcome, reason: str, officer_id: str, session: str) -> CaseFile:
    """Return the case with a reasoned proposal to close it.

    Raises FactsMissing when `cleared` is proposed without what its definition asks for.
    """
    if outcome is Outcome.NONE or not reason.strip():
        raise BadField(field="reason", value=reason, why="an outcome and a reason are needed")
    if outcome is Outcome.CLEARED:
        suspects = any(PartyRole.SUSPECT in party.roles for party in case.parties)
        missing = [name for name, there in (("suspect", suspects), ("evidence", case.evidence)) if not there]
        if missing:
            raise FactsMissing(entry="cleared", missing=", ".join(missing))
    after = moved(case, "propose_close")
    return replace(
        after,
        proposed_outcome=outcome.value,
        closing_reason=reason.strip(),
        closing_by=officer_id,
        closing_session=session,
    )


def closed(case: CaseFile, *, officer_id: str, session: str, at: datetime) -> CaseFile:
    """Return the case closed by a second officer; raises SameHand for the proposer or that session."""
    after = moved(case, "confirm_close")
    if officer_id == case.closing_by or session == case.closing_session:
        raise SameHand(act="confirm_close", measure=case.id, who=officer_id, earlier="proposed it")
    return replace(after, outcome=Outcome(case.proposed_outcome), closed_by=officer_id, closed_at=at)
