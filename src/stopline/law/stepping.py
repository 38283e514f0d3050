"""Steps of the smaller machines: a table names what follows, and four eyes are compared in one place."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from stopline.kernel.errors import SameHand, WrongState
from stopline.law.organisation import Signer

S = TypeVar("S", bound=StrEnum)


def following(table: Mapping[tuple[S, str], S], state: S, act: str, *, machine: str, subject_id: str) -> S:
    """Return the state that an act leads to; raises WrongState naming the acts that do follow."""
    found = table.get((state, act))
    if found is None:
        names = ", ".join(name for here, name in table if here is state) or "nothing, it has ended"
        raise WrongState(machine=machine, id=subject_id, state=state.value, act=act, allowed=names)
    return found


def states_for(table: Mapping[tuple[S, str], S], act: str) -> tuple[str, ...]:
    """Return the states in which a table allows an act."""
    return tuple(state.value for state, name in table if name == act)


def require_other_hand(signer: Signer, *, act: str, subject_id: str, earlier: Mapping[str, tuple[str, str]]) -> None:
    """Refuse a person or a session that took an earlier step; raises SameHand.

    `earlier` maps what was done to (officer, session); empty strings are nobody.
    """
    for what, (officer_id, session) in earlier.items():
        same = officer_id == signer.officer.id or (session and session == signer.session)
        if officer_id and same:
            raise SameHand(act=act, measure=subject_id, who=signer.officer.id, earlier=what)
