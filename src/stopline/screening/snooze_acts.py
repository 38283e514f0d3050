"""A snooze by hand: rules that stopped somebody wrongly keep silent about that number for a while.

Up to a day one officer's signature is enough, for a wrong block must end quickly; a longer one exempts a number from
rules that two officers signed, and needs a second hand as every exemption does. It ends early by any officer's hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from stopline.kernel.errors import BadField, SameHand, WrongState
from stopline.kernel.ledger import Ledger
from stopline.law.acts import Act, Field, FieldKind
from stopline.law.organisation import Power, Signer, require_human, require_power
from stopline.screening.records import Release, ReleaseState, Settings, Snooze, SnoozeState, Verdict

_ONE_HAND_DAYS: Final = 1

Changed = Callable[[Ledger], None]


def grant_snooze(
    ledger: Ledger, signer: Signer, verdict_id: str, body: Mapping[str, object], changed: Changed
) -> Snooze:
    """Snooze the rules of a verdict for its number.

    Raises BadField for a term beyond the signed setting, WrongState for a verdict that names no number any more.
    """
    _human(ledger, signer, "snooze", verdict_id)
    verdict = ledger.get(Verdict, verdict_id)
    if verdict.expired or not verdict.number:
        raise WrongState(machine="verdict", id=verdict.id, state="expired", act="snooze", allowed="nothing")
    longest, days = _longest_days(ledger), int(str(body["days"]))
    if not 1 <= days <= longest:
        raise BadField(field="days", value=days, why=f"1 to {longest}, as the release in force has it")
    alone = days <= _ONE_HAND_DAYS
    snooze = Snooze(
        id=ledger.new_id(),
        number=verdict.number,
        rules=verdict.rules,
        verdict_id=verdict.id,
        appeal_id="",
        from_at=ledger.at,
        expires_at=ledger.at + timedelta(days=days),
        state=SnoozeState.ACTIVE if alone else SnoozeState.DRAFTED,
        release_id=verdict.release_id,
        reason=str(body["reason"]),
        granted_by=signer.officer.id,
        granted_session=signer.session,
    )
    ledger.save(snooze, act="snooze.grant", reason=snooze.reason)
    changed(ledger)
    return snooze


def sign_snooze(ledger: Ledger, signer: Signer, snooze_id: str, changed: Changed) -> Snooze:
    """Sign a longer snooze as a second officer; from then on it holds. Raises SameHand for the first one's hand."""
    _human(ledger, signer, "sign", snooze_id)
    snooze = ledger.get(Snooze, snooze_id)
    _in(snooze, "sign", SnoozeState.DRAFTED)
    if signer.officer.id == snooze.granted_by or signer.session == snooze.granted_session:
        raise SameHand(act="sign", measure=snooze.id, who=signer.officer.id, earlier="drafted it")
    after = replace(snooze, state=SnoozeState.ACTIVE, signed_by=signer.officer.id, signed_at=ledger.at)
    ledger.save(after, act="snooze.sign")
    changed(ledger)
    return after


def end_snooze(ledger: Ledger, signer: Signer, snooze_id: str, reason: str, changed: Changed) -> Snooze:
    """End a snooze before its time, or undo one that nobody has signed yet; the rules speak again at once."""
    _human(ledger, signer, "end", snooze_id)
    snooze = ledger.get(Snooze, snooze_id)
    _in(snooze, "end", SnoozeState.DRAFTED, SnoozeState.ACTIVE)
    after = replace(snooze, state=SnoozeState.ENDED, ended_by=signer.officer.id, ended_at=ledger.at, ended_why=reason)
    ledger.save(after, act="snooze.end", reason=reason)
    changed(ledger)
    return after


def expire_snoozes(ledger: Ledger) -> bool:
    """Let snoozes go whose term is over; returns whether there were any."""
    states = (SnoozeState.DRAFTED.value, SnoozeState.ACTIVE.value)
    over = ledger.find(Snooze, before=("expires_at", ledger.at), state=states)
    for snooze in over:
        ledger.save(replace(snooze, state=SnoozeState.EXPIRED), act="snooze.expire")
    return bool(over)


def snooze_acts(changed: Changed) -> tuple[Act, ...]:
    """Return the acts by which officers grant, sign and end snoozes."""
    power, reason = Power.RELEASE_RULES, Field(name="reason")

    def grant(ledger: Ledger, signer: Signer, verdict: str, body: Mapping[str, object]) -> str:
        return grant_snooze(ledger, signer, verdict, body, changed).id

    def end(ledger: Ledger, signer: Signer, snooze: str, body: Mapping[str, object]) -> str:
        return end_snooze(ledger, signer, snooze, str(body["reason"]), changed).id

    return (
        Act(thing="verdict", name="snooze", power=power, run=grant,
            fields=(Field(name="days", kind=FieldKind.NUMBER), reason)),
        Act(thing="snooze", name="sign", power=power, states=("drafted",),
            run=lambda ledger, signer, snooze, _body: sign_snooze(ledger, signer, snooze, changed).id),
        Act(thing="snooze", name="end", power=power, states=("drafted", "active"), run=end, fields=(reason,)),
    )  # fmt: skip


def _longest_days(ledger: Ledger) -> int:
    found = ledger.find(Release, state=ReleaseState.FULL.value, limit=1)
    return (found[0].settings if found else Settings()).snooze_days


def _in(snooze: Snooze, act: str, *states: SnoozeState) -> None:
    if snooze.state not in states:
        allowed = " or ".join(state.value for state in states)
        raise WrongState(machine="snooze", id=snooze.id, state=snooze.state, act=act, allowed=allowed)


def _human(ledger: Ledger, signer: Signer, act: str, subject: str) -> None:
    require_human(ledger.actor, act=act, subject=subject)
    require_power(signer, Power.RELEASE_RULES, at=ledger.at)
