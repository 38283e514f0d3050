"""Who acts: an officer, an institution, the public, or the machine. Every act and every read names one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """The four kinds of hands that touch a record."""

    OFFICER = "officer"
    INSTITUTION = "institution"
    PUBLIC = "public"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One hand: its kind and id, the session it acts in, and the purpose it gave."""

    kind: ActorKind
    id: str
    session: str = ""
    purpose: str = ""


def machine(part: str) -> Actor:
    """Return the actor for what a part of the centre does by itself; it prepares and never signs."""
    return Actor(kind=ActorKind.MACHINE, id=part, session=part, purpose="duty of the centre")


PUBLIC = Actor(kind=ActorKind.PUBLIC, id="public", session="", purpose="own affair")
