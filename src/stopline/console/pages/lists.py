"""One list for every kind of record: filters in the URL, facets with counts, and the same rows as CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from stopline.console.api_staff import kind_of as record_type_of
from stopline.console.api_staff import read_filters
from stopline.console.cells import Cell, cell, short_id
from stopline.console.frame import Site, Visit, route_class
from stopline.console.kinds import BY_TIME, IMPERSONAL, Kind, choices, facets, hints, kind_of
from stopline.console.looks import log_export, log_list, log_search
from stopline.console.scope import bounds, readers_of, require_reader, sees
from stopline.kernel.errors import BadField
from stopline.kernel.ids import reference_key
from stopline.kernel.ledger import Ledger, Record
from stopline.law.acts import NEW
from stopline.law.organisation import Power
from stopline.law.reads import asked_values
from stopline.stores.tables import table_name

_PAGE = 50
_EXPORT_MOST = 5_000
_FACET_VALUES_MOST = 12
_LONGEST_LOOK = timedelta(days=400)
_SCOPED = ("point", "carrier", "bank", "port", "partner")  # columns that hold one institution each


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a list: where it leads and its cells."""

    href: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One way to narrow a list: the column and its values with counts."""

    column: str
    values: Sequence[tuple[str, int]]
    chosen: str


def routes(site: Site) -> APIRouter:
    """Return the routes of lists and of the search over all of them."""
    router = APIRouter(route_class=route_class(site))

    @router.get("/records/{thing}.csv")
    def as_csv(request: Request, thing: str) -> Response:
        visit = site.staff(request)
        kind, rows = _export(visit, thing)
        sink = io.StringIO()
        writer = csv.writer(sink)
        writer.writerow(["id", *kind.columns])
        for record in rows:
            writer.writerow([_plain(record.id), *(_plain(cell(visit, record, name).value) for name in kind.columns)])
        return _file(sink.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"{thing}.csv")

    @router.get("/records/{thing}.json")
    def as_json(request: Request, thing: str) -> Response:
        _kind, rows = _export(site.staff(request), thing)
        return Response(msgspec.json.encode({"rows": rows}), media_type="application/json")

    @router.get("/records/{thing}")
    def listed(request: Request, thing: str) -> Response:
        visit = site.staff(request)
        record_type = record_type_of(site.centre, thing)
        require_reader(visit.officer, thing)
        kind = kind_of(thing, record_type)
        with site.centre.store.read(visit.officer.actor) as ledger:
            found, following = page_of(visit, ledger, thing)
            bounded = _bounded(visit, record_type)
            narrowing = _facets(visit, ledger, record_type) if bounded else []
            total = ledger.count(record_type, **_equal(visit, record_type)) if bounded else len(found)
        asked = _asked(visit, record_type)
        if thing not in IMPERSONAL and (found or asked_values(thing, asked)):
            with site.centre.store.act(visit.officer.actor) as ledger:
                log_list(site.centre, ledger, visit.officer, (thing, len(found)), filters=asked)
        made = [act for act in site.centre.acts if act.thing == thing and act.name == NEW]
        new = [act for act in made if act.open_to(visit.officer.officer, None, at=visit.at)]
        return visit.html(
            "list.html",
            thing=thing,
            kind=kind,
            rows=[row_of(visit, thing, kind, record) for record in found],
            facets=narrowing,
            following=following,
            total=total,
            new=new,
            chosen={name: value for name, value in visit.query.items() if name not in {"before", "order"}},
        )

    @router.get("/search")
    def search(request: Request) -> Response:
        visit = site.staff(request)
        wanted = request.query_params.get("q", "").strip()[:200]
        hits = _search(visit, wanted) if wanted else []
        if len(hits) == 1:
            return RedirectResponse(f"/records/{hits[0][0]}/{hits[0][1].id}", 303)
        rows = [(thing, row_of(visit, thing, kind_of(thing, type(record)), record)) for thing, record in hits]
        return visit.html("search.html", wanted=wanted, rows=rows, short_id=short_id, hits=hits)

    return router


def row_of(visit: Visit, thing: str, kind: Kind, record: Record) -> Row:
    """Return a record as one row."""
    cells = [cell(visit, record, name) for name in kind.columns]
    return Row(href=f"/records/{thing}/{record.id}", cells=cells)


def page_of(visit: Visit, ledger: Ledger, thing: str) -> tuple[list[Record], str | None]:
    """Return one page of a list, newest first, and the id after which the next begins."""
    record_type = record_type_of(visit.site.centre, thing)
    equal = _equal(visit, record_type)
    after = visit.query.get("before")
    if thing in BY_TIME:
        return _by_time(visit, ledger, record_type, equal)
    found = ledger.find(record_type, newest_first=True, after=after, limit=_PAGE + 1, where=equal)
    following = found[_PAGE - 1].id if len(found) > _PAGE else None
    return [record for record in found[:_PAGE] if sees(visit.officer, record)], following


def _by_time(
    visit: Visit, ledger: Ledger, record_type: type[Record], equal: dict[str, object]
) -> tuple[list[Record], str | None]:
    """Return one page of a kind whose ids are random: look back in windows that double until a page is full."""
    column = BY_TIME[table_name(record_type)]
    before, window = _instant(visit), timedelta(hours=1)
    found: list[Record] = []
    while len(found) <= _PAGE and window <= _LONGEST_LOOK:
        start = before - window
        found = ledger.find(record_type, since=(column, start), before=(column, before), where=equal)
        window *= 4
    found.sort(key=lambda record: (getattr(record, column), record.id), reverse=True)
    page = found[:_PAGE]
    following = getattr(page[-1], column).isoformat() if len(found) > _PAGE else None
    return [record for record in page if sees(visit.officer, record)], following


def _instant(visit: Visit) -> datetime:
    """Return the instant before which a page begins: the URL's, or just after now."""
    text = visit.query.get("before", "")
    if not text:
        return visit.at + timedelta(seconds=1)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadField(field="before", value=text[:40], why="an instant as in ISO 8601") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _equal(visit: Visit, record_type: type) -> dict[str, object]:
    """Return the filters of the URL, and the institution that bounds the rows."""
    equal = {**_asked(visit, record_type), **bounds(visit.officer, record_type)}
    officer = visit.officer.officer
    if officer.unit_id.startswith("institution:"):
        for name in _SCOPED:
            if name in hints(record_type):
                return {**equal, name: officer.unit_id.removeprefix("institution:")}
    return equal


