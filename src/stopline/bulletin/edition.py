"""An edition of the bulletin: drawn, verified by a second person, released, and revised in the open."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from stopline.bulletin.indicator import Figure
from stopline.law.organisation import Signer
from stopline.law.stepping import following, require_other_hand

Columns = tuple[tuple[str, ...], ...]


class EditionState(StrEnum):
    """Where an edition stands."""

    DRAFTED = "drafted"
    VERIFIED = "verified"
    RELEASED = "released"
    REVISED = "revised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The figures of one period, the digest over their queries, and the end of the audit chain they were drawn at."""

    INDEXES: ClassVar[Columns] = (("state",), ("from_at",))

    id: str
    from_at: datetime
    to_at: datetime
    state: EditionState
    figures: tuple[Figure, ...]
    queries_digest: str
    audit_seq: int
    audit_hash: str
    drafted_at: datetime
    drafted_by: str
    drafted_session: str
    verified_by: str = ""
    verified_at: datetime | None = None
    released_at: datetime | None = None
    revision: int = 1
    revises: str = ""
    revised_by_edition: str = ""
    reason: str = ""

    @property
    def period(self) -> str:
        """The period as text, in UTC; the end is not included."""
        return f"{self.from_at:%Y-%m-%d %H:%M} – {self.to_at:%Y-%m-%d %H:%M} UTC"


_E = EditionState
STEPS: Final[dict[tuple[EditionState, str], EditionState]] = {
    (_E.DRAFTED, "verify"): _E.VERIFIED,
    (_E.VERIFIED, "release"): _E.RELEASED,
    (_E.RELEASED, "revise"): _E.REVISED,
}


def digest_of(figures: Sequence[Figure]) -> str:
    """Return the digest over the queries of the figures, each once, in order."""
    queries = dict.fromkeys(one.query_digest for one in figures)
    return hashlib.sha256("\n".join(queries).encode()).hexdigest()


def moved(edition: Edition, act: str) -> Edition:
    """Return the edition after one step; raises WrongState."""
    state = following(STEPS, edition.state, act, machine="edition", subject_id=edition.id)
    return replace(edition, state=state)


def verified(edition: Edition, signer: Signer, *, at: datetime) -> Edition:
    """Return the edition verified by somebody who did not draw it; raises SameHand."""
    earlier = {"drew it": (edition.drafted_by, edition.drafted_session)}
    require_other_hand(signer, act="verify", subject_id=edition.id, earlier=earlier)
    return replace(moved(edition, "verify"), verified_by=signer.officer.id, verified_at=at)


def public_rows(edition: Edition) -> list[dict[str, object]]:
    """Return the figures as everybody may see them, each with unit, definition, query, period and revision."""
    return [
        {
            "id": one.id if not one.district else f"{one.id}:{one.district}",
            "name": {lang: f"{text} · {one.district}" if one.district else text for lang, text in one.name.items()},
            "value": one.value,
            "unit": one.unit,
            "definition": one.definition,
            "query": one.query,
            "period": edition.period,
            "counts": one.counts.value,
            "suppressed": one.suppressed,
            "revision": edition.revision,
        }
        for one in edition.figures
    ]
