"""A report of a back-test as lines of text; the keys of what it could not see, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stopline.screening.trial import Share, TrialReport

UNSEEN: Final = {
    "messages_allowed": "allowed messages are never kept: what the pack would newly stop among them cannot be counted "
    "here; use a file of traffic, or shadow",
    "messages_unscored": "messages whose text is gone and whose score is another text model's; judged by that score",
    "file_centre": "the lists, snoozes, reports and counters of the centre: a file is judged with none of them",
    "file_rejected": "rows that could not be read or judged",
    "calls_snoozes": "snoozes are left out: a rule is asked even where it was silenced for a number",
    "calls_days": "a number has another pseudonym each day, so it counts once a day; days count whole",
    "calls_unread": "features that the rows of some days do not hold",
    "calls_rules": "rules that read one of them and are undecided there",
}
SHARES: Final = {
    "precision": "precision",
    "recall": "recall",
    "recall_before": "recall before",
    "false_blocks": "false stops",
    "newly_stopped": "newly stopped",
    "freed": "no longer stopped",
}


def lines_of(report: TrialReport) -> Iterator[str]:
    """Yield the lines of a report."""
    days = f", {report.days[0]} to {report.days[-1]}" if report.days else ""
    yield f"{report.rows_count:,} rows of {report.numbers_count:,} numbers{days}"
    yield f"  {'rule':<32} {'hits':>10} {'numbers':>9} {'newly':>9} {'alone':>9} {'undecided':>10}"
    for rule in report.rules:
        yield (
            f"  {rule.rule:<32} {rule.hits_count:>10,} {rule.numbers_count:>9,} {rule.newly_count:>9,} "
            f"{rule.alone_count:>9,} {rule.undecided_count:>10,}"
        )
    yield (
        f"stopped {report.stopped_then_count:,}, before {report.stopped_before_count:,}; newly stopped "
        f"{report.newly_count:,}, no longer stopped {report.freed_count:,}; undecided {report.undecided_count:,}"
    )
    yield (
        f"numbers newly stopped {report.newly_numbers_count:,} of {report.numbers_count:,}, no longer stopped "
        f"{report.freed_numbers_count:,}"
    )
    yield from (_share(one) for one in report.shares)
    for touched in report.most:
        said = ", ".join(touched.references) or "no verdict so far"
        where = f" on {touched.day}" if touched.day else ""
        yield f"  most affected{where}: newly {touched.newly_count:,}, freed {touched.freed_count:,}; {said}"
    for key in report.unseen:
        name, _, more = key.partition(": ")
        yield f"not seen: {UNSEEN[name]}{f': {more}' if more else ''}"
    yield f"took {report.run_ms / 1000:.1f} s"


def _share(one: Share) -> str:
    if one.whole_count == 0:
        return f"{SHARES[one.name]}: nothing to measure on"
    return (
        f"{SHARES[one.name]}: {one.ratio:.4f} ({one.low_ratio:.4f} to {one.high_ratio:.4f}), "
        f"{one.part_count:,} of {one.whole_count:,}"
    )
