"""What only a measure on an area may ground: rules and prefixes that cover a region (ATF art. 35)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stopline.kernel.ledger import Ledger
from stopline.law.machines import MeasureState
from stopline.law.measure import Measure
from stopline.screening.records import EntryState, NumberEntry
from stopline.screening.rules.pack import AREA_ENTRY, Pack
from stopline.screening.rules.prefixes import covers_region, read_prefix
from stopline.screening.rules.tree import Prefix, parts_of


def area_measure(ledger: Ledger, measure_id: str) -> Measure | None:
    """Return a measure on an area that is in force, None for any other."""
    measure = ledger.maybe(Measure, measure_id)
    return measure if measure is not None and measure.entry_id == AREA_ENTRY and measure.binding else None


def within(prefix: str, measure: Measure) -> bool:
    """Return whether a measure on an area names these numbers, or wider ones."""
    named = read_prefix(measure.subject_ref)
    return named is not None and prefix.startswith(named)


def area_founded(ledger: Ledger, pack: Pack) -> bool:
    """Return whether every region that a pack names lies within a measure on an area that is in force."""
    rules = [rule for rule in pack.rules if rule.entry == AREA_ENTRY]
    if not rules:
        return True
    live = (MeasureState.IN_FORCE.value, MeasureState.RENEWED.value)
    measures = ledger.find(Measure, entry_id=AREA_ENTRY, state=live)
    prefixes = [part.prefix for rule in rules for part in parts_of(rule.condition.tree) if isinstance(part, Prefix)]
    return bool(measures) and all(_named(prefix, measures) for prefix in prefixes if covers_region(prefix))


def end_area_entries(ledger: Ledger, measure_id: str, *, why: str) -> bool:
    """Take what stood on lists by a measure on an area off with it; returns whether anything did."""
    entries = ledger.find(
        NumberEntry, area_measure_id=measure_id, state=(EntryState.DRAFTED.value, EntryState.SIGNED.value)
    )
    for entry in entries:
        after = replace(entry, state=EntryState.REMOVED, ended_at=ledger.at, ended_why=why)
        ledger.save(after, act="number_entry.follow_measure", reason=why)
    return bool(entries)


def _named(prefix: str, measures: Sequence[Measure]) -> bool:
    number = read_prefix(prefix)
    return number is not None and any(within(number, measure) for measure in measures)
