"""The steps of a visit. Nobody is compelled: each step can end in a refusal, and no step enters a home."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from stopline.dissuasion.levels import FOLLOW_UPS
from stopline.dissuasion.records import Visit, VisitState
from stopline.kernel.errors import AuthorityOutOfArea, AuthorityTooLow, WrongState
from stopline.kernel.ledger import Ledger
from stopline.law.organisation import Power, Signer, require_power
from stopline.law.register import Level

_V = VisitState
_STEPS: Final[dict[tuple[VisitState, str], VisitState]] = {
    (_V.ISSUED, "dispatch"): _V.DISPATCHED,
    (_V.DISPATCHED, "sign"): _V.SIGNED,
    (_V.SIGNED, "locate"): _V.LOCATED,
    **{(state, "meet"): _V.MET for state in (_V.SIGNED, _V.LOCATED)},
    **{(state, "refuse"): _V.REFUSED for state in (_V.DISPATCHED, _V.SIGNED, _V.LOCATED)},
    **{(state, "not_found"): _V.NOT_FOUND for state in (_V.SIGNED, _V.LOCATED)},
    **{(state, "follow_up"): _V.FOLLOWED_UP for state in (_V.MET, _V.FOLLOWED_UP)},
    **{
        (state, "close"): _V.CLOSED
        for state in (_V.ISSUED, _V.DISPATCHED, _V.MET, _V.REFUSED, _V.NOT_FOUND, _V.FOLLOWED_UP)
    },
}


def states_for(act: str) -> tuple[str, ...]:
    """Return the states in which an act is allowed."""
    return tuple(state.value for state, name in _STEPS if name == act)


def require_own(signer: Signer, visit: Visit) -> None:
    """Refuse an officer of another district; raises AuthorityOutOfArea."""
    officer = signer.officer
    if not visit.district.startswith(officer.area):
        raise AuthorityOutOfArea(officer=officer.id, has=officer.area, needs=visit.district or "a district to be named")


def require_lead(signer: Signer, visit: Visit) -> None:
    """Refuse a dispatch by anybody below the duty lead, or for another area; raises AuthorityTooLow."""
    if signer.officer.level < Level.COUNTY:
        raise AuthorityTooLow(
            entry="dispatch of a visit",
            needs=Level.COUNTY.name,
            officer=signer.officer.id,
            has=Level(signer.officer.level).name,
        )
    require_own(signer, visit)


def step(ledger: Ledger, signer: Signer, visit_id: str, act: str) -> Visit:
    """Return the visit after one step by an officer of its own district, unsaved.

    Raises PowerMissing, AuthorityOutOfArea, WrongState.
    """
    require_power(signer, Power.DISSUADE, at=ledger.at)
    visit = ledger.get(Visit, visit_id)
    require_own(signer, visit)
    following = _STEPS.get((visit.state, act))
    if following is None:
        names = ", ".join(name for state, name in _STEPS if state is visit.state) or "nothing"
        raise WrongState(machine="visit", id=visit.id, state=visit.state.value, act=act, allowed=names)
    return replace(visit, state=following)


def met(ledger: Ledger, visit: Visit, outcome: str) -> Visit:
    """Return the visit met, with the first of its follow-ups set: 24 hours, 7 days, 30 days."""
    return replace(
        visit,
        outcome=outcome,
        met_at=ledger.at,
        next_follow_up_at=ledger.at + FOLLOW_UPS[0],
    )


def followed_up(ledger: Ledger, visit: Visit, result: str) -> Visit:
    """Return the visit with one more follow-up; after the last it is closed."""
    results = (*visit.follow_ups, result)
    start = visit.met_at or visit.issued_at
    last = len(results) >= len(FOLLOW_UPS)
    return replace(
        visit,
        follow_ups=results,
        state=VisitState.CLOSED if last else visit.state,
        closed_at=ledger.at if last else None,
        follow_up_due_at=None,
        next_follow_up_at=None if last else start + FOLLOW_UPS[len(results)],
    )
