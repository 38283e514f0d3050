"""Who may act: units with a level and an area, officers with powers, institutions with their own rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from stopline.kernel.actors import Actor, ActorKind
from stopline.kernel.errors import AuthorityOutOfArea, AuthorityTooLow, MachineMayNotSign, PowerMissing
from stopline.law.register import Level


class Power(StrEnum):
    """What an officer may do; a power is granted for a time and never implies another."""

    DRAFT = "draft"
    REVIEW = "review"
    APPROVE = "approve"
    EXECUTE = "execute"
    DUTY = "duty"  # urgent funds: one signature and the bank's match
    DECIDE_APPEAL = "decide_appeal"
    INVESTIGATE = "investigate"
    ANALYSE = "analyse"
    DISSUADE = "dissuade"
    BORDER = "border"
    LIAISE = "liaise"
    SCREEN_VICTIMS = "screen_victims"
    RELEASE_RULES = "release_rules"
    EDIT_LESSONS = "edit_lessons"
    PUBLISH_FIGURES = "publish_figures"
    AUDIT = "audit"
    ADMINISTER = "administer"
    OVERRIDE = "override"  # sign for a register entry that was not verified


class InstitutionKind(StrEnum):
    """The outside bodies that act with the centre."""

    BANK = "bank"
    CARRIER = "carrier"
    PARTNER = "partner"
    PORT = "port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An office: its level, the area code it covers (prefix of a division code; "" = the nation), its superior."""

    id: str
    name_zh: str
    name_en: str
    level: int
    area: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A person who acts for a unit from one day to another, with named powers."""

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("name",), ("login",))  # asked at each read of a person's record

    id: str
    name: str
    unit_id: str
    level: int
    area: str
    powers: tuple[str, ...]
    from_at: datetime
    to_at: datetime | None = None
    login: str = ""

    def holds(self, power: Power, *, at: datetime) -> bool:
        """Return whether the officer holds a power at an instant."""
        in_office = self.from_at <= at and (self.to_at is None or at < self.to_at)
        return in_office and power.value in self.powers


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """A bank, carrier, port or partner; `code` is what calls, accounts and orders name it by."""

    id: str
    kind: InstitutionKind
    code: str
    name_zh: str
    name_en: str
    key_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """An officer in one signed-in session: what a signature needs."""

    officer: Officer
    session: str

    @property
    def actor(self) -> Actor:
        """The actor that the audit chain names."""
        return Actor(kind=ActorKind.OFFICER, id=self.officer.id, session=self.session, purpose="duty")


def require_power(signer: Signer, power: Power, *, at: datetime) -> None:
    """Refuse when the signer does not hold a power now; raises PowerMissing."""
    if not signer.officer.holds(power, at=at):
        raise PowerMissing(officer=signer.officer.id, power=power.value)


def require_human(actor: Actor, *, act: str, subject: str) -> None:
    """Refuse any hand but an officer's; raises MachineMayNotSign."""
    if actor.kind is not ActorKind.OFFICER or not actor.session:
        raise MachineMayNotSign(act=act, measure=subject, who=f"{actor.kind}:{actor.id}")


def require_level(officer: Officer, needs: Level, *, entry: str, area: str, own_area: bool) -> None:
    """Refuse a signature from below the level or outside the area; raises AuthorityTooLow or AuthorityOutOfArea."""
    if officer.level < needs:
        raise AuthorityTooLow(entry=entry, needs=needs.name, officer=officer.id, has=Level(officer.level).name)
    if own_area and not area.startswith(officer.area):
        raise AuthorityOutOfArea(officer=officer.id, has=officer.area, needs=area or "the nation")
