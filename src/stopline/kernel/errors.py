"""One tree of errors; a class says what happened and what to do, its facts are attributes.

StoplineError
├── Refused                the law or the house says no; nothing was changed
│   ├── WrongState         the act does not follow from this state
│   ├── AuthorizationMissing, AuthorityTooLow, AuthorityOutOfArea, PowerMissing
│   ├── SameHand           four eyes: this person or session has acted already
│   ├── MachineMayNotSign  only a human officer signs
│   ├── ExecutorMissing    the register asks for a second officer who carries it out
│   ├── TermOutOfBounds, RenewalsSpent, AttemptsSpent, EmergencyRepeated
│   ├── GroundForbidden, GroundsInsufficient, FactsMissing, LesserMeansUntried
│   ├── NotificationIncomplete, EntryNotVerified, ClockUnsure
│   └── NotYours           the row belongs to another institution
├── BadInput               what came in cannot be used
│   ├── BadFile, BadRow, BadField
│   └── SettingInvalid
├── NotFound, EntryUnknown
├── RegisterInvalid, ReleaseInvalid
├── AuditBroken
└── StoreError
    ├── StoreLocked, StoreNewer, StoreFull, StoreUnreachable
    └── PortTaken, PortForbidden, HostUnknown
"""

from __future__ import annotations

from typing import ClassVar, Final

_SHOWN_MOST: Final = 120


class StoplineError(Exception):
    """Something the centre knows how to name went wrong."""

    says: ClassVar[str] = "the centre could not go on"
    exit_code: ClassVar[int] = 2
    http_status: ClassVar[int] = 500

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.says.format_map(_Named(facts)))

    def __getattr__(self, name: str) -> object:
        facts = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(name)


class _Named(dict[str, object]):
    """A missing fact shows as its name, so that an error never fails while it is being told."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


class Refused(StoplineError):
    """The law or the house says no. Nothing was changed; the message says what would be needed."""

    says = "refused: {why}"
    http_status = 409


class WrongState(Refused):
    """The act does not follow from the state the thing is in. Look at its page for the acts that do."""

    says = "{machine} {id} is {state}, which does not allow {act}; allowed now: {allowed}"


class AuthorizationMissing(Refused):
    """No current authorization covers the measure. Ask the level named by the register entry to issue one."""

    says = "measure {measure} has no current authorization under {entry}"


class AuthorityTooLow(Refused):
    """The officer's unit stands below the level the register names. Send it up to that level."""

    says = "{entry} needs a signature at level {needs}, {officer} signs at {has}"


class AuthorityOutOfArea(Refused):
    """The officer's unit does not cover the area. Send it to the unit there or to the superior."""

    says = "{officer} signs for area {has}, the measure concerns {needs}; the superior of both must sign"


class PowerMissing(Refused):
    """The officer does not hold the power for this act. An administrator grants powers, with a second signature."""

    says = "{officer} does not hold the power {power}"
    http_status = 403


class SameHand(Refused):
    """Four eyes: the same person or the same session may not take two of the steps. Hand it to a colleague."""

    says = "{act} of {measure} needs another hand: {who} has already done {earlier}"


class MachineMayNotSign(Refused):
    """The machine prepares and never signs. An officer must take this step."""

    says = "{act} of {measure} must be done by an officer, not by {who}"


class ExecutorMissing(Refused):
    """The register entry is carried out by several officers. Have another one co-sign first."""

    says = "{entry} is carried out by {needs} officers; measure {measure} has no co-signature yet"


class TermOutOfBounds(Refused):
    """The term is longer or shorter than the register allows. Choose one within the bounds named."""

    says = "term until {until} is outside what {entry} allows: from {low} to {high}"


class RenewalsSpent(Refused):
    """The register allows no further renewal. Let the measure lapse, or draft another with its own ground."""

    says = "measure {measure} was renewed {count} times and {entry} allows no more"


class AttemptsSpent(Refused):
    """The register limits how often this may be done to one subject. Use the next measure of the ladder."""

    says = "{subject} already had {count} measures under {entry}, which allows {most}"


class EmergencyRepeated(Refused):
    """A second emergency order on the same facts is not lawful. Obtain the ordinary approval."""

    says = "facts {facts_key} already carried the emergency measure {earlier}"


class GroundForbidden(Refused):
    """Origin, ethnicity, nationality, age, religion, opinion and whole areas are never a ground."""

    says = "{ground} cannot be a ground for a measure"


