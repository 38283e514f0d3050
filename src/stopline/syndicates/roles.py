"""A role in a syndicate is a hypothesis with evidence, carried by two analysts; a rank alone is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import ClassVar, Final

from stopline.kernel.errors import BadField, GroundForbidden, GroundsInsufficient
from stopline.law.organisation import Signer
from stopline.law.stepping import following, require_other_hand
from stopline.syndicates.ranking import Role

Columns = tuple[tuple[str, ...], ...]


class EvidenceKind(StrEnum):
    """Where what we know of a role comes from."""

    MONEY = "money"
    CALLS = "calls"
    DEVICE = "device"
    STATEMENT = "statement"
    DOCUMENT = "document"
    OBSERVATION = "observation"
    PARTNER = "partner"
    RANK = "rank"


class ClaimState(StrEnum):
    """How far a hypothesis has come."""

    HYPOTHESIS = "hypothesis"
    REVIEWED = "reviewed"
    CORROBORATED = "corroborated"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEvidence:
    """One piece of evidence; pieces of one source are one piece."""

    kind: EvidenceKind
    ref: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleClaim:
    """Somebody's role as a claim."""

    INDEXES: ClassVar[Columns] = (("network_id",), ("state",), ("node",))

    id: str
    network_id: str
    node: str
    role: Role
    state: ClaimState
    evidence: tuple[RoleEvidence, ...]
    claimed_by: str
    claimed_session: str
    claimed_at: datetime
    reviewed_by: str = ""
    reviewed_session: str = ""
    corroborated_by: str = ""
    dropped_why: str = ""


_C = ClaimState
STEPS: Final[dict[tuple[ClaimState, str], ClaimState]] = {
    (_C.HYPOTHESIS, "review"): _C.REVIEWED,
    (_C.REVIEWED, "corroborate"): _C.CORROBORATED,
    (_C.HYPOTHESIS, "drop"): _C.DROPPED,
    (_C.REVIEWED, "drop"): _C.DROPPED,
    (_C.CORROBORATED, "drop"): _C.DROPPED,
}


def parse_evidence(rows: Sequence[object]) -> tuple[RoleEvidence, ...]:
    """Parse evidence from outside; raises BadField for what names no kind, reference and source."""
    found = []
    for row in rows:
        known = {kind.value for kind in EvidenceKind}
        if not isinstance(row, Mapping) or row.get("kind") not in known or not row.get("ref") or not row.get("source"):
            raise BadField(field="evidence", value=repr(row)[:80], why="kind (" + ", ".join(known) + "), ref, source")
        kind = EvidenceKind(str(row["kind"]))
        found.append(RoleEvidence(kind=kind, ref=str(row["ref"]), source=str(row["source"])))
    return tuple(found)


def claimed(claim: RoleClaim, *, excluded: str) -> RoleClaim:
    """Return a claim that may stand; raises GroundForbidden for a victim, a reporter or a minor.

    Raises GroundsInsufficient for a rank alone, and for a financier without money.
    """
    if excluded:
        raise GroundForbidden(ground=f"the role of a {excluded}")
    _enough(claim)
    return claim


def reviewed(claim: RoleClaim, signer: Signer) -> RoleClaim:
    """Return the claim read by a second analyst; raises SameHand."""
    state = following(STEPS, claim.state, "review", machine="role_claim", subject_id=claim.id)
    earlier = {"claimed it": (claim.claimed_by, claim.claimed_session)}
    require_other_hand(signer, act="review", subject_id=claim.id, earlier=earlier)
    return replace(claim, state=state, reviewed_by=signer.officer.id, reviewed_session=signer.session)


def corroborated(claim: RoleClaim, signer: Signer) -> RoleClaim:
    """Return the claim corroborated: two pieces of different kind and source, and not by who claimed it."""
    state = following(STEPS, claim.state, "corroborate", machine="role_claim", subject_id=claim.id)
    earlier = {"claimed it": (claim.claimed_by, claim.claimed_session)}
    require_other_hand(signer, act="corroborate", subject_id=claim.id, earlier=earlier)
    if not independent(claim.evidence):
        raise GroundsInsufficient(measure=claim.id, grounds="evidence of one kind or of one source")
    _enough(claim)
    return replace(claim, state=state, corroborated_by=signer.officer.id)


def independent(evidence: Sequence[RoleEvidence]) -> bool:
    """Return whether two pieces differ both in kind and in source; a rank counts for nothing."""
    solid = [piece for piece in evidence if piece.kind is not EvidenceKind.RANK]
    return any(a.kind is not b.kind and a.source != b.source for a, b in combinations(solid, 2))


def _enough(claim: RoleClaim) -> None:
    kinds = {piece.kind for piece in claim.evidence}
    if not kinds - {EvidenceKind.RANK}:
        raise GroundsInsufficient(measure=claim.id or "the claim", grounds="a rank alone")
    if claim.role is Role.FINANCIER and EvidenceKind.MONEY not in kinds:
        raise GroundsInsufficient(measure=claim.id or "the claim", grounds="no money, which a financier needs")
