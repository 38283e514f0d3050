"""Networks and money as drawings made on the server: positions in columns, every figure also in a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stopline.console.formats import inert
from stopline.kernel.ledger import Ledger

if TYPE_CHECKING:
    from stopline.console.frame import Visit

_NODES_MOST = 72
_ROW, _COLUMN, _BOX, _TOP, _BOW = 34, 250, 170, 44, 48
_DEPTH_MOST = 5
_KIND_ORDER = ("person", "line", "device", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One node: its place, its words and its class."""

    x: float
    y: float
    label: str
    sub: str
    tone: str
    title: str
    width: int = _BOX


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One tie: a curve from a box to a box, with a width that follows what it carries."""

    d: str
    tone: str
    width: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A drawing: its size, its columns' headings, and what is in it. `left_out` nodes did not fit."""

    width: int
    height: int
    headings: Sequence[tuple[float, str]]
    boxes: Sequence[Box]
    paths: Sequence[Path]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """One hypothesis about a role: where it ranks, within which interval, and what was claimed of it."""

    node: str
    role: str
    rank: int | None
    low: int | None
    high: int | None
    score: float | None
    claim: Any = None


def draw_network(visit: Visit, ledger: Ledger, network: Any) -> tuple[Drawing | None, list[RoleRow]]:  # noqa: ANN401 - any network
    """Return a network in columns by kind of node, best tied first, and its roles as hypotheses."""
    degree: Counter[str] = Counter()
    for tie in network.ties:
        degree.update((tie.a, tie.b))
    ranked = sorted(network.nodes, key=lambda node: (-degree[node.ref], node.ref))
    kept = ranked[:_NODES_MOST]
    if not kept:
        return None, []
    rows = _roles(visit, ledger, network)
    roles = {row.node: row.role for row in rows}
    depth = _depths(network, {node.ref for node in kept if str(node.kind) == "account"})
    columns = {node.ref: (_KIND_ORDER.index(str(node.kind)), depth.get(node.ref, 0)) for node in kept}
    used = sorted(set(columns.values()))
    places: dict[str, tuple[float, float]] = {}
    filled: Counter[tuple[int, int]] = Counter()
    boxes = []
    for node in kept:
        kind, column = str(node.kind), columns[node.ref]
        x, y = 12.0 + used.index(column) * _COLUMN, float(_TOP + filled[column] * _ROW)
        filled[column] += 1
        places[node.ref] = (x, y)
        role = visit.words.word("value", roles[node.ref]) if node.ref in roles else ""
        excluded = visit.words.word("value", node.excluded) if node.excluded else ""
        toned = "excluded" if excluded else "role" if role else kind
        said = excluded or (f"{role}?" if role else "")
        boxes.append(Box(x=x, y=y, label=_short(node.ref), sub=said, tone=toned, title=inert(node.ref, most=80)))
    paths = _ties(visit, network.ties, places)
    headings = [
        (
            12.0 + place * _COLUMN,
            visit.words.word("value", _KIND_ORDER[column[0]]) + (f" {column[1]}" if column[1] else ""),
        )
        for place, column in enumerate(used)
    ]
    height = _TOP + max(filled.values()) * _ROW + 8
    width = 24 + (len(used) - 1) * _COLUMN + _BOX + _BOW
    left = len(ranked) - len(kept)
    return Drawing(width=width, height=height, headings=headings, boxes=boxes, paths=paths, left_out=left), rows


def _depths(network: Any, accounts: set[str]) -> dict[str, int]:  # noqa: ANN401 - any network
    """Return how many payments each account lies behind the first one; a cycle stays where it was first reached."""
    onward: dict[str, list[str]] = {}
    for tie in network.ties:
        if str(tie.kind) == "money" and tie.a in accounts and tie.b in accounts:
            onward.setdefault(tie.a, []).append(tie.b)
    reached = {account for following in onward.values() for account in following}
    depth = {account: 1 for account in onward if account not in reached}
    frontier = list(depth)
    while frontier:
        account = frontier.pop(0)
        for following in onward.get(account, ()):
            if following not in depth:
                depth[following] = min(_DEPTH_MOST, depth[account] + 1)
                frontier.append(following)
    return depth


