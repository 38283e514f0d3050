"""What the page of a few kinds shows beyond their fields: the law of a measure, evidence of a series, drawings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stopline.console.cells import Cell, cell
from stopline.console.drawings import Drawing, draw_network, draw_trace
from stopline.console.frame import Visit
from stopline.console.pages.trials import Panel, back_test_panels, explanation_panels, release_panels
from stopline.kernel.errors import EntryUnknown
from stopline.kernel.ledger import Ledger, Record
from stopline.law.appeal import Appeal
from stopline.law.enforcement import Enforcement
from stopline.law.machines import MeasureState
from stopline.law.measure import Measure
from stopline.law.notification import Notification
from stopline.law.organisation import Officer
from stopline.law.register import Entry
from stopline.screening.campaigns.kept import Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """One step of a measure: who took it, and what stands still ahead."""

    step: str
    by: str
    name: str
    machine: bool


def panels_of(visit: Visit, ledger: Ledger, thing: str, record: Record) -> list[Panel]:
    """Return the panels of a record, in the order of the page."""
    make = _PANELS.get(thing)
    return list(make(visit, ledger, record)) if make else []


def entry_of(visit: Visit, measure: Measure) -> Entry | None:
    """Return the register entry that a measure stands on, in the version it was drafted under."""
    try:
        return visit.site.centre.office.register.entry(measure.entry_id, measure.entry_version)
    except EntryUnknown:
        return None


def law_panel(visit: Visit, ledger: Ledger, measure: Measure) -> Panel:
    """Return basis, grounds, hands, term and remedy of a measure."""
    entry = entry_of(visit, measure)
    statute = visit.site.centre.office.register.statute(entry) if entry else None
    return Panel(
        template="panels/law.html",
        name="law",
        values={
            "measure": measure,
            "entry": entry,
            "statute": statute,
            "hands": hands_of(ledger, measure, entry),
            "overridden": measure.override_by,
        },
    )


def hands_of(ledger: Ledger, measure: Measure, entry: Entry | None) -> list[Hand]:
    """Return the four steps of a measure with the names of those who took them."""
    steps = [("drafted", measure.drafted_by), ("reviewed", measure.reviewed_by), ("approved", measure.approved_by)]
    steps.append(("executed", measure.executed_by))
    if entry is not None and entry.ratify_within is not None:
        steps.append(("ratified", measure.ratified_by))
    hands = []
    for step, by in steps:
        officer = ledger.maybe(Officer, by) if by else None
        hands.append(
            Hand(
                step=step, by=by or "", name=officer.name if officer else by or "", machine=bool(by) and officer is None
            )
        )
    return hands


def _measure(visit: Visit, ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - one kind a function
    measure: Measure = record
    points = ledger.find(Enforcement, measure_id=measure.id, limit=200)
    told = ledger.find(Notification, measure_id=measure.id, limit=5)
    appeals = ledger.find(Appeal, target_id=measure.id, limit=20)
    ended = measure.state in (MeasureState.LIFTED, MeasureState.EXPIRED, MeasureState.REVOKED)
    return (
        law_panel(visit, ledger, measure),
        Panel(
            template="panels/enforcement.html",
            name="enforcement",
            values={"points": points, "cell": _celler(visit), "ended": ended, "appeals": appeals, "told": told},
        ),
    )


def _enforcement(visit: Visit, ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - one kind a function
    measure = ledger.maybe(Measure, record.measure_id)
    return (law_panel(visit, ledger, measure),) if measure else ()


def _appeal(visit: Visit, ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - one kind a function
    measure = ledger.maybe(Measure, record.target_id)
    return (law_panel(visit, ledger, measure),) if measure else ()


def _series(visit: Visit, ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - one kind a function
    join_type = visit.site.centre.kinds.get("series_join")
    if join_type is None:
        return ()
    joins: list[Any] = ledger.find(join_type, series_id=record.id, limit=200)
    return (Panel(template="panels/series.html", name="evidence", values={"joins": joins, "cell": _celler(visit)}),)


def _join(visit: Visit, _ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - one kind a function
    return (Panel(template="panels/series.html", name="evidence", values={"joins": [record], "cell": _celler(visit)}),)


def _network(visit: Visit, ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - one kind a function
    drawing, roles = draw_network(visit, ledger, record)
    return _drawn("panels/network.html", "network", drawing, {"roles": roles, "cell": _celler(visit)})


def _trace(visit: Visit, _ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - one kind a function
    drawing, rows = draw_trace(visit, record)
    return _drawn("panels/trace.html", "trace", drawing, {"rows": rows})


def _campaign(_visit: Visit, _ledger: Ledger, record: Any) -> Sequence[Panel]:  # noqa: ANN401 - one kind a function
    campaign: Campaign = record
    shared = [(name, getattr(campaign, name)) for name in _SHARED]
    compared = max(1, campaign.compared_count)
    return (
        Panel(
            template="panels/campaign.html",
            name="evidence",
            values={"campaign": campaign, "compared": compared, "shared": shared},
        ),
    )


def _drawn(template: str, name: str, drawing: Drawing | None, values: dict[str, Any]) -> Sequence[Panel]:
    return (Panel(template=template, name=name, values={"drawing": drawing, **values}),) if drawing else ()


def _celler(visit: Visit) -> Callable[[object, str], Cell]:
    return lambda record, column: cell(visit, record, column)


_SHARED = ("exact_count", "with_link_count", "with_phone_count", "with_contact_count")

_PANELS: dict[str, Callable[[Visit, Ledger, Any], Sequence[Panel]]] = {
    "measure": _measure,
    "enforcement": _enforcement,
    "appeal": _appeal,
    "series": _series,
    "series_join": _join,
    "network": _network,
    "trace": _trace,
    "campaign": _campaign,
    "verdict": explanation_panels,
    "release": release_panels,
    "back_test": back_test_panels,
}
