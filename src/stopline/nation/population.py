"""Who lives here: lines and their holders, with the habits and hidden traits that the day draws on.

One table of lines: subscribers first, then desks of businesses, then lines abroad that call home,
then the SIM cards in the hands of fraud. Habits follow the published quantiles of a province's
subscribers (calls per active day, distinct-callee ratio, outgoing share, answered seconds, phones
per number, active hours); traits (age, trust, hesitation, wealth) are ours and seen by nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CARRIERS: Final = ("C1", "C2", "C3")
BANKS: Final = ("B1", "B2", "B3", "B4", "B5", "B6")
DISTRICTS: Final = tuple(
    f"{province:02d}{prefecture:02d}{county:02d}"
    for province in (1, 2, 3, 4)
    for prefecture in (1, 2)
    for county in (1, 2)
)
_PREFIXES: Final = (("138", "150", "187"), ("130", "186", "156"), ("133", "189", "199"))
_AREA_CODES: Final = ("571", "28", "755", "23")
ABROAD: Final = (("+85512", "KH"), ("+66812", "TH"), ("+6591", "SG"), ("+447911", "GB"))
_PERCENT: Final = np.array([0.0, 0.05, 0.25, 0.50, 0.75, 0.95, 1.0])

FRAUD_SHARE: Final = 0.001
_FEWEST_CARDS: Final = 24  # below 24,000 subscribers the share gives way, so that every trade still occurs


class Trade(IntEnum):
    """What a line is used for."""

    ORDINARY = 0
    COURIER = 1
    CALL_CENTRE = 2
    BANK_DESK = 3
    HOSPITAL = 4
    SCHOOL = 5
    DEBT_REMINDER = 6
    PROPERTY_AGENT = 7
    ABROAD = 8
    FRAUD_CARD = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """A published distribution by its 5, 25, 50, 75 and 95 % points, with ends of our own choosing."""

    least: float
    points: tuple[float, float, float, float, float]
    most: float

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Return `count` values whose quantiles are these, straight lines between the points."""
        return self.at(rng.random(count))

    def at(self, share: Floats) -> Floats:
        """Return the values below which these shares (0 to 1) lie."""
        return np.interp(share, _PERCENT, (self.least, *self.points, self.most))


CALLS_A_DAY: Final = Quantiles(least=1, points=(2, 6, 15, 35, 96), most=150)
CALLEE_RATIO: Final = Quantiles(least=0.03, points=(0.05, 0.09, 0.15, 0.26, 0.61), most=1)
OUTGOING_SHARE: Final = Quantiles(least=0.05, points=(0.19, 0.41, 0.52, 0.68, 1), most=1)
ANSWERED_S: Final = Quantiles(least=20, points=(35, 56, 77, 113, 230), most=420)
PHONES: Final = Quantiles(least=1, points=(1, 1, 1, 2, 3), most=6)
ACTIVE_HOURS: Final = Quantiles(least=5, points=(9, 16, 18, 20, 24), most=24)
SCAM_CALLS_A_DAY: Final = Quantiles(least=1, points=(2, 16, 36, 69, 165), most=240)
SCAM_CALLEE_RATIO: Final = Quantiles(least=0.08, points=(0.10, 0.43, 0.81, 0.95, 1), most=1)
SCAM_OUTGOING_SHARE: Final = Quantiles(least=0.1, points=(0.36, 0.75, 0.97, 1, 1), most=1)
SCAM_PHONES: Final = Quantiles(least=1, points=(1, 1, 2, 4, 11), most=20)
SCAM_ACTIVE_HOURS: Final = Quantiles(least=1, points=(3, 9, 11, 16, 23), most=24)
SCAM_ANSWERED_S: Final = Quantiles(least=15, points=(25, 57, 92, 146, 291), most=600)
_ACTIVE_TODAY: Final = 0.70  # a quarter of the subscribers are seen on fewer than 30 of 31 days


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The table of lines; arrays of one length, `subscribers` people first.

    `home` is the place of the district in DISTRICTS, `carrier` in CARRIERS, `wealth_minor` what a
    person could pay; `calls`, `share`, `ratio`, `seconds` and `hours` are today's habits of calling.
    """

    subscribers: int
    numbers: list[str]
    trade: NDArray[np.int8]
    home: NDArray[np.int8]
    carrier: NDArray[np.int8]
    registered: NDArray[np.bool_]
    age: NDArray[np.int16]
    woman: NDArray[np.bool_]
    birth_day: NDArray[np.int16]
    trust: Floats
    hesitation_s: Floats
    wealth_minor: Ints
    calls: Floats
    share: Floats
    ratio: Floats
    seconds: Floats
    phones: NDArray[np.int8]
    hours: Floats
    cell: NDArray[np.int32]
    cells_of_district: int
    cards: NDArray[np.int32]
    countries: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.numbers)

    def district(self, line: int) -> str:
        """Return the code of the county that a line belongs to."""
        return DISTRICTS[int(self.home[line])]

    def carrier_code(self, line: int) -> str:
        """Return the code of a line's carrier."""
        return CARRIERS[int(self.carrier[line])]

    def country(self, line: int) -> str:
        """Return the country that a line abroad calls from."""
        return self.countries[line % len(self.countries)]