def _asked(visit: Visit, record_type: type) -> dict[str, object]:
    asked = {name: value for name, value in visit.query.items() if name not in {"before", "order"} and value}
    return read_filters(record_type, asked)


def _bounded(visit: Visit, record_type: type) -> bool:
    """Return whether the filters keep counts within what the reader may see: a bank learns nothing of the others."""
    at_institution = visit.officer.officer.unit_id.startswith("institution:")
    return not at_institution or any(name in hints(record_type) for name in _SCOPED)


def _facets(visit: Visit, ledger: Ledger, record_type: type) -> list[Facet]:
    equal = _equal(visit, record_type)
    narrowing = []
    for column in facets(record_type)[:4]:
        others = {name: value for name, value in equal.items() if name != column}
        known = choices(record_type, column)
        if not known:
            continue
        counts = [(value, ledger.count(record_type, **{**others, column: value})) for value in known]
        chosen = str(visit.query.get(column, ""))
        kept = [(value, count) for value, count in counts if count or value == chosen]
        if len(kept) > 1 or chosen:
            narrowing.append(Facet(column=column, values=kept[:_FACET_VALUES_MOST], chosen=chosen))
    return narrowing


def _export(visit: Visit, thing: str) -> tuple[Kind, list[Record]]:
    record_type = record_type_of(visit.site.centre, thing)
    require_reader(visit.officer, thing)
    with visit.site.centre.store.act(visit.officer.actor) as ledger:
        rows = ledger.find(record_type, newest_first=True, limit=_EXPORT_MOST, where=_equal(visit, record_type))
        mine = [record for record in rows if sees(visit.officer, record)]
        asked = _asked(visit, record_type)
        log_export(visit.site.centre, ledger, visit.officer, (thing, len(mine)), filters=asked)
    return kind_of(thing, record_type), mine


def _search(visit: Visit, wanted: str) -> list[tuple[str, Record]]:
    """Look an id, a reference, a number or an account up in every kind that the officer may open."""
    powers = {Power(power) for power in visit.officer.officer.powers}
    hits: list[tuple[str, Record]] = []
    with visit.site.centre.store.read(visit.officer.actor) as ledger:
        for thing, record_type in visit.site.centre.kinds.items():
            if not readers_of(thing) & powers:
                continue
            rows: list[Record] = ledger.find(record_type, id=wanted, limit=1)
            for column in kind_of(thing, record_type).lookup:
                value = reference_key(wanted) if column in {"code", "receipt"} else wanted
                rows += ledger.find(record_type, limit=10, where={column: value})
            found = {record.id: record for record in rows if sees(visit.officer, record)}
            hits += [(thing, record) for record in found.values()]
    with visit.site.centre.store.act(visit.officer.actor) as ledger:
        log_search(visit.site.centre, ledger, visit.officer, wanted, len(hits))
    return hits[:100]


def _plain(value: str) -> str:
    """Keep a spreadsheet from running what a criminal wrote: a leading =, +, - or @ becomes text."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _file(data: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=media_type, headers=headers)
