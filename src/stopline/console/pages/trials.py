"""What the pages of verdicts, releases and back-tests show: why, by which signed settings, and what would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stopline.console.frame import Visit
from stopline.console.scope import may_read
from stopline.kernel.errors import StoplineError
from stopline.kernel.ledger import Ledger
from stopline.screening.trial import ShadowTally, share


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One part of a record's page: its template and what stands in it."""

    template: str
    name: str
    values: dict[str, Any] = field(default_factory=dict)


def explanation_panels(visit: Visit, ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - a record
    """Return why a verdict was given, decided again from what was kept, and what its text names while that is kept."""
    failed, shown = "", {}
    try:
        shown = visit.site.centre.desks.screening.explain(ledger, record.id)
    except StoplineError as error:  # a page that cannot explain says so
        failed = str(error)
    panel = Panel(template="panels/explanation.html", name="reasons", values={"said": shown, "failed": failed})
    named = visit.site.centre.desks.screening.extracted(ledger, record.id)
    if named is None or not may_read(visit.officer, "stopped_text"):
        return (panel,)
    return (panel, Panel(template="panels/extracted.html", name="extracted", values={"named": named}))


def release_panels(_visit: Visit, ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - a record
    """Return the signed answers to failure, and what the release has changed on trial so far."""
    tallies = [
        (tally, share("newly_stopped", tally.newly_count, tally.rows_count), _rules(tally))
        for tally in ledger.find(ShadowTally, release_id=record.id)
    ]
    return (Panel(template="panels/release.html", name="release", values={"release": record, "tallies": tallies}),)


def back_test_panels(_visit: Visit, _ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - a record
    """Return the report of a back-test, or how far it is."""
    return (Panel(template="panels/back_test.html", name="report", values={"asked": record}),)


def _rules(tally: ShadowTally) -> list[tuple[str, int, int, float, float]]:
    """Return rule, hits, newly stopped and the interval of that share of all rows."""
    found = []
    for rule, hits in sorted(tally.rule_hits.items(), key=lambda one: -one[1]):
        newly = tally.rule_newly.get(rule, 0)
        part = share(rule, newly, tally.rows_count)
        found.append((rule, hits, newly, part.low_ratio, part.high_ratio))
    return found
