"""What really happened: kept apart, read by nobody but the evening's scoreboard in this very process.

`Truth` gathers; the functions below it turn what was gathered into one number a part, and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median
from typing import Protocol


class Person(Protocol):
    """What the scoreboard asks of somebody who was on the hook."""

    @property
    def reached_in_time(self) -> bool:
        """Whether they were reached before they paid."""
        ...


@dataclass(slots=True, kw_only=True)
class Tally:
    """Contacts of one channel: fraud and lawful, each stopped or not, and which lines were wronged."""

    fraud: int = 0
    fraud_stopped: int = 0
    lawful: int = 0
    lawful_stopped: int = 0
    flagged: int = 0
    wronged: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The truth behind a report: which syndicate, which victim (-1: only an attempt), what was lost."""

    at_s: float
    syndicate: int
    victim: int
    loss_minor: int


@dataclass(slots=True, kw_only=True)
class Wrong:
    """A person wrongly stopped, from when on, and when the centre let go."""

    person: str
    at_s: float
    appealed_s: float | None = None
    answered_s: float | None = None
    granted: bool = False


@dataclass(slots=True, kw_only=True)
class Truth:
    """Everything that the scoreboard needs, as it happened; seconds are those of the local day."""

    subscribers: int
    calls: Tally = field(default_factory=Tally)
    messages: Tally = field(default_factory=Tally)
    reports: list[Told] = field(default_factory=list)
    payments: list[tuple[float, int, int]] = field(default_factory=list)
    planned: Counter[tuple[int, int]] = field(default_factory=Counter)
    made: Counter[tuple[int, int]] = field(default_factory=Counter)
    new_trick: list[tuple[float, float]] = field(default_factory=list)
    new_trick_district: int = -1
    lesson_s: dict[int, float] = field(default_factory=dict)
    sealed_s: dict[str, float] = field(default_factory=dict)
    stop_waits_s: list[float] = field(default_factory=list)
    operation_s: float | None = None
    cut_lawful: set[str] = field(default_factory=set)
    wrongs: dict[str, Wrong] = field(default_factory=dict)
    travellers: dict[int, str] = field(default_factory=dict)
    fugitives: dict[str, str] = field(default_factory=dict)
    recognised: dict[str, float] = field(default_factory=dict)
    caught_s: dict[str, float] = field(default_factory=dict)
    referred_s: dict[int, float] = field(default_factory=dict)
    raided_s: float | None = None
    organisers: set[str] = field(default_factory=set)
    coerced: dict[str, bool] = field(default_factory=dict)

    @property
    def stolen_minor(self) -> int:
        """What victims have paid so far."""
        return sum(amount for _, _, amount in self.payments)

    def paid(self, at_s: float, syndicate: int, amount_minor: int) -> None:
        """A victim's money left."""
        self.payments.append((at_s, syndicate, amount_minor))

    def flowed(self, at_s: float, syndicate: int, *, kept: bool) -> None:
        """A payment came to a syndicate; `kept` when no bank had sealed the account it came to."""
        minute = int(at_s // 60)
        self.planned[minute, syndicate] += 1
        self.made[minute, syndicate] += kept

    def told(self, at_s: float, syndicate: int, victim: int, loss_minor: int) -> int:
        """A report is being filed; return its truth id."""
        self.reports.append(Told(at_s=at_s, syndicate=syndicate, victim=victim, loss_minor=loss_minor))
        return len(self.reports) - 1


# ---- one number a part


def recall(tally: Tally) -> float | None:
    """Return the share of fraud contacts that were stopped; None when there were none."""
    return tally.fraud_stopped / tally.fraud if tally.fraud else None


def precision(tally: Tally) -> float | None:
    """Return the share of stopped contacts that were fraud; None when nothing was stopped."""
    stopped = tally.fraud_stopped + tally.lawful_stopped
    return tally.fraud_stopped / stopped if stopped else None


def false_blocks_per_100k(tally: Tally, subscribers: int) -> float:
    """Return lawful lines stopped at least once, per 100,000 people."""
    return len(tally.wronged) * 100_000 / subscribers


def stopped_share(stolen_minor: int, held_stolen_minor: int) -> float | None:
    """Return the share of stolen money that lies held on order; None when nothing was stolen."""
    return held_stolen_minor / stolen_minor if stolen_minor else None


def minutes_to_stop(truth: Truth) -> float | None:
    """Return the median minutes from the first report to the first hold on an account of that money."""
    return median(truth.stop_waits_s) / 60 if truth.stop_waits_s else None


def reached_share(victims: Sequence[Person]) -> float | None:
    """Return the share of people on the hook who were reached before they paid."""
    return sum(victim.reached_in_time for victim in victims) / len(victims) if victims else None


def series_f1(truth: Truth, series_of: Mapping[int, str]) -> float | None:
    """Return the pairwise F1 of joined reports against true syndicates.

    `series_of` gives the series of a truth id; a report without one stands alone. Only reports
    with a loss count: nobody owes it to the police to join what was merely tried.
    """
    ids = [place for place, told in enumerate(truth.reports) if told.victim >= 0]
    true = together = right = 0
    for first, second in combinations(ids, 2):
        same = truth.reports[first].syndicate == truth.reports[second].syndicate
        joined = first in series_of and series_of[first] == series_of.get(second)
        true += same
        together += joined
        right += same and joined
    return 2 * right / (true + together) if true + together else None


def traffic_after_operation(truth: Truth, *, otherwise_s: float = 15 * 3600.0) -> float | None:
    """Return fraud contacts and payments an hour after the operation over those before, season removed.

    Each side is divided by what the syndicates had planned for it, so that a quiet evening is no
    success; without an operation the day is parted at `otherwise_s`.
    """
    cut_s = truth.operation_s if truth.operation_s is not None else otherwise_s
    before = _kept(truth, 0.0, cut_s)
    after = _kept(truth, cut_s, 86_400.0)
    return after / before if before and after is not None else None


def fall_rate_ratio(truth: Truth, *, otherwise_s: float = 15 * 3600.0) -> float | None:
    """Return the mean chance to fall of people contacted with the new trick, after the lesson over before."""
    cut_s = truth.lesson_s.get(truth.new_trick_district, otherwise_s)
    before = [chance for at_s, chance in truth.new_trick if at_s < cut_s]
    after = [chance for at_s, chance in truth.new_trick if at_s >= cut_s]
    if not before or not after or not sum(before):
        return None
    return (sum(after) / len(after)) / (sum(before) / len(before))


def appeal_wait_h(truth: Truth, *, end_s: float) -> float | None:
    """Return the median hours from the wrong stop to its release; who still waits counts until `end_s`."""
    waits = [
        (wrong.answered_s if wrong.granted and wrong.answered_s is not None else end_s) - wrong.at_s
        for wrong in truth.wrongs.values()
        if wrong.appealed_s is not None
    ]
    return median(waits) / 3600 if waits else None


def released_share(truth: Truth) -> float | None:
    """Return the share of appellants who were let go, all of whom were wrongly stopped."""
    appealed = [wrong for wrong in truth.wrongs.values() if wrong.appealed_s is not None]
    return sum(wrong.granted for wrong in appealed) / len(appealed) if appealed else None


def found_by_notice(truth: Truth) -> int:
    """Return how many fugitives were taken after somebody recognised them from a notice."""
    return sum(1 for document in truth.recognised if document in truth.caught_s)


def border_counts(truth: Truth, referred: Sequence[int]) -> tuple[int, int, int, int]:
    """Return named persons found, named persons who came, namesakes delayed, others delayed.

    `referred` lists the truth ids of the crossings that the port was told to refer.
    """
    kinds = Counter(truth.travellers[place] for place in referred)
    came = Counter(truth.travellers.values())["fugitive"]
    others = sum(kinds.values()) - kinds["fugitive"] - kinds["namesake"]
    return kinds["fugitive"], came, kinds["namesake"], others


def victims_recognised(truth: Truth, treated_as_victim: Mapping[str, bool]) -> float | None:
    """Return the share of den people (by document) whom the screening placed as they truly are."""
    known = [document for document in treated_as_victim if document in truth.coerced]
    if not known:
        return None
    return sum(treated_as_victim[document] == truth.coerced[document] for document in known) / len(known)


def _kept(truth: Truth, from_s: float, to_s: float) -> float | None:
    low, high = int(from_s // 60), int(to_s // 60)
    planned = sum(count for (minute, _), count in truth.planned.items() if low <= minute < high)
    made = sum(count for (minute, _), count in truth.made.items() if low <= minute < high)
    return made / planned if planned else None
