"""The web application: the doors under /api/v1, health and metrics, and the pages."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response

from stopline.console.api_doors import door_api
from stopline.console.api_public import public_api
from stopline.console.api_staff import refuse, reply, staff_api
from stopline.console.desks import Centre
from stopline.kernel.actors import machine
from stopline.kernel.errors import StoplineError
from stopline.screening.records import ScreeningHour


def make_api(centre: Centre, version: str) -> FastAPI:
    """Return the application with every door; pages are mounted by the composition root."""
    web = FastAPI(
        title="Stopline",
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        description="The doors of an anti-scam centre.",
    )
    for router in (door_api(centre), public_api(centre), staff_api(centre)):
        web.include_router(router)

    @web.get("/healthz", include_in_schema=False)
    def health() -> Response:
        seq, head = centre.store.audit_head()
        return reply({"ok": True, "audit_rows": seq, "audit_head": head, "clock_sure": centre.clock.sure()})

    @web.get("/metrics", include_in_schema=False)
    def metrics() -> PlainTextResponse:
        return PlainTextResponse(metrics_text(centre), media_type="text/plain; version=0.0.4")

    web.add_exception_handler(StoplineError, say_no)
    web.add_exception_handler(RequestValidationError, say_invalid)
    return web


async def say_no(_request: Request, error: Exception) -> Response:
    """Answer an error of the house with its status and its words."""
    status = error.http_status if isinstance(error, StoplineError) else 500
    return refuse(error, status)


async def say_invalid(_request: Request, error: Exception) -> Response:
    """Answer a body that is not of its form."""
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    said = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in errors[:3])
    return reply({"error": "BadField", "message": said or "the body is not of its form"}, 422)


def metrics_text(centre: Centre) -> str:
    """Return counters in the Prometheus text format."""
    with centre.store.read(machine("metrics")) as ledger:
        hours = ledger.find(ScreeningHour, limit=100_000)
    lines = ["# TYPE stopline_outbox_pending gauge", f"stopline_outbox_pending {centre.outbox.pending_count()}"]
    lines += ["# TYPE stopline_unrecorded_batches_total counter"]
    lines += [f"stopline_unrecorded_batches_total {centre.desks.screening.live.journal_fails}"]
    totals: dict[tuple[str, str], int] = {}
    for hour in hours:
        for name, value in counts_of(hour).items():
            totals[hour.channel, name] = totals.get((hour.channel, name), 0) + value
    for (channel, name), value in sorted(totals.items()):
        lines.append(f'stopline_screened_total{{channel="{channel}",result="{name}"}} {value}')
    return "\n".join(lines) + "\n"


def counts_of(hour: ScreeningHour) -> dict[str, int]:
    """Return the counters of one hour by their names."""
    named = {name: getattr(hour, name) for name in hour.__dataclass_fields__ if name.endswith("_count")}
    return {name.removesuffix("_count"): int(value) for name, value in named.items()}
