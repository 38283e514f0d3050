"""The overview, live: the same fragment is rendered into the page and sent again when a figure changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from stopline.console.figures import LiveFigures, Overview
from stopline.console.frame import Site, Visit, route_class

_EVERY_S = 2.0
_EVENTS_MOST = 300  # ten minutes; the browser then connects again, and its session is looked at anew


def routes(site: Site) -> APIRouter:
    """Return the routes of the overview and of its live figures."""
    router = APIRouter(route_class=route_class(site))
    figures = LiveFigures(site)

    @router.get("/")
    def overview(request: Request) -> Response:
        visit = site.staff(request)
        with site.centre.store.read(visit.officer.actor) as ledger:
            asked = site.centre.desks.reads.asked_of(ledger, visit.officer.officer.id)
        return visit.html("overview.html", overview=figures.now(), asked=asked)

    @router.get("/overview.json")
    def as_json(request: Request) -> dict[str, object]:
        site.staff(request)
        now = figures.now()
        counted = {figure.name: figure.value for group in now.groups for figure in group.figures}
        waiting = {row.name: row.count for row in now.waiting}
        return {"at": now.at.isoformat(), "figures": counted, "waiting": waiting}

    @router.get("/live")
    async def live(request: Request) -> Response:
        visit = await run_in_threadpool(site.staff, request)
        return StreamingResponse(
            _events(visit, figures), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    return router


async def _events(visit: Visit, figures: LiveFigures) -> AsyncIterator[bytes]:
    """Send the fragment whenever it changed; a comment keeps the connection known to be alive."""
    before = ""
    for _ in range(_EVENTS_MOST):
        if await visit.request.is_disconnected():
            return
        text = await run_in_threadpool(_fragment, visit, figures)
        if text != before:
            yield b"".join(b"data: " + line + b"\n" for line in text.encode().splitlines()) + b"\n"
            before = text
        else:
            yield b": still\n\n"
        await anyio.sleep(_EVERY_S)


def _fragment(visit: Visit, figures: LiveFigures) -> str:
    overview: Overview = figures.now()
    return bytes(visit.html("_figures.html", overview=overview).body).decode()