def draw_trace(visit: Visit, trace: Any) -> tuple[Drawing | None, list[Any]]:  # noqa: ANN401 - any trace
    """Return traced money layered by (account, tier): an account that money comes back to stands in each tier."""
    claims: dict[tuple[str, int], int] = Counter()
    for edge in trace.edges:
        claims[edge.target, edge.tier] += edge.amount_minor
    if not claims:
        return None, list(trace.claims)
    layers: dict[int, list[str]] = {}
    for account, tier in sorted(claims, key=lambda key: (key[1], -claims[key], key[0])):
        layers.setdefault(tier, []).append(account)
    sources = sorted({edge.source for edge in trace.edges if (edge.source, edge.tier - 1) not in claims})
    layers[min(layers) - 1] = sources
    places: dict[tuple[str, int], tuple[float, float]] = {}
    boxes, shown, currency = [], 0, trace.currency
    for column, tier in enumerate(sorted(layers)):
        for row, account in enumerate(layers[tier][:_NODES_MOST]):
            x, y = 12.0 + column * _COLUMN, float(_TOP + row * _ROW)
            places[account, tier] = (x, y)
            amount = claims.get((account, tier), 0)
            money = visit.formats.money_compact(amount, currency) if amount else ""
            toned = "source" if not amount else "account"
            title = f"{inert(account, most=80)} {visit.formats.money(amount, currency) if amount else ''}"
            boxes.append(Box(x=x, y=y, label=_short(account), sub=money, tone=toned, title=title.strip()))
            shown += 1
    paths = _flows(visit, trace, places)
    heads = [(12.0 + place * _COLUMN, _tier_word(visit, tier)) for place, tier in enumerate(sorted(layers))]
    height = _TOP + max(min(len(names), _NODES_MOST) for names in layers.values()) * _ROW + 8
    width = 24 + (len(layers) - 1) * _COLUMN + _BOX
    left = len(claims) + len(sources) - shown
    drawing = Drawing(width=width, height=height, headings=heads, boxes=boxes, paths=paths, left_out=left)
    return drawing, list(trace.claims)


def _flows(visit: Visit, trace: Any, places: dict[tuple[str, int], tuple[float, float]]) -> list[Path]:  # noqa: ANN401 - any trace
    most = max(edge.amount_minor for edge in trace.edges) or 1
    paths = []
    for edge in trace.edges:
        start = places.get((edge.source, edge.tier - 1)) or _anywhere(places, edge.source, edge.tier)
        end = places.get((edge.target, edge.tier))
        if start is None or end is None:
            continue
        width = 1.0 + 9.0 * edge.amount_minor / most
        title = f"{inert(edge.reference, most=40)} {visit.formats.money(edge.amount_minor, trace.currency)}"
        paths.append(Path(d=_curve(start, end), tone="money", width=round(width, 1), title=title))
    return paths


def _anywhere(
    places: dict[tuple[str, int], tuple[float, float]], account: str, before: int
) -> tuple[float, float] | None:
    tiers = [tier for name, tier in places if name == account and tier < before]
    return places[account, max(tiers)] if tiers else None


def _ties(visit: Visit, ties: Iterable[Any], places: dict[str, tuple[float, float]]) -> list[Path]:
    paths = []
    for tie in ties:
        if tie.a in places and tie.b in places:
            kind = str(tie.kind)
            title = f"{visit.words.word('value', kind)}: {inert(tie.evidence, most=80)}"
            paths.append(Path(d=_curve(places[tie.a], places[tie.b]), tone=kind, width=1.2, title=title))
    return paths


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    y1, y2 = y1 + 12, y2 + 12
    if x1 == x2:  # within a column: a bow on its right side
        edge = x1 + _BOX
        return f"M{edge:.0f},{y1:.0f} C{edge + 46:.0f},{y1:.0f} {edge + 46:.0f},{y2:.0f} {edge:.0f},{y2:.0f}"
    if x1 > x2:
        x1, y1, x2, y2 = x2, y2, x1, y1
    x1 += _BOX
    middle = (x1 + x2) / 2
    return f"M{x1:.0f},{y1:.0f} C{middle:.0f},{y1:.0f} {middle:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"


def _roles(visit: Visit, ledger: Ledger, network: Any) -> list[RoleRow]:  # noqa: ANN401 - any network
    claim_type = visit.site.centre.kinds.get("role_claim")
    found: list[Any] = ledger.find(claim_type, network_id=network.id, limit=200) if claim_type else []
    claims = {(claim.node, str(claim.role)): claim for claim in found}
    rows = []
    for role, ranks in (network.rankings or {}).items():
        for ranked in ranks[:10]:
            claim = claims.pop((ranked.node, role), None)
            place = {"rank": ranked.rank, "low": ranked.rank_low, "high": ranked.rank_high, "score": ranked.score}
            rows.append(RoleRow(node=ranked.node, role=role, claim=claim, **place))
    for (node, role), claim in claims.items():
        rows.append(RoleRow(node=node, role=role, rank=None, low=None, high=None, score=None, claim=claim))
    return rows


def _tier_word(visit: Visit, tier: int) -> str:
    return visit.words.say("paid by") if tier <= 0 else visit.words.say("tier {tier}", tier=tier)


def _short(text: str) -> str:
    shown = inert(text, most=60)
    return shown if len(shown) <= 20 else f"{shown[:9]}…{shown[-9:]}"
