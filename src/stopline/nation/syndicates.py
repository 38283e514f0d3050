"""The other side: syndicates with their people, cards, SIM boxes, texts and accounts, and their plan for the day.

Everything here is truth: nobody outside this process may see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from stopline.nation.accounts import Account, Laundry, Use, Vault
from stopline.nation.messages import name_of
from stopline.nation.population import BANKS, DISTRICTS, Population

NEW_TRICK: Final = "subsidy"
NEW_TRICK_FROM_S: Final = 9.75 * 3600


class Part(StrEnum):
    """What somebody is in a syndicate."""

    FINANCIER = "financier"
    RINGLEADER = "ringleader"
    KEY_MEMBER = "key_member"
    OPERATOR = "operator"
    CHANNEL_HOLDER = "channel_holder"
    CASH_COURIER = "cash_courier"
    ORGANISER = "organiser"
    RECRUIT = "recruit"
    WORKER = "worker"
    MULE = "mule"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with papers; `birth_on` is an ISO date, `phone` a line or empty."""

    name: str
    name_latin: str
    birth_on: str
    sex: str
    document_no: str
    phone: str = ""
    part: Part = Part.NOBODY
    syndicate: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A SIM box: one device in one cell that speaks with many cards."""

    device: str
    cell: str
    cards: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Syndicate:
    """One syndicate; `share` is its part of all contacts and of all people who fall for it."""

    index: int
    typology: str
    share: float
    people: dict[Part, Person]
    boxes: tuple[Box, ...]
    laundry: Laundry
    spoofs: bool
    district: int = -1  # where its trick is tried; -1 = everywhere
    links: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()


# typology, share of contacts, of cards, spoofs from abroad, has a payment channel
_TRADES: Final = (
    ("rebate", 0.22, 0.18, False, True),
    ("authority", 0.20, 0.06, True, False),
    ("customer_service", 0.20, 0.28, False, False),
    ("loan", 0.12, 0.20, False, False),
    ("investment", 0.12, 0.10, True, True),
    (NEW_TRICK, 0.14, 0.18, False, False),
)
COUNT: Final = len(_TRADES)


def person(rng: np.random.Generator, part: Part, *, syndicate: int = -1, phone: str = "") -> Person:
    """Return somebody new with papers of their own."""
    name, latin = name_of(int(rng.integers(0, 10**9)))
    year, month, day = int(rng.integers(1966, 2005)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
    return Person(
        name=name,
        name_latin=latin,
        birth_on=f"{year}-{month:02d}-{day:02d}",
        sex="f" if rng.random() < 0.3 else "m",
        document_no=f"E{int(rng.integers(10**7, 10**8))}",
        phone=phone,
        part=part,
        syndicate=syndicate,
    )


Papers = dict[str, Person]


def found(
    rng: np.random.Generator, people: Population, vault: Vault, papers: Papers, shops: tuple[Account, ...]
) -> tuple[Syndicate, ...]:
    """Return the country's syndicates, their cards dealt out, their accounts opened, their people in `papers`."""
    cards = rng.permutation(people.cards)
    edges = np.rint(np.cumsum([0.0, *(trade[2] for trade in _TRADES)]) * len(cards)).astype(int)
    made = []
    for index, (typology, share, _, spoofs, channel) in enumerate(_TRADES):
        leaders = {part: person(rng, part, syndicate=index) for part in _LEADING}
        papers.update((somebody.document_no, somebody) for somebody in leaders.values())
        accounts = _Opener(rng, vault, papers, index)
        made.append(
            Syndicate(
                index=index,
                typology=typology,
                share=share,
                people=leaders,
                boxes=_boxes(rng, people, cards[edges[index] : edges[index + 1]].tolist()),
                laundry=_laundry(accounts, leaders, shops, channel=channel),
                spoofs=spoofs,
                district=int(rng.integers(0, len(DISTRICTS))) if typology == NEW_TRICK else -1,
                links=tuple(f"http://{typology[:4]}{int(rng.integers(10, 99))}.example/{_slug(rng)}" for _ in range(3)),
                chats=tuple(str(int(rng.integers(10**8, 10**9))) for _ in range(3)),
            )
        )
    return tuple(made)


_LEADING: Final = (
    *(Part.FINANCIER, Part.RINGLEADER, Part.KEY_MEMBER, Part.OPERATOR),
    *(Part.CHANNEL_HOLDER, Part.CASH_COURIER),
)


def _boxes(rng: np.random.Generator, people: Population, cards: list[int]) -> tuple[Box, ...]:
    """Deal cards out to SIM boxes; a box stands in one cell, whatever its cards' papers say."""
    out = []
    for start in range(0, len(cards), _CARDS_A_BOX):
        own = tuple(cards[start : start + _CARDS_A_BOX])
        mast = int(rng.integers(0, people.cells_of_district))
        device = f"35{int(rng.integers(10**12, 10**13))}"
        out.append(Box(device=device, cell=f"{people.district(own[0])}-{mast:03d}", cards=own))
    return tuple(out)


_CARDS_A_BOX: Final = 16


@dataclass(frozen=True, slots=True)
class _Opener:
    """Opens a syndicate's accounts: mostly in the names of mules, some in its own people's."""

    rng: np.random.Generator
    vault: Vault
    papers: Papers
    syndicate: int

    def open(self, use: Use, *, tier: int = 0, owner: str = "") -> Account:
        if not owner:
            mule = person(self.rng, Part.MULE, syndicate=self.syndicate)
            self.papers[mule.document_no] = mule
            owner = mule.document_no
        bank = BANKS[int(self.rng.integers(0, len(BANKS)))]
        brought = int(self.rng.integers(1_000, 90_000)) if use is Use.MULE else 0
        return self.vault.open(bank, use, owner=owner, balance_minor=brought, tier=tier, syndicate=self.syndicate)

    def several(self, count: int, use: Use, *, tier: int = 0) -> tuple[Account, ...]:
        return tuple(self.open(use, tier=tier) for _ in range(count))


def _laundry(opener: _Opener, leaders: dict[Part, Person], shops: tuple[Account, ...], *, channel: bool) -> Laundry:
    holder, courier, member = (
        leaders[part].document_no for part in (Part.CHANNEL_HOLDER, Part.CASH_COURIER, Part.KEY_MEMBER)
    )
    own = opener.open(Use.MULE, tier=3, owner=member)
    return Laundry(
        first=opener.several(5, Use.MULE, tier=1),
        second=opener.several(6, Use.MULE, tier=2),
        third=(*opener.several(5, Use.MULE, tier=3), own),
        channel=opener.open(Use.CHANNEL, tier=1, owner=holder) if channel else None,
        cash=tuple(opener.open(Use.CASH, tier=4, owner=courier) for _ in range(3)),
        shops=shops,
    )


def _slug(rng: np.random.Generator) -> str:
    return "".join("abcdefghkmnpqrstuvwxyz23456789"[place] for place in rng.integers(0, 30, 6).tolist())
