"""Syndicates: networks from evidence, roles as claims, operations with two signatures, wanted notices."""

from __future__ import annotations

from stopline.syndicates.network import Network, NetworkNode, Sighting
from stopline.syndicates.notices import Notice, Suspect, Tip, TipContact
from stopline.syndicates.operations import Operation, OperationTarget
from stopline.syndicates.roles import RoleClaim

RECORDS: tuple[type, ...] = (
    Network,
    NetworkNode,
    Sighting,
    RoleClaim,
    Operation,
    OperationTarget,
    Suspect,
    Notice,
    Tip,
    TipContact,
)
