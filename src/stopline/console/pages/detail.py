"""One page for every kind of record: fields, clock, acts, what belongs to it, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from stopline.console.api_staff import acts_for
from stopline.console.api_staff import kind_of as record_type_of
from stopline.console.cells import Cell, cell, short_id
from stopline.console.frame import Site, Visit, route_class
from stopline.console.kinds import DEADLINES, ENDED, IMPERSONAL, hints, kind_of
from stopline.console.looks import log_record, reader
from stopline.console.pages.lists import Row, row_of
from stopline.console.pages.panels import panels_of
from stopline.console.pages.trials import Panel
from stopline.console.scope import readers_of, require_reader, require_sight, sees
from stopline.kernel.ledger import Ledger, Record
from stopline.law.acts import NEW, Act
from stopline.law.organisation import Power
from stopline.stores.history import history_of

_RELATED_MOST = 20
_HIDDEN = frozenset({"id", "state"})
_STEMS = {"case_file": "case", "wanted_notice": "notice"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Records of another kind that name this one."""

    thing: str
    columns: Sequence[str]
    rows: Sequence[Row]
    href: str
    more: bool


def routes(site: Site) -> APIRouter:
    """Return the route of record pages."""
    router = APIRouter(route_class=route_class(site))

    @router.get("/records/{thing}/{record_id}")
    def page(request: Request, thing: str, record_id: str) -> Response:
        visit = site.staff(request)
        record_type = record_type_of(site.centre, thing)
        require_reader(visit.officer, thing)
        if thing in IMPERSONAL:
            with site.centre.store.read(visit.officer.actor) as ledger:
                return _page(visit, ledger, thing, ledger.get(record_type, record_id))
        purpose = request.query_params.get("purpose", "")
        with site.centre.store.act(reader(visit.officer, purpose)) as ledger:
            record = ledger.get(record_type, record_id)
            require_sight(visit.officer, thing, record)
            log_record(site.centre, ledger, visit.officer, (thing, record))
            return _page(visit, ledger, thing, record)

    return router


def headline(visit: Visit, thing: str, record: Record) -> str:
    """Return what a record is called: its title columns, or its kind and short id."""
    for column in kind_of(thing, type(record)).title:
        text = cell(visit, record, column).text
        if text:
            return text
    return f"{visit.words.word('kind', thing)} {short_id(record.id)}"


def field_cells(visit: Visit, record: Record) -> list[tuple[str, Cell]]:
    """Return every field that says something, in the order of the record."""
    names = [name for name in hints(type(record)) if name not in _HIDDEN and not name.endswith("session")]
    found = [(name, cell(visit, record, name, brief=False)) for name in names]
    return [(name, value) for name, value in found if value.text or value.parts]


def clock_of(visit: Visit, record: Record) -> tuple[str, Cell] | None:
    """Return the deadline that comes first, while the record is not at its end."""
    if str(getattr(record, "state", "")) in ENDED:
        return None
    due = [(getattr(record, name), name) for name in DEADLINES if getattr(record, name, None) is not None]
    return (min(due)[1], cell(visit, record, min(due)[1])) if due else None


def _page(visit: Visit, ledger: Ledger, thing: str, record: Record) -> Response:
    store_ledger: object = ledger
    history = history_of(store_ledger.connection, thing, record.id)  # type: ignore[attr-defined]  # the SQL ledger
    return visit.html(
        "detail.html",
        thing=thing,
        record=record,
        title=headline(visit, thing, record),
        state=str(getattr(record, "state", "")),
        fields=field_cells(visit, record),
        clock=clock_of(visit, record),
        acts=acts_for(visit.site.centre, visit.officer, thing, record),
        others=_others(visit, thing, record),
        related=_related(visit, ledger, thing, record),
        panels=_panels(visit, ledger, thing, record),
        history=[{**row, "when": visit.formats.minute(datetime.fromisoformat(str(row["at"])))} for row in history],
        done=visit.query.get("done", ""),
        short_id=short_id,
    )


def _panels(visit: Visit, ledger: Ledger, thing: str, record: Record) -> list[Panel]:
    return panels_of(visit, ledger, thing, record)


def _others(visit: Visit, thing: str, record: Record) -> list[Act]:
    """Return the acts that this state allows and that are another officer's to take."""
    state = str(getattr(record, "state", ""))
    return [
        act
        for act in visit.site.centre.acts
        if act.thing == thing
        and act.name != NEW
        and (not act.states or state in act.states)
        and act.power is not None
        and not visit.holds(act.power)
    ]


def _related(visit: Visit, ledger: Ledger, thing: str, record: Record) -> list[Related]:
    powers = {Power(power) for power in visit.officer.officer.powers}
    stem = f"{_STEMS.get(thing, thing)}_id"
    found = []
    for name, record_type in visit.site.centre.kinds.items():
        fields = hints(record_type)
        columns = [column for column in (stem, "target_id", "subject_id") if column in fields]
        if not columns or name == "transition" or not readers_of(name) & powers:
            continue
        rows: list[Record] = ledger.find(
            record_type, newest_first=True, limit=_RELATED_MOST + 1, where={columns[0]: record.id}
        )
        mine = [row for row in rows if sees(visit.officer, row)]
        if mine:
            kind = kind_of(name, record_type)
            shown = [row_of(visit, name, kind, row) for row in mine[:_RELATED_MOST]]
            href = f"/records/{name}?{columns[0]}={record.id}"
            found.append(
                Related(thing=name, columns=kind.columns, rows=shown, href=href, more=len(mine) > _RELATED_MOST)
            )
    return found
