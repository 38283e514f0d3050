"""Number lists as the engine reads them: entries, senders, editions, snoozes and reports, for columns of codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.clock import micros
from stopline.screening.identity.registered import Senders
from stopline.screening.listed.look_up import (
    ANSWERS,
    L_AGE_H,
    L_BLOCK,
    L_REPORTS,
    Lists,
    ask_lists_of,
    ask_one_list_of,
)
from stopline.screening.listed.tables import (
    E_LAPSES,
    E_NEWEST,
    E_REPORTS,
    E_SNOOZE,
    LISTS,
    NEVER,
    Edition,
    EntryTable,
    block_of,
    make_edition,
    make_ranges,
    no_edition,
)
from stopline.screening.numbers import Codes, NumberCodes
from stopline.screening.records import CalledVictim, EntryState, ListKind, NumberEntry, ReportedLine, Snooze

Mask = NDArray[np.bool_]
KINDS_OF_LIST: Final = (ListKind.BLOCK, ListKind.WATCH, ListKind.EXEMPT)
VICTIMS: Final = len(KINDS_OF_LIST)
"""The fourth list, of numbers that were called in a case; it is asked of the called."""


@dataclass(frozen=True, slots=True)
class ListAnswers:
    """What the lists say of each row."""

    block: Mask
    watch: Mask
    exempt: Mask
    reports_count: NDArray[np.float64]
    reports_age_h: NDArray[np.float64]
    block_reports_count: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Silence:
    """One snooze of a number: until when, which rules, and the next one of the same number (0 = none)."""

    until_us: int
    rules: frozenset[str]
    following: int


class NumberLists:
    """The lists in memory; the desk rebuilds them from the ledger and keeps them current."""

    def __init__(self, codes: NumberCodes) -> None:
        self._codes = codes
        self._entries = EntryTable()
        self._prefixes: tuple[dict[str, int], ...] = tuple({} for _ in range(LISTS))
        self._ranges = make_ranges(self._prefixes)
        self._editions: list[Edition] = [no_edition() for _ in range(LISTS)]
        self._terms = np.array([*[NEVER] * LISTS, codes.home], dtype=np.int64)
        self.senders = Senders(codes)
        self._registered: list[NumberEntry] = []
        self.silences: list[Silence] = []
        self.version = 0  # grows with every change of the snoozes

    @property
    def arrays(self) -> Lists:
        """The lists as kernels read them; they are current until the next change."""
        block, watch, exempt, victims = self._editions
        return self._entries.arrays, (block, watch, exempt, victims), self._terms, self._ranges

    def rebuild(
        self,
        entries: Iterable[NumberEntry],
        snoozes: Iterable[Snooze],
        reported: Iterable[ReportedLine],
        victims: Iterable[CalledVictim] = (),
    ) -> None:
        """Start again from records; editions stay until they are replaced."""
        self._entries = EntryTable()
        self._prefixes = tuple({} for _ in range(LISTS))
        self.silences = []
        self.version += 1
        signed = [entry for entry in entries if entry.state is EntryState.SIGNED]
        self._registered = [entry for entry in signed if entry.list_kind is ListKind.SENDER]
        self.senders.rebuild(self._registered)
        for entry in signed:
            if entry.list_kind is not ListKind.SENDER:
                self._enter(entry)
        self._ranges = make_ranges(self._prefixes)
        for snooze in snoozes:
            self.snooze(snooze)
        for line in reported:
            self.report(line)
        for victim in victims:
            self.victim(victim)

    def put(self, entry: NumberEntry) -> None:
        """Add a signed entry."""
        if entry.list_kind is ListKind.SENDER:
            self._registered.append(entry)
            self.senders.rebuild(self._registered)
            return
        self._enter(entry)
        if entry.prefix:
            self._ranges = make_ranges(self._prefixes)

    def load(self, which: int, codes: Codes, until_at: datetime) -> None:
        """Replace the edition of a list (its place in KINDS_OF_LIST, or VICTIMS) by other numbers with one expiry."""
        self._editions[which] = make_edition(np.ascontiguousarray(codes), self._codes.home)
        self._terms[which] = micros(until_at) if len(codes) else NEVER

    def snooze(self, snooze: Snooze) -> None:
        """Add a snooze."""
        row = self._entries.row(self._codes.code(snooze.number))
        self.silences.append(Silence(micros(snooze.expires_at), frozenset(snooze.rules), int(row[E_SNOOZE])))
        row[E_SNOOZE] = len(self.silences)
        self.version += 1

    def report(self, line: ReportedLine) -> None:
        """Add or replace what was reported about a line, and count it in its block of a hundred numbers."""
        code, lapses_us = self._codes.code(line.id), micros(line.expires_at)
        block = int(block_of(code))
        if block:
            new = self._entries.row(code)[E_REPORTS] == 0
            near = self._entries.row(block)
            near[E_REPORTS], near[E_LAPSES] = near[E_REPORTS] + new, max(lapses_us, int(near[E_LAPSES]))
        row = self._entries.row(code)
        row[E_REPORTS], row[E_NEWEST], row[E_LAPSES] = (
            line.reports_count,
            micros(line.newest_at),
            lapses_us,
        )

    def victim(self, victim: CalledVictim) -> None:
        """Add a number that criminals called in a case."""
        row = self._entries.row(self._codes.code(victim.number))
        row[VICTIMS] = max(micros(victim.expires_at), int(row[VICTIMS]))

    def answers(self, codes: Codes, at_us: NDArray[np.int64]) -> ListAnswers:
        """Return what the lists say of each row at its instant."""
        said = np.zeros((ANSWERS, len(codes)), dtype=np.float64)
        slots = np.empty(len(codes), dtype=np.int64)
        ask_lists_of(self.arrays, codes, at_us, slots, said, np.arange(ANSWERS))
        block, watch, exempt = said[: len(KINDS_OF_LIST)] == 1.0
        return ListAnswers(block, watch, exempt, said[L_REPORTS], said[L_AGE_H], said[L_BLOCK])

    def on(self, which: int, codes: Codes, at_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return 1 for each number that stands on one list at its instant (its place, or VICTIMS), else 0."""
        found = np.empty(len(codes), dtype=np.int64)
        ask_one_list_of(self.arrays, which, codes, at_us, found)
        return found

    def snoozed(self, codes: Codes, at_us: NDArray[np.int64]) -> Mapping[int, frozenset[str]]:
        """Return the rows whose number is snoozed, and the rules that may not stop them again."""
        if not self.silences:
            return {}
        found: dict[int, frozenset[str]] = {}
        for row, code in enumerate(codes.tolist()):
            values = self._entries.find(code)
            place = int(values[E_SNOOZE]) if values is not None else 0
            while place:
                silence = self.silences[place - 1]
                if at_us[row] < silence.until_us:
                    found[row] = found.get(row, frozenset()) | silence.rules
                place = silence.following
        return found

    def reports_of(self, number: str, at: datetime) -> int:
        """Return how many unlapsed reports name a number."""
        found = self._entries.find(self._codes.code(number))
        return int(found[E_REPORTS]) if found is not None and micros(at) < found[E_LAPSES] else 0

    def _enter(self, entry: NumberEntry) -> None:
        which, until = KINDS_OF_LIST.index(entry.list_kind), micros(entry.expires_at)
        if entry.prefix:
            prefixes = self._prefixes[which]
            prefixes[entry.number] = max(until, prefixes.get(entry.number, NEVER))
        else:
            row = self._entries.row(self._codes.code(entry.number))
            row[which] = max(until, int(row[which]))
