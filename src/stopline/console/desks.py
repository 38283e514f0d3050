"""What the doors of the centre lead to: the desks that app.py has built, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from stopline.alliance.desk import AllianceDesk
from stopline.borders.desk import BorderDesk
from stopline.bulletin.desk import BulletinDesk
from stopline.cases.desk import CasesDesk
from stopline.console.accounts import Accounts
from stopline.dissuasion.desk import DissuasionDesk
from stopline.funds.desk import FundsDesk
from stopline.kernel.clock import Clock
from stopline.law.acts import Act
from stopline.law.appeal_desk import AppealDesk
from stopline.law.office import Office
from stopline.law.read_desk import ReadDesk
from stopline.screening.desk import ScreeningDesk
from stopline.settings import Settings
from stopline.stores.lake import Lake
from stopline.stores.outbox import Outbox
from stopline.stores.screening_state import Snapshots
from stopline.stores.store import Store
from stopline.syndicates.desk import SyndicateDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """One desk a part of the mission."""

    screening: ScreeningDesk
    funds: FundsDesk
    dissuasion: DissuasionDesk
    cases: CasesDesk
    syndicates: SyndicateDesk
    borders: BorderDesk
    alliance: AllianceDesk
    bulletin: BulletinDesk
    appeals: AppealDesk
    reads: ReadDesk


class Centre(Protocol):
    """The running centre as its doors see it; app.py builds it."""

    @property
    def settings(self) -> Settings:
        """What the operator chose."""
        ...

    @property
    def store(self) -> Store:
        """The ledger of acts."""
        ...

    @property
    def lake(self) -> Lake:
        """The feature rows of allowed calls."""
        ...

    @property
    def snapshots(self) -> Snapshots:
        """The live state of screening on its way to disk, and the lock that keeps batches and snapshots apart."""
        ...

    @property
    def clock(self) -> Clock:
        """The centre's time."""
        ...

    @property
    def office(self) -> Office:
        """The law in force."""
        ...

    @property
    def outbox(self) -> Outbox:
        """The facts on their way."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Who may sign in."""
        ...

    @property
    def desks(self) -> Desks:
        """The parts of the mission."""
        ...

    @property
    def acts(self) -> Sequence[Act]:
        """Everything that an officer can do."""
        ...

    @property
    def kinds(self) -> Mapping[str, type]:
        """Record types by table name."""
        ...
