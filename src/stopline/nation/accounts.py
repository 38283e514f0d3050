"""The country's money: accounts at six banks, transfers between them, amounts held on order.

No transfer makes or loses a fen: what all accounts hold together is what was opened with them.
Split ratios, hops and minutes per hop are in no public source; ours are parameters and claim nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np

from stopline.kernel.money import apportion
from stopline.nation.agenda import Agenda
from stopline.nation.events import BankTransfer, StopOutcome, Stopped
from stopline.nation.population import BANKS

CURRENCY: Final = "CNY"


class Use(StrEnum):
    """What an account is truly for."""

    PERSON = "person"
    MERCHANT = "merchant"
    MULE = "mule"
    CHANNEL = "channel"
    CASH = "cash"


@dataclass(slots=True, kw_only=True)
class Account:
    """One account: what it holds, how much of that is held on order, and its statement.

    `sealed` holds also what comes later. `stolen_minor` is what came in of victims' money,
    `victims` whose; both are truth that no bank knows.
    """

    bank: str
    number: str
    use: Use
    owner: str
    tier: int = 0
    syndicate: int = -1
    balance_minor: int = 0
    held_minor: int = 0
    sealed: bool = False
    stolen_minor: int = 0
    victims: set[int] = field(default_factory=set)
    entries: list[BankTransfer] = field(default_factory=list)

    @property
    def free_minor(self) -> int:
        """What the owner can move."""
        return 0 if self.sealed else self.balance_minor - self.held_minor


class Vault:
    """All accounts of the country."""

    def __init__(self, instant: Callable[[float], datetime]) -> None:
        self._instant = instant
        self._accounts: dict[tuple[str, str], Account] = {}
        self._serial = 0
        self._references = 0
        self._minute: list[BankTransfer] = []
        self.opened_minor = 0

    def all(self) -> tuple[Account, ...]:
        """Return every account, in the order they were opened."""
        return tuple(self._accounts.values())

    def open(
        self, bank: str, use: Use, *, owner: str, balance_minor: int, tier: int = 0, syndicate: int = -1
    ) -> Account:
        """Open an account with what its owner brings."""
        self._serial += 1
        number = f"62{BANKS.index(bank) + 1:02d}{(self._serial * 7_368_787) % 10**12:012d}"
        account = Account(
            bank=bank,
            number=number,
            use=use,
            owner=owner,
            tier=tier,
            syndicate=syndicate,
            balance_minor=balance_minor,
        )
        self._accounts[bank, number] = account
        self.opened_minor += balance_minor
        return account

    def find(self, bank: str, number: str) -> Account | None:
        """Return an account, or None where the bank knows none of that number."""
        return self._accounts.get((bank, number))

    def find_number(self, number: str) -> Account | None:
        """Return the account of a number at whichever bank it is."""
        return next((found for bank in BANKS if (found := self.find(bank, number))), None)

    def total_minor(self) -> int:
        """Return what all accounts hold together."""
        return sum(account.balance_minor for account in self._accounts.values())

    def move(self, at_s: float, source: Account, target: Account, amount_minor: int) -> BankTransfer | None:
        """Move money, or return None when the source has not so much free."""
        if not 0 < amount_minor <= source.free_minor:
            return None
        stolen = min(source.stolen_minor, amount_minor)
        source.balance_minor -= amount_minor
        source.stolen_minor -= stolen
        target.balance_minor += amount_minor
        target.stolen_minor += stolen
        if stolen:
            target.victims |= source.victims
        if target.sealed:
            target.held_minor = target.balance_minor
        self._references += 1
        done = BankTransfer(
            reference=f"T{self._references:09d}",
            at=self._instant(at_s),
            source=source.number,
            source_bank=source.bank,
            target=target.number,
            target_bank=target.bank,
            amount_minor=amount_minor,
            currency=CURRENCY,
        )
        source.entries.append(done)
        target.entries.append(done)
        self._minute.append(done)
        return done

    def take_minute(self) -> tuple[BankTransfer, ...]:
        """Return the transfers since the last call, oldest first."""
        done, self._minute = tuple(self._minute), []
        return done

    def stop(self, bank: str, number: str, amount_minor: int | None) -> Stopped:
        """Hold an amount of an account, or all of it and what comes later (None)."""
        account = self.find(bank, number)
        if account is None:
            return Stopped(outcome=StopOutcome.MISMATCH, applied_minor=0, balance_minor=0)
        free = account.balance_minor - account.held_minor
        if amount_minor is None:
            account.sealed = True
            account.held_minor = account.balance_minor
            outcome = StopOutcome.ACTIVE_FULL
            return Stopped(outcome=outcome, applied_minor=free, balance_minor=account.balance_minor)
        applied = min(free, amount_minor)
        account.held_minor += applied
        if applied == 0:
            outcome = StopOutcome.EMPTY
        else:
            outcome = StopOutcome.ACTIVE_FULL if applied == amount_minor else StopOutcome.ACTIVE_PART
        return Stopped(outcome=outcome, applied_minor=applied, balance_minor=account.balance_minor)

    def release(self, bank: str, number: str, amount_minor: int | None) -> Stopped:
        """Let go of an amount that is held, or of all of it."""
        account = self.find(bank, number)
        if account is None:
            return Stopped(outcome=StopOutcome.MISMATCH, applied_minor=0, balance_minor=0)
        released = account.held_minor if amount_minor is None else min(account.held_minor, amount_minor)
        account.sealed = False
        account.held_minor -= released
        return Stopped(outcome=StopOutcome.RELEASED, applied_minor=released, balance_minor=account.balance_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Laundry:
    """One syndicate's accounts: three tiers of mules, the channel if it has one, and where cash is drawn."""

    first: tuple[Account, ...]
    second: tuple[Account, ...]
    third: tuple[Account, ...]
    channel: Account | None
    cash: tuple[Account, ...]
    shops: tuple[Account, ...]

    def arrive(self, rng: np.random.Generator, agenda: Agenda, vault: Vault, *, at_s: float, account: Account) -> None:
        """Money has come into an account of the chain: put down when it goes on, minutes later."""
        median_s = (280.0, 420.0, 600.0)[min(account.tier, 3) - 1] if account.use is Use.MULE else 1_500.0
        delay_s = float(rng.lognormal(np.log(median_s), 0.75))
        agenda.put(at_s + delay_s, lambda now: self._pass_on(rng, agenda, vault, now, account))

    def _pass_on(self, rng: np.random.Generator, agenda: Agenda, vault: Vault, at_s: float, account: Account) -> None:
        targets = self._targets(rng, account)
        amount = account.free_minor * 99 // 100  # one in a hundred is the mule's own
        if amount < 100 * len(targets):
            return
        weights = rng.integers(1, 10, len(targets)).tolist()
        for target, part in zip(targets, apportion(amount, weights), strict=True):
            moved = vault.move(at_s, account, target, part)
            if moved is not None and target.use in (Use.MULE, Use.CHANNEL):
                self.arrive(rng, agenda, vault, at_s=at_s, account=target)

    def _targets(self, rng: np.random.Generator, account: Account) -> list[Account]:
        if account.use is Use.CHANNEL or account.tier == 1:
            pool = [mule for mule in self.second if mule.bank != account.bank]
            if self.channel is not None and account.tier == 1 and rng.random() < 0.35:
                return [self.channel]
        elif account.tier == 2:
            pool = [mule for mule in self.third if mule.bank != account.bank]
        elif rng.random() < 0.15:
            return [self.shops[int(rng.integers(0, len(self.shops)))]]
        else:
            pool = list(self.cash)
        count = min(len(pool), int(rng.integers(1, 4)))
        return [pool[place] for place in rng.permutation(len(pool))[:count].tolist()]
