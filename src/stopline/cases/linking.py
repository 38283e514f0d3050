"""Weighs what reports share; pure arithmetic on evidence, no decision.

A shared identifier weighs ln(1000 / spread) times the reliability of its kind, times the square root
of its part that lies in the group: `spread` is in how many separate works it occurs, so that a number
used by one gang a hundred times stays strong and a number borrowed by many says nothing. What comes
from one source of a report (its numbers, its links, its money) counts once, by its strongest piece. A
different typology weighs against. Two series need the more evidence the larger they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stopline.cases.extraction import IdentifierKind
from stopline.cases.series import PairEvidence

JOIN_WEIGHT: Final = 3.2  # one rare number with the same typology, or two pieces of evidence
MERGE_WEIGHT: Final = 3.5  # grows with the smaller size: two large series by chance share something
MOST_USES: Final = 400  # an identifier in more reports than this is looked at no further
MOST_SPREAD: Final = 8  # nor one in more separate works than this
_PRIOR_WORKS: Final = 1000.0
_PRIOR_SERIES: Final = 200.0
_OTHER_SERIES: Final = -1.0
_SAME_TYPOLOGY: Final = 0.7
_OTHER_TYPOLOGY: Final = -3.0
_SOON: Final = 0.3
_SOON_S: Final = 3 * 86_400

# source -> counted once; reliability of each kind by how often unrelated works come to share it
_SOURCE: Final[dict[IdentifierKind, tuple[str, float]]] = {
    IdentifierKind.LINE: ("phone", 0.80),
    IdentifierKind.LINK: ("link", 0.85),
    IdentifierKind.HANDLE: ("handle", 0.90),
    IdentifierKind.ACCOUNT: ("money", 0.95),
    IdentifierKind.MONEY: ("money", 0.80),
}
INDEXED: Final = frozenset(_SOURCE)


@dataclass(frozen=True, slots=True)
class Shared:
    """One identifier of a report, and in which group which other reports use it."""

    kind: IdentifierKind
    value: str
    groups: Mapping[str, tuple[str, ...]]  # group -> reports in it that use the identifier

    @property
    def spread(self) -> int:
        """In how many separate works it occurs, the report's own aside."""
        return len(self.groups)


@dataclass(frozen=True, slots=True)
class Facet:
    """What else is compared of a report."""

    typology: str
    at_s: float


def candidates(
    report_id: str, own: Facet, shared: Sequence[Shared], facets: Mapping[str, Facet]
) -> list[tuple[float, str, tuple[PairEvidence, ...]]]:
    """Return (weight, group, evidence) for every group that shares something, strongest first."""
    best: dict[str, dict[str, PairEvidence]] = {}
    for one in shared:
        if one.spread > MOST_SPREAD:
            continue
        for group, members in one.groups.items():
            piece = _piece(report_id, one, members, facets, own)
            kept = best.setdefault(group, {})
            if piece.source not in kept or piece.weight > kept[piece.source].weight:
                kept[piece.source] = piece
    ranked = [_total(report_id, own, group, kept, facets) for group, kept in best.items()]
    return sorted(ranked, key=lambda row: (-row[0], row[1]))


def cross_piece(kind: IdentifierKind, value: str, pair: tuple[str, str], spread: int) -> PairEvidence:
    """Return what one identifier weighs that two series share; several are needed to merge them."""
    source, reliability = _SOURCE[kind]
    return PairEvidence(
        report_a=pair[0],
        report_b=pair[1],
        kind=kind.value,
        value=value,
        source=source,
        spread_count=spread,
        weight=round(reliability * max(0.0, math.log(_PRIOR_SERIES / max(1, spread))), 3),
    )


def cross_weight(pieces: Sequence[PairEvidence], *, same_typology: bool) -> tuple[float, tuple[PairEvidence, ...]]:
    """Return what evidence between two series weighs; each identifier is one piece."""
    kept = tuple(sorted(pieces, key=lambda one: (-one.weight, one.kind, one.value)))
    other = 0.0 if same_typology else _OTHER_SERIES
    return round(sum(piece.weight for piece in kept) + other, 3), kept


def merge_weight(one_count: int, other_count: int) -> float:
    """Return what two series of these sizes must share: two large ones by chance share something."""
    return MERGE_WEIGHT * math.sqrt(math.sqrt(min(one_count, other_count)))


def _piece(
    report_id: str, one: Shared, members: Sequence[str], facets: Mapping[str, Facet], own: Facet
) -> PairEvidence:
    source, reliability = _SOURCE[one.kind]
    uses = sum(len(reports) for reports in one.groups.values())
    part = math.sqrt(len(members) / uses)
    weight = reliability * math.log(_PRIOR_WORKS / max(1, one.spread)) * part
    nearest = min(members, key=lambda other: (abs(facets[other].at_s - own.at_s), other))
    return PairEvidence(
        report_a=report_id,
        report_b=nearest,
        kind=one.kind.value,
        value=one.value,
        source=source,
        spread_count=one.spread,
        weight=round(weight, 3),
    )


def _total(
    report_id: str,
    own: Facet,
    group: str,
    kept: Mapping[str, PairEvidence],
    facets: Mapping[str, Facet],
) -> tuple[float, str, tuple[PairEvidence, ...]]:
    pieces = sorted(kept.values(), key=lambda piece: (-piece.weight, piece.source))
    other_id = pieces[0].report_b
    other = facets[other_id]
    pieces += _method(report_id, other_id, own, other)
    return round(sum(piece.weight for piece in pieces), 3), group, tuple(pieces)


def _method(report_id: str, other_id: str, own: Facet, other: Facet) -> list[PairEvidence]:
    found = []
    if own.typology and other.typology:
        same = own.typology == other.typology
        weight = _SAME_TYPOLOGY if same else _OTHER_TYPOLOGY
        value = own.typology if same else f"{own.typology}/{other.typology}"
        found.append(("typology", value, weight))
    if abs(own.at_s - other.at_s) <= _SOON_S:
        found.append(("time", "within 3 days", _SOON))
    return [
        PairEvidence(
            report_a=report_id,
            report_b=other_id,
            kind=kind,
            value=value,
            source=kind,
            spread_count=0,
            weight=weight,
        )
        for kind, value, weight in found
    ]
