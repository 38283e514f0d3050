"""One row a step: what moved, from where to where, when, and by whose hand."""

from __future__ import annotations

from stopline.kernel.ledger import Ledger
from stopline.law.machines import Machine, Transition


def write_step(ledger: Ledger, machine: Machine, subject_id: str, *, before: str, act: str, after: str) -> None:
    """Write the transition row of one step; (machine, subject, ordinal) is unique, so no step is taken twice."""
    transition = Transition(
        id=ledger.new_id(),
        machine=machine,
        subject_id=subject_id,
        ordinal=ledger.count(Transition, machine=machine.value, subject_id=subject_id) + 1,
        state_from=before,
        act=act,
        state_to=after,
        at=ledger.at,
        by=ledger.actor.id,
        session=ledger.actor.session,
    )
    ledger.save(transition, act="transition")
