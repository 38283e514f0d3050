"""An authorization: who of what level allowed which kind of measure, for what scope, from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stopline.kernel.errors import AuthorizationMissing
from stopline.law.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A standing, dated signature of two officers that a register entry which was not verified may ground measures."""

    id: str
    entry_id: str
    entry_version: str
    reason: str
    first_by: str
    first_session: str
    made_at: datetime
    second_by: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None

    def current(self, *, at: datetime) -> bool:
        """Return whether both have signed and the dates hold."""
        signed = self.second_by is not None and self.from_at is not None and self.to_at is not None
        return signed and self.from_at <= at < self.to_at  # type: ignore[operator]  # `signed` has ruled out None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """The approval that a measure stands on; it names one entry and one subject, and it ends."""

    id: str
    entry_id: str
    entry_version: str
    measure_id: str
    subject_ref: str
    area: str
    level: int
    issued_by: str
    issued_session: str
    from_at: datetime
    to_at: datetime
    withdrawn_at: datetime | None = None


def covers(authorization: Authorization, measure: Measure, *, at: datetime) -> bool:
    """Return whether an authorization is current and names this measure, entry version and subject."""
    current = authorization.from_at <= at < authorization.to_at and authorization.withdrawn_at is None
    same = (
        authorization.measure_id == measure.id
        and authorization.entry_id == measure.entry_id
        and authorization.entry_version == measure.entry_version
        and authorization.subject_ref == measure.subject_ref
    )
    return current and same


def require_current(authorization: Authorization | None, measure: Measure, *, at: datetime) -> Authorization:
    """Return the authorization if it covers the measure now; raises AuthorizationMissing."""
    if authorization is None or not covers(authorization, measure, at=at):
        raise AuthorizationMissing(measure=measure.id, entry=measure.entry_id)
    return authorization