class GroundsInsufficient(Refused):
    """A rank, a name match or a machine score alone carries no measure. Add what an officer has verified."""

    says = "measure {measure} rests only on {grounds}; a fact verified by a person is needed"


class FactsMissing(Refused):
    """The register entry requires facts, each with evidence. Add the ones named."""

    says = "{entry} requires the facts {missing}, each with its evidence"


class LesserMeansUntried(Refused):
    """A graded response needs the recorded reason why a warning or re-verification was not enough."""

    says = "{entry} asks why a lesser measure was not enough; the reason is empty"


class NotificationIncomplete(Refused):
    """The notification lacks parts the law requires, so the measure cannot take effect. Fill the parts named."""

    says = "notification of {measure} lacks {missing}"


class EntryNotVerified(Refused):
    """The register entry was not checked against the original. A signed override by an authorised officer is needed."""

    says = "{entry} stands as {standing} in the register and needs a signed override"


class ClockUnsure(Refused):
    """The clock is not trusted now: orders run to their expiry and nothing new is imposed. Repair the clock."""

    says = "{act} refused while the clock is unsure"
    http_status = 503


class NotYours(Refused):
    """The row belongs to another institution or area."""

    says = "{kind} {id} is not within the scope of {who}"
    http_status = 404


class BadInput(StoplineError):
    """What came in cannot be used; the message names the value, its place and what would do."""

    says = "{what}: {value} at {place}; {remedy}"
    http_status = 422


class BadFile(BadInput):
    """The file as a whole cannot be used. The message says why and what to do."""

    says = "{path}: {why}; {remedy}"


class BadRow(BadInput):
    """One row cannot be used. It goes to the rejects file with its line number."""

    says = "line {line}: {why}"


class BadField(BadInput):
    """One field cannot be used. The message names it and what it accepts."""

    says = "{field} = {value!r}: {why}"

    def __init__(self, **facts: object) -> None:
        shown = repr(facts.get("value"))
        if len(shown) > _SHOWN_MOST:  # a message names the value, it does not repeat a whole body
            facts["value"] = f"{shown[:_SHOWN_MOST]}…"
        super().__init__(**facts)


class SettingInvalid(BadInput):
    """A setting cannot be used. The message names it, where it was read, and what it accepts."""

    says = "setting {name} = {value!r} ({source}): {why}"


class NotFound(StoplineError):
    """There is no such thing, or it is not yours to see."""

    says = "no {kind} with id {id}"
    http_status = 404


class EntryUnknown(NotFound):
    """The statute register holds no such entry in the version in force."""

    says = "the register has no entry {id}"


class RegisterInvalid(StoplineError):
    """The statute register cannot be loaded, so nothing may be imposed. Repair the entry named."""

    says = "register {source}, entry {entry}: {why}"


class ReleaseInvalid(StoplineError):
    """A release loads whole or not at all. Repair the part named and sign again."""

    says = "release {release}: {why}"
    http_status = 422


class AuditBroken(StoplineError):
    """The audit chain does not verify. Stop, keep the store as it is, and call the auditor."""

    says = "audit row {row}: {why}"
    exit_code = 1


class StoreError(StoplineError):
    """The store did not take the act, so the act did not happen."""

    says = "store {where}: {why}; {remedy}"
    http_status = 503


class StoreLocked(StoreError):
    """Another process holds the store. Stop it, or give this one its own directory."""


class StoreNewer(StoreError):
    """The store was written by a newer version. Install that version; nothing was changed."""


class StoreFull(StoreError):
    """The disk is full, so nothing was recorded. Free space and repeat the act."""


class StoreUnreachable(StoreError):
    """The database does not answer. Start it or correct the setting named."""


class PortTaken(StoreError):
    """Another program listens on the port. Stop it or choose another with --port."""

    says = "port {port} on {host} is in use; stop the other program or choose another with --port"


class PortForbidden(StoreError):
    """The system keeps this port for its administrator. Choose one above 1023, or let a proxy listen there."""

    says = "port {port} on {host} may not be opened by this user; choose one above 1023 with --port or the setting port"


class HostUnknown(StoreError):
    """The host to listen on is no address of this machine. Name one that it has, as in 127.0.0.1 or 0.0.0.0."""

    says = "host {host!r} is no address of this machine ({why}); correct the setting host, as in 127.0.0.1"
