"""What carriers and banks have in their registers: whose line, device or account it is, and which are businesses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from stopline.nation.accounts import Vault
from stopline.nation.events import Holder, RegisteredLine
from stopline.nation.messages import name_of
from stopline.nation.population import Population, Trade
from stopline.nation.syndicates import Papers, Part, Person, Syndicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """The registers of all institutions together; each answers only for its own."""

    people: Population
    index: dict[str, int]
    devices: dict[str, Syndicate]
    vault: Vault
    papers: Papers
    year: int

    def businesses(self) -> tuple[RegisteredLine, ...]:
        """Return the numbers registered as businesses."""
        return tuple(
            RegisteredLine(
                line=self.people.numbers[line],
                kind=Trade(int(self.people.trade[line])).name.lower(),
                owner=f"{name_of(line * 7_919)[0]} ({self.people.carrier_code(line)})",
            )
            for line in np.flatnonzero(self.people.registered).tolist()
        )

    def holder_of(self, value: str) -> Holder | None:
        """Return who stands behind a line, a device or an account, or None where nobody knows."""
        if value in self.index:
            return self.line_holder(self.index[value])
        if value in self.devices:
            return _holder(value, "device", self.devices[value].people[Part.OPERATOR], institution="C1")
        account = self.vault.find_number(value)
        if account is None:
            return None
        if account.owner in self.papers:
            return _holder(value, "account", self.papers[account.owner], institution=account.bank)
        owner = self.line_holder(self.index[account.owner])
        return replace(owner, value=value, kind="account", institution=account.bank)

    def line_holder(self, line: int) -> Holder:
        """Return who signed for a line; a card in the hands of fraud was bought in somebody's name."""
        people = self.people
        name, latin = name_of(line * 7_919)
        born = date(self.year - int(people.age[line]), 1, 1) + timedelta(days=int(people.birth_day[line]))
        return Holder(
            value=people.numbers[line],
            kind="line",
            name=name,
            name_latin=latin,
            birth_on=born.isoformat(),
            sex="f" if people.woman[line] else "m",
            document_no=f"{people.district(line)}{born:%Y%m%d}{line % 10_000:04d}",
            phone=people.numbers[line],
            institution=people.carrier_code(line),
        )


def _holder(value: str, kind: str, somebody: Person, *, institution: str) -> Holder:
    return Holder(
        value=value,
        kind=kind,
        name=somebody.name,
        name_latin=somebody.name_latin,
        birth_on=somebody.birth_on,
        sex=somebody.sex,
        document_no=somebody.document_no,
        phone=somebody.phone,
        institution=institution,
    )
