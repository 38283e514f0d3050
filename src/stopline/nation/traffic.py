"""The day's lawful calls: who calls whom, when, from which phone and cell, and whether it is answered.

The whole day is drawn at once as columns sorted by time; a minute is a slice of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stopline.nation.population import ABROAD, CARRIERS, DISTRICTS, Floats, Ints, Population, Trade

DAY_S: Final = 86_400
_ANSWER_CONTACT, _ANSWER_STRANGER, _ANSWER_BUSINESS = 0.70, 0.24, 0.53
_STRANGERS: Final = 0.12  # share of an ordinary caller's callees that are not contacts
# calls begun in each local hour, 0 to 23: quiet nights, two peaks; the shape is ours
_HOURLY: Final = (2, 1, 1, 1, 1, 3, 12, 30, 52, 64, 68, 66, 52, 44, 50, 56, 60, 66, 70, 64, 54, 40, 22, 8)
_OFFICE: Final = (8.0, 20.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Calls from `begin_s` (local second of the day) on, sorted by `at_s`; `minute` holds where each starts."""

    begin_s: int
    at_s: Floats
    caller: NDArray[np.int32]
    callee: NDArray[np.int32]
    answer: NDArray[np.bool_]
    ring_s: NDArray[np.float32]
    talk_s: NDArray[np.float32]
    roam: NDArray[np.bool_]
    minute: Ints
    by_caller: NDArray[np.int32]
    caller_starts: Ints

    def rows(self, minute: int, minutes: int = 1) -> slice:
        """Return the slice of calls that begin in a minute since `begin_s`, or in several from it on."""
        return slice(int(self.minute[minute]), int(self.minute[minute + minutes]))

    def of_caller(self, line: int) -> NDArray[np.int32]:
        """Return the rows of one calling line, in order of time."""
        return np.sort(self.by_caller[self.caller_starts[line] : self.caller_starts[line + 1]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plates:
    """Texts of the columns by line, ready to be taken by index."""

    numbers: pa.Array
    devices: pa.Array
    first_device: Ints
    cells: pa.Array
    trunks: pa.Array
    networks: pa.Array
    carriers: pa.Array
    carrier_of: NDArray[np.int32]


def plan_day(rng: np.random.Generator, people: Population, *, begin_s: int, end_s: int) -> Day:
    """Return all lawful calls between two local seconds of the day."""
    caller, callee, strange = _pairs(rng, people)
    at_s = _times(rng, people, caller)
    kept = np.flatnonzero((at_s >= begin_s) & (at_s < end_s))
    kept = kept[np.argsort(at_s[kept], kind="stable")]
    at_s, caller, callee, strange = at_s[kept], caller[kept], callee[kept], strange[kept]
    likely = np.where(strange, _ANSWER_STRANGER, _ANSWER_CONTACT)
    business = (people.trade[caller] != Trade.ORDINARY) & (people.trade[caller] != Trade.ABROAD)
    likely[business] = _ANSWER_BUSINESS
    likely[people.trade[caller] == Trade.DEBT_REMINDER] = _ANSWER_STRANGER
    count = len(kept)
    answer = rng.random(count, dtype=np.float32) < likely
    minutes = (end_s - begin_s) // 60
    by_caller = np.argsort(caller, kind="stable").astype(np.int32)
    return Day(
        begin_s=begin_s,
        at_s=at_s,
        caller=caller,
        callee=callee,
        answer=answer,
        ring_s=(2 + 6 * rng.standard_exponential(count, dtype=np.float32)),
        talk_s=_talk(rng, people, caller),
        roam=rng.random(count, dtype=np.float32) < np.where(people.trade[caller] == Trade.COURIER, 0.8, 0.3),
        minute=np.searchsorted(at_s, begin_s + 60.0 * np.arange(minutes + 1)),
        by_caller=by_caller,
        caller_starts=np.searchsorted(caller[by_caller], np.arange(len(people) + 1)),
    )


def make_plates(rng: np.random.Generator, people: Population) -> Plates:
    """Return the texts behind the indexes."""
    first = np.concatenate(([0], np.cumsum(people.phones[:-1], dtype=np.int64)))
    total = int(first[-1] + people.phones[-1])
    stem = rng.integers(10**5, 10**6)
    devices = [f"86{stem}{serial:07d}" for serial in range(total)]
    trunks = [f"loc-{code}" for code in CARRIERS] + [f"int-{country}-1" for country in people.countries]
    networks = [f"CN-{code}" for code in CARRIERS] + [f"{country}-1" for country in people.countries]
    carrier_of = people.carrier.astype(np.int32)
    abroad = np.flatnonzero(people.trade == Trade.ABROAD)
    carrier_of[abroad] = len(CARRIERS) + _country_places(people, abroad)
    return Plates(
        numbers=pa.array(people.numbers),
        devices=pa.array(devices),
        first_device=first,
        cells=pa.array(cell_names(people)),
        trunks=pa.array(trunks),
        networks=pa.array(networks),
        carriers=pa.array(CARRIERS),
        carrier_of=carrier_of,
    )


def cell_names(people: Population) -> list[str]:
    """Return the names of all cells: the county's code and the mast's number."""
    return [f"{district}-{mast:03d}" for district in DISTRICTS for mast in range(people.cells_of_district)]


def minute_columns(day: Day, people: Population, plates: Plates, rows: NDArray[np.int64]) -> dict[str, pa.Array]:
    """Return the text columns of some of the day's calls (all of CALL_COLUMNS but `at`)."""
    caller, callee = day.caller[rows], day.callee[rows]
    network = plates.carrier_of[caller]
    abroad = network >= len(CARRIERS)
    device = plates.first_device[caller] + (rows % np.maximum(1, people.phones[caller])) * day.roam[rows]
    masts = people.cells_of_district
    cell = people.cell[caller]
    moved = day.roam[rows]
    cell = np.where(moved, cell - cell % masts + (cell + rows) % masts, cell)
    judged = np.where(abroad, people.carrier[callee], people.carrier[caller])
    calling = plates.numbers.take(pa.array(caller))
    fixed = (people.trade[caller] >= Trade.CALL_CENTRE) & (people.trade[caller] < Trade.FRAUD_CARD)
    return {
        "calling": calling,
        "called": plates.numbers.take(pa.array(callee)),
        "displayed": calling,
        "trunk": plates.trunks.take(pa.array(network)),
        "origin_network": plates.networks.take(pa.array(network)),
        "device": plates.devices.take(pa.array(device, mask=fixed)),
        "cell": plates.cells.take(pa.array(cell, mask=fixed)),
        "carrier": plates.carriers.take(pa.array(judged)),
    }


def profile_times(rng: np.random.Generator, from_h: Floats, to_h: Floats) -> Floats:
    """Return one local second of the day for each pair of hours, more of them when people call more."""
    share = np.concatenate(([0.0], np.cumsum(_HOURLY))) / sum(_HOURLY)
    hours = np.arange(25.0)
    low, high = np.interp(from_h, hours, share), np.interp(to_h, hours, share)
    drawn: Floats = np.interp(low + (high - low) * rng.random(len(low)), share, hours) * 3600
    return drawn


def _talk(rng: np.random.Generator, people: Population, caller: NDArray[np.int32]) -> NDArray[np.float32]:
    drawn = people.seconds[caller] * rng.standard_exponential(len(caller), dtype=np.float32)
    return np.maximum(1, drawn).astype(np.float32)


def _pairs(
    rng: np.random.Generator, people: Population
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """Return caller, callee and whether they are strangers, one row a call of the whole day."""
    active = people.calls > 0
    made = np.where(active, np.maximum(1, rng.poisson(people.calls * people.share)), 0)
    slots = np.where(active, np.clip(np.rint(people.ratio * people.calls), 1, made), 0).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(slots)))
    owner = np.repeat(np.arange(len(people), dtype=np.int32), slots)
    known = _callees(rng, people, owner)
    business = (people.trade[owner] != Trade.ORDINARY) & (people.trade[owner] != Trade.ABROAD)
    strange = business | (rng.random(len(owner), dtype=np.float32) < _STRANGERS)
    caller = np.repeat(np.arange(len(people), dtype=np.int32), made)
    ordinal = np.arange(len(caller)) - np.repeat(np.cumsum(made) - made, made)
    # each callee once, then again and again the first few: people call the same person most
    again = (slots[caller] * rng.random(len(caller), dtype=np.float32) ** 2.5).astype(np.int64)
    slot = starts[caller] + np.where(ordinal < slots[caller], ordinal, again)
    return caller, known[slot], strange[slot]


def _callees(rng: np.random.Generator, people: Population, owner: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return a callee for each slot: mostly of the own county, in proportion to how much each is called."""
    weight = people.calls * (1 - people.share)
    weight[people.trade == Trade.COURIER] *= 1.5  # who missed the courier calls back
    weight[people.trade == Trade.ABROAD] *= 0.2
    order = np.argsort(people.home, kind="stable")
    rising = np.cumsum(weight[order])
    edges = np.concatenate(([0.0], rising))[np.searchsorted(people.home[order], np.arange(len(DISTRICTS) + 1))]
    near = rng.random(len(owner), dtype=np.float32) < 0.75
    home = people.home[owner]
    low = np.where(near, edges[home], 0.0)
    high = np.where(near, edges[home.astype(np.int64) + 1], rising[-1])
    place = np.searchsorted(rising, low + (high - low) * rng.random(len(owner)), side="right")
    found = order[np.minimum(place, len(order) - 1)].astype(np.int32)
    own = found == owner
    found[own] = (found[own] + 1) % people.subscribers
    return found


def _times(rng: np.random.Generator, people: Population, caller: NDArray[np.int32]) -> Floats:
    hours = people.hours
    begin = np.clip(15.5 - hours / 2 + rng.normal(0, 1.0, len(people)), 0, 24 - hours)
    end = begin + hours
    office = (people.trade != Trade.ORDINARY) & (people.trade != Trade.ABROAD)
    begin[office], end[office] = _OFFICE
    return profile_times(rng, begin[caller], end[caller])


def _country_places(people: Population, lines: Ints) -> NDArray[np.int32]:
    """Return the place of each line's country, by its prefix."""
    prefixes = [prefix for prefix, _ in ABROAD]
    places = [
        next(at for at, prefix in enumerate(prefixes) if people.numbers[line].startswith(prefix))
        for line in lines.tolist()
    ]
    return np.array(places, dtype=np.int32)
