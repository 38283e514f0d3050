"""Ranks of nodes with intervals under loss of ties; a rank that does not hold is hidden, and none is a ground."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import rustworkx
from numpy.typing import NDArray

_DRAWS = 40  # networks with a tenth of their ties dropped
_DROPPED_RATIO = 0.10
_LOW, _HIGH = 5, 95  # percentiles of the interval
_NODES_MOST = 5_000  # beyond this betweenness is not computed inside a transaction

Weighted = tuple[int, int, float]  # indices of two nodes and what ties them


class Role(StrEnum):
    """What somebody may be in a syndicate: a claim with evidence, never a score."""

    FINANCIER = "financier"
    RINGLEADER = "ringleader"
    KEY_MEMBER = "key_member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The place of one node, and between which places it lies when a tenth of the ties is missing (1 = first)."""

    node: str
    score: float
    rank: int
    rank_low: int
    rank_high: int
    reasons: tuple[str, ...] = ()


def ranks(nodes: Sequence[str], ties: Sequence[Weighted], money: Sequence[Weighted], role: Role) -> list[Ranked]:
    """Rank every node for a role; a financier is sought in the money alone. Deterministic for the same input."""
    used = money if role is Role.FINANCIER else ties
    if not nodes or not used or len(nodes) > _NODES_MOST:
        return []
    generator = np.random.Generator(np.random.PCG64(_seed(nodes, used, role)))
    scores = _scores(len(nodes), used, role)
    draws = np.empty((_DRAWS, len(nodes)))
    for draw in range(_DRAWS):
        kept = generator.random(len(used)) >= _DROPPED_RATIO
        left = [tie for tie, keep in zip(used, kept, strict=True) if keep]
        draws[draw] = _places(_scores(len(nodes), left, role))
    low = np.floor(np.percentile(draws, _LOW, axis=0)).astype(int)
    high = np.ceil(np.percentile(draws, _HIGH, axis=0)).astype(int)
    places = _places(scores)
    found = [
        Ranked(
            node=nodes[index],
            score=round(float(scores[index]), 6),
            rank=int(places[index]),
            rank_low=int(min(low[index], places[index])),
            rank_high=int(max(high[index], places[index])),
            reasons=(_REASON[role],),
        )
        for index in range(len(nodes))
        if scores[index] > 0
    ]
    return sorted(found, key=lambda row: (row.rank, row.node))


def stable(rows: Sequence[Ranked], *, of_count: int) -> tuple[tuple[Ranked, ...], int]:
    """Return the ranks that hold, and how many were hidden: an interval wider than an eighth of the network."""
    widest = max(2, of_count // 8)
    kept = tuple(row for row in rows if row.rank_high - row.rank_low <= widest)
    return kept, len(rows) - len(kept)


def _scores(count: int, ties: Sequence[Weighted], role: Role) -> NDArray[np.float64]:
    if not ties:
        return np.zeros(count)
    first = np.array([a for a, _, _ in ties])
    second = np.array([b for _, b, _ in ties])
    weights = np.array([weight for _, _, weight in ties], dtype=np.float64)
    leaving = np.bincount(first, weights, count).astype(np.float64)
    arriving = np.bincount(second, weights, count).astype(np.float64)
    if role is Role.FINANCIER:  # where the money comes together and does not go on
        return _share(np.maximum(arriving - leaving / 2, 0))
    strength = _share(leaving + arriving)
    if role is Role.KEY_MEMBER:
        return strength
    graph: rustworkx.PyGraph[int, None] = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(count))
    graph.add_edges_from_no_data([(a, b) for a, b, _ in ties if a != b])
    between = rustworkx.graph_betweenness_centrality(graph, normalized=False)
    return (strength + _share(np.array([between[node] for node in range(count)]))) / 2


def _share(values: NDArray[np.float64]) -> NDArray[np.float64]:
    most = float(values.max(initial=0.0))
    return values / most if most > 0 else np.zeros_like(values)


def _places(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return competition ranks: nodes of the same score share the better place."""
    order = np.sort(-scores)
    return (np.searchsorted(order, -scores, side="left") + 1).astype(np.int64)


def _seed(nodes: Sequence[str], ties: Sequence[Weighted], role: Role) -> int:
    """The same network gives the same draws: an interval can be recomputed by anybody."""
    text = repr((tuple(nodes), tuple(ties), role.value))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


_REASON = {
    Role.FINANCIER: "money of several sources comes together here",
    Role.RINGLEADER: "many ties pass through here",
    Role.KEY_MEMBER: "many independent sources name it",
}
