"""The alliance: requests and what leaves the house, dens, victim screening, transfers of persons."""

from __future__ import annotations

from stopline.alliance.persons import CustodyRecord, Den, Handover, Incident, Transfer, VictimScreening
from stopline.alliance.requests import CooperationRequest, Disclosure

RECORDS: tuple[type, ...] = (
    CooperationRequest,
    Disclosure,
    Den,
    VictimScreening,
    Transfer,
    CustodyRecord,
    Handover,
    Incident,
)
