"""A network: lines, accounts and devices tied by evidence. It is intelligence; nothing follows from it by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from stopline.syndicates.ranking import Ranked

Columns = tuple[tuple[str, ...], ...]


class NodeKind(StrEnum):
    """What a node of a network stands for."""

    LINE = "line"
    ACCOUNT = "account"
    DEVICE = "device"
    PERSON = "person"


class TieKind(StrEnum):
    """What ties two nodes; the kinds carry different meaning and are never added up blindly."""

    NAMED_TOGETHER = "named_together"  # one report names both
    MONEY = "money"  # money went from the first to the second
    SAME_DEVICE = "same_device"  # a line was used in a device
    CHANNEL = "channel"  # many reports' money meets in the second
    HOLDER = "holder"  # a person holds an account, a line or a device


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node. An excluded one (a victim, reporter, witness or minor) is drawn and never ranked."""

    ref: str
    kind: NodeKind
    excluded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """One tie and what shows it; `source` is whose word it is: one source counts once, however often it speaks."""

    a: str
    b: str
    kind: TieKind
    evidence: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What is known of one series' people and tools; `rankings` holds only the ranks that are stable."""

    INDEXES: ClassVar[Columns] = (("series_id",), ("stale",))

    id: str
    series_id: str
    typology: str
    report_ids: tuple[str, ...]
    nodes: tuple[Node, ...]
    ties: tuple[Tie, ...]
    created_at: datetime
    changed_at: datetime
    stale: bool = True
    ranked_at: datetime | None = None
    rankings: dict[str, tuple[Ranked, ...]] | None = None
    hidden_count: int = 0
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkNode:
    """In which network a node stands; the id is `network:ref`."""

    INDEXES: ClassVar[Columns] = (("ref",), ("network_id",))

    id: str
    network_id: str
    ref: str
    kind: NodeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Which lines and accounts one report names, and how far its money was seen to go; the id is the report's."""

    id: str
    own_line: str
    own_accounts: tuple[str, ...]
    lines: tuple[str, ...]
    accounts: tuple[str, ...]
    reached: tuple[str, ...]
    at: datetime


def drawn(network: Network, sightings: Iterable[Sighting], *, at: datetime) -> Network:
    """Return the network with everything that its reports show; what stood in it before stays."""
    nodes = {node.ref: node for node in network.nodes}
    ties = dict.fromkeys(network.ties)
    for seen in sightings:
        _draw(seen, nodes, ties)
    return grown(network, nodes, ties, at=at)


def grown(network: Network, nodes: Mapping[str, Node], ties: Iterable[Tie], *, at: datetime) -> Network:
    """Return the network with these nodes and ties, to be ranked afresh if anything is new."""
    after_nodes = tuple(nodes[ref] for ref in sorted(nodes))
    after_ties = tuple(sorted(ties, key=lambda tie: (tie.a, tie.b, tie.kind.value, tie.evidence)))
    if after_nodes == network.nodes and after_ties == network.ties:
        return network
    return replace(network, nodes=after_nodes, ties=after_ties, stale=True, changed_at=at, version=network.version + 1)


def with_device(network: Network, device: str, lines: Iterable[str], evidence: str, *, at: datetime) -> Network:
    """Return the network with a device and the lines used in it."""
    nodes = {node.ref: node for node in network.nodes}
    nodes.setdefault(device, Node(ref=device, kind=NodeKind.DEVICE))
    ties = dict.fromkeys(network.ties)
    for line in lines:
        nodes.setdefault(line, Node(ref=line, kind=NodeKind.LINE))
        ties[Tie(a=device, b=line, kind=TieKind.SAME_DEVICE, evidence=evidence, source=f"device:{device}")] = None
    return grown(network, nodes, ties, at=at)


def with_channel(network: Network, account: str, sightings: Iterable[Sighting], *, at: datetime) -> Network:
    """Return the network with an account in which the money of several of its reports meets."""
    nodes = {node.ref: node for node in network.nodes}
    nodes.setdefault(account, Node(ref=account, kind=NodeKind.ACCOUNT))
    ties = dict.fromkeys(network.ties)
    for seen in sightings:
        for first in seen.accounts:
            if first != account and first in nodes:
                evidence = f"trace:{seen.id}"
                ties[Tie(a=first, b=account, kind=TieKind.CHANNEL, evidence=evidence, source=seen.id)] = None
    return grown(network, nodes, ties, at=at)


def _draw(seen: Sighting, nodes: dict[str, Node], ties: dict[Tie, None]) -> None:
    evidence = f"report:{seen.id}"
    for own, kind in ((seen.own_line, NodeKind.LINE), *((name, NodeKind.ACCOUNT) for name in seen.own_accounts)):
        if own in nodes:  # whoever reports is never a member of what was done to them
            nodes[own] = Node(ref=own, kind=kind, excluded="victim")
    for line in seen.lines:
        nodes.setdefault(line, Node(ref=line, kind=NodeKind.LINE))
        for account in seen.accounts:
            ties[Tie(a=line, b=account, kind=TieKind.NAMED_TOGETHER, evidence=evidence, source=seen.id)] = None
    for account in seen.accounts:
        nodes.setdefault(account, Node(ref=account, kind=NodeKind.ACCOUNT))
    for further in seen.reached:
        nodes.setdefault(further, Node(ref=further, kind=NodeKind.ACCOUNT))
        for account in seen.accounts:
            if account != further:
                ties[Tie(a=account, b=further, kind=TieKind.MONEY, evidence=f"trace:{seen.id}", source=seen.id)] = None
