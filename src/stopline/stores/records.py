"""Every record type that the ledger keeps; a type that is not listed here cannot be saved."""

from __future__ import annotations

from stopline import alliance, borders, bulletin, cases, dissuasion, funds, screening, syndicates
from stopline.law.appeal import Appeal
from stopline.law.authorization import Authorization, Override
from stopline.law.enforcement import Enforcement
from stopline.law.machines import Transition
from stopline.law.measure import Measure
from stopline.law.notification import Notification
from stopline.law.organisation import Institution, Officer, Unit
from stopline.law.reads import OfficerTie, ReadAlert, ReadSample
from stopline.stores.tables import Mapper, mapper

LAW = (Unit, Officer, Institution, Override, Measure, Authorization, Enforcement, Notification, Appeal, Transition)
READS = (ReadSample, ReadAlert, OfficerTie)
CAPABILITIES = (
    *screening.RECORDS,
    *funds.RECORDS,
    *dissuasion.RECORDS,
    *cases.RECORDS,
    *syndicates.RECORDS,
    *borders.RECORDS,
    *alliance.RECORDS,
    *bulletin.RECORDS,
)

MAPPERS: dict[str, Mapper] = {mapper(kind).table.name: mapper(kind) for kind in (*LAW, *READS, *CAPABILITIES)}