def settle(rng: np.random.Generator, subscribers: int) -> Population:
    """Return a population of `subscribers` people with their desks, relatives abroad and fraud's cards."""
    trade = _trades(rng, subscribers)
    count = len(trade)
    home = rng.integers(0, len(DISTRICTS), count).astype(np.int8)
    carrier = rng.choice(3, count, p=(0.5, 0.28, 0.22)).astype(np.int8)
    age = np.clip(rng.gamma(6.0, 7.0, count), 10, 92).astype(np.int16)
    cells = max(3, subscribers // len(DISTRICTS) // 400)
    habits = _habits(rng, trade)
    return Population(
        subscribers=subscribers,
        numbers=_numbers(rng, trade, home, carrier),
        trade=trade,
        home=home,
        carrier=carrier,
        registered=_registered(rng, trade),
        age=age,
        woman=rng.random(count) < 0.5,
        birth_day=rng.integers(0, 365, count).astype(np.int16),
        trust=rng.beta(2.0, 3.0, count),
        hesitation_s=np.clip(rng.lognormal(np.log(75 * 60), 0.8, count), 12 * 60, 8 * 3600),
        wealth_minor=(rng.lognormal(np.log(28_000), 1.0, count) * 100).astype(np.int64),
        calls=habits[0],
        share=habits[1],
        ratio=habits[2],
        seconds=habits[3],
        phones=np.rint(PHONES.draw(rng, count)).astype(np.int8),
        hours=ACTIVE_HOURS.draw(rng, count),
        cell=(home.astype(np.int32) * cells + rng.integers(0, cells, count)).astype(np.int32),
        cells_of_district=cells,
        cards=np.flatnonzero(trade == Trade.FRAUD_CARD).astype(np.int32),
        countries=tuple(country for _, country in ABROAD),
    )


def fraud_cards(subscribers: int) -> int:
    """Return how many SIM cards fraud holds: under 0.1 % of the subscribers, but never too few to act."""
    return max(_FEWEST_CARDS, int(subscribers * FRAUD_SHARE * 0.95))


def _trades(rng: np.random.Generator, subscribers: int) -> NDArray[np.int8]:
    people = rng.choice(
        np.array([Trade.ORDINARY, Trade.COURIER, Trade.PROPERTY_AGENT], dtype=np.int8),
        subscribers,
        p=(0.992, 0.0055, 0.0025),
    )
    people[:2] = (Trade.COURIER, Trade.PROPERTY_AGENT)  # even the smallest nation has one of each
    desks = (
        (Trade.CALL_CENTRE, 3 + subscribers // 8_000),
        (Trade.BANK_DESK, len(BANKS)),
        (Trade.HOSPITAL, 2 + subscribers // 6_000),
        (Trade.SCHOOL, 2 + subscribers // 4_000),
        (Trade.DEBT_REMINDER, 1 + subscribers // 20_000),
        (Trade.ABROAD, 8 + subscribers // 150),
        (Trade.FRAUD_CARD, fraud_cards(subscribers)),
    )
    parts = [np.full(count, trade, dtype=np.int8) for trade, count in desks]
    return np.concatenate([people.astype(np.int8), *parts])


def _registered(rng: np.random.Generator, trade: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Most businesses have registered their numbers with their carrier; some never got round to it."""
    share = np.zeros(len(Trade))
    share[Trade.COURIER] = 0.90
    share[Trade.PROPERTY_AGENT] = 0.80
    share[Trade.CALL_CENTRE] = 0.95
    share[Trade.BANK_DESK] = 1.0
    share[Trade.HOSPITAL] = 0.95
    share[Trade.SCHOOL] = 0.90
    share[Trade.DEBT_REMINDER] = 0.75
    return rng.random(len(trade)) < share[trade]


def _habits(rng: np.random.Generator, trade: NDArray[np.int8]) -> tuple[Floats, Floats, Floats, Floats]:
    """Return calls a day (in and out), outgoing share, distinct-callee ratio and mean answered seconds."""
    count = len(trade)
    calls = CALLS_A_DAY.draw(rng, count) * (rng.random(count) < _ACTIVE_TODAY)
    share = OUTGOING_SHARE.draw(rng, count)
    ratio = CALLEE_RATIO.draw(rng, count)
    seconds = ANSWERED_S.draw(rng, count)
    for kind, low, high, out, strangers, mean_s in BUSINESS:
        rows = np.flatnonzero(trade == kind)
        calls[rows] = rng.uniform(low, high, len(rows))
        share[rows] = np.clip(rng.normal(out, 0.05, len(rows)), 0.3, 1)
        ratio[rows] = np.clip(rng.normal(strangers, 0.08, len(rows)), 0.2, 1)
        seconds[rows] = rng.lognormal(np.log(mean_s), 0.25, len(rows))
    abroad = trade == Trade.ABROAD
    calls[abroad] = np.minimum(calls[abroad], 12)
    calls[trade == Trade.FRAUD_CARD] = 0  # what fraud's cards do is planned by their syndicates
    return calls, share, ratio, seconds


# trade, calls a day from, to, outgoing share, distinct-callee ratio, mean answered seconds
BUSINESS: Final = (
    (Trade.COURIER, 70, 190, 0.72, 0.62, 28),
    (Trade.PROPERTY_AGENT, 40, 130, 0.78, 0.55, 75),
    (Trade.CALL_CENTRE, 350, 800, 0.90, 0.85, 95),
    (Trade.BANK_DESK, 250, 600, 0.55, 0.85, 110),
    (Trade.HOSPITAL, 120, 300, 0.55, 0.70, 70),
    (Trade.SCHOOL, 40, 120, 0.60, 0.70, 60),
    (Trade.DEBT_REMINDER, 250, 500, 0.96, 0.60, 40),
)


def _numbers(
    rng: np.random.Generator,
    trade: NDArray[np.int8],
    home: NDArray[np.int8],
    carrier: NDArray[np.int8],
) -> list[str]:
    step, offset = 61_803_399, int(rng.integers(0, 10**8))  # odd and not a multiple of five: no number twice
    tails = (np.arange(len(trade), dtype=np.int64) * step + offset) % 10**8
    which = rng.integers(0, 3, len(trade)).tolist()
    rows = zip(trade.tolist(), home.tolist(), carrier.tolist(), tails.tolist(), which, strict=True)
    serial = dict.fromkeys(range(len(Trade)), 0)
    out: list[str] = []
    for kind, place, network, tail, prefix in rows:
        serial[kind] += 1
        if kind in _ON_MOBILE:
            out.append(f"+86{_PREFIXES[network][prefix]}{tail:08d}")
        else:
            out.append(_desk_number(Trade(kind), place, tail, serial[kind]))
    return out


_ON_MOBILE: Final = frozenset((Trade.ORDINARY, Trade.COURIER, Trade.PROPERTY_AGENT, Trade.FRAUD_CARD))


def _desk_number(kind: Trade, place: int, tail: int, serial: int) -> str:
    match kind:
        case Trade.BANK_DESK:
            return f"9550{serial}"
        case Trade.CALL_CENTRE:
            return f"952{serial:02d}"
        case Trade.ABROAD:
            prefix = ABROAD[serial % len(ABROAD)][0]
            return f"{prefix}{tail % 10**6:06d}"
        case _:
            area = _AREA_CODES[place // 4]
            digits = 8
            return f"+86{area}{8 * 10 ** (digits - 1) + tail % 10 ** (digits - 1)}"
