"""Number lists as the engine reads them: signed entries, snoozes and reports, answered for columns of codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.clock import micros
from stopline.screening.numbers import HASHED, SHIFT, Codes, NumberCodes
from stopline.screening.records import EntryState, ListKind, NumberEntry, ReportedLine, Snooze

Mask = NDArray[np.bool_]
_NEVER: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class ListAnswers:
    """What the lists say of each row."""

    block: Mask
    watch: Mask
    exempt: Mask
    reports_count: NDArray[np.float64]
    reports_age_h: NDArray[np.float64]


@dataclass(slots=True)
class _Numbers:
    """Numbers on one list: exact codes and prefixes, each with the instant at which it lapses."""

    exact: dict[int, int] = field(default_factory=dict)
    prefixes: dict[str, int] = field(default_factory=dict)

    def has(self, codes: Codes, digits: NDArray[np.int64], at_us: NDArray[np.int64]) -> Mask:
        found = np.zeros(len(codes), dtype=np.bool_)
        if self.exact:
            until = np.fromiter((self.exact.get(code, _NEVER) for code in codes.tolist()), np.int64, len(codes))
            found |= until > at_us
        for prefix, until_us in self.prefixes.items():
            found |= _starts(digits, prefix) & (at_us < until_us)
        return found


class NumberLists:
    """The lists in memory; the desk rebuilds them from the ledger and keeps them current."""

    def __init__(self, codes: NumberCodes) -> None:
        self._codes = codes
        self._lists = {kind: _Numbers() for kind in ListKind}
        self._snoozed: dict[int, list[tuple[int, frozenset[str]]]] = {}
        self._reports: dict[int, tuple[int, int, int]] = {}  # code -> reports, newest, lapses

    def rebuild(
        self, entries: Iterable[NumberEntry], snoozes: Iterable[Snooze], reported: Iterable[ReportedLine]
    ) -> None:
        """Start again from records."""
        self._lists = {kind: _Numbers() for kind in ListKind}
        self._snoozed, self._reports = {}, {}
        for entry in entries:
            if entry.state is EntryState.SIGNED:
                self.put(entry)
        for snooze in snoozes:
            self.snooze(snooze)
        for line in reported:
            self.report(line)

    def put(self, entry: NumberEntry) -> None:
        """Add a signed entry."""
        numbers = self._lists[entry.list_kind]
        until = micros(entry.expires_at)
        if entry.prefix:
            prefix = entry.number.removeprefix("+")
            numbers.prefixes[prefix] = max(until, numbers.prefixes.get(prefix, _NEVER))
        else:
            code = self._codes.code(entry.number)
            numbers.exact[code] = max(until, numbers.exact.get(code, _NEVER))

    def snooze(self, snooze: Snooze) -> None:
        """Add a snooze."""
        self._snoozed.setdefault(self._codes.code(snooze.number), []).append(
            (micros(snooze.expires_at), frozenset(snooze.rules))
        )

    def report(self, line: ReportedLine) -> None:
        """Add or replace what was reported about a line."""
        code = self._codes.code(line.id)
        self._reports[code] = (line.reports_count, micros(line.newest_at), micros(line.expires_at))

    def answers(self, codes: Codes, at_us: NDArray[np.int64]) -> ListAnswers:
        """Return what the lists say of each row at its instant."""
        digits = np.where(codes & HASHED == 0, codes >> SHIFT, 0)
        has = {kind: numbers.has(codes, digits, at_us) for kind, numbers in self._lists.items()}
        counts = np.zeros(len(codes), dtype=np.float64)
        ages = np.full(len(codes), np.nan, dtype=np.float64)
        if self._reports:
            for row, code in enumerate(codes.tolist()):
                found = self._reports.get(code)
                if found is not None and at_us[row] < found[2]:
                    counts[row] = found[0]
                    ages[row] = max(0.0, (int(at_us[row]) - found[1]) / 3.6e9)
        return ListAnswers(has[ListKind.BLOCK], has[ListKind.WATCH], has[ListKind.EXEMPT], counts, ages)

    def snoozed(self, codes: Codes, at_us: NDArray[np.int64]) -> Mapping[int, frozenset[str]]:
        """Return the rows whose number is snoozed, and the rules that may not stop them again."""
        if not self._snoozed:
            return {}
        found: dict[int, frozenset[str]] = {}
        for row, code in enumerate(codes.tolist()):
            for until_us, rules in self._snoozed.get(code, ()):
                if at_us[row] < until_us:
                    found[row] = found.get(row, frozenset()) | rules
        return found

    def reports_of(self, number: str, at: datetime) -> int:
        """Return how many unlapsed reports name a number."""
        found = self._reports.get(self._codes.code(number))
        return found[0] if found is not None and micros(at) < found[2] else 0


def _starts(digits: NDArray[np.int64], prefix: str) -> Mask:
    """Return which decimal numbers begin with a prefix."""
    if not prefix.isdigit():
        return np.zeros(len(digits), dtype=np.bool_)
    wanted, found = int(prefix), np.zeros(len(digits), dtype=np.bool_)
    for extra in range(15 - len(prefix) + 1):
        found |= digits // 10**extra == wanted
    return found
