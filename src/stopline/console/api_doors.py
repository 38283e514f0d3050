"""The doors for institutions: carriers, banks, ports and partners, each with its own key and its own rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from stopline.console.accounts import institution_for
from stopline.console.api_staff import NotSignedIn, bearer, reply
from stopline.console.desks import Centre
from stopline.console.retries import Again
from stopline.kernel.actors import PUBLIC, Actor, ActorKind
from stopline.kernel.errors import BadField, NotYours
from stopline.kernel.ledger import Ledger
from stopline.law.enforcement import Enforcement, order_of
from stopline.law.organisation import Institution, InstitutionKind
from stopline.stores.batches import read_batch, write_batch
from stopline.stores.journal import columns_of, screen_calls, screen_messages
from stopline.stores.keys import public_pem
from stopline.wire.orders import sign_order

_ARROW = "application/vnd.apache.arrow.stream"
_BODY_MOST = 64 * 1024 * 1024
_ROWS_MOST = 20_000


def door_api(centre: Centre) -> APIRouter:
    """Return the routes under /api/v1 that institutions use."""
    router = APIRouter(prefix="/api/v1", tags=["institutions"])
    for doors in (screening_doors, carrier_doors, order_doors, port_doors, partner_doors):
        router.include_router(doors(centre))
    return router


def screening_doors(centre: Centre) -> APIRouter:
    """Return the doors through which carriers ask before they connect."""
    router = APIRouter()
    turn = centre.snapshots.turn  # one velocity state: batches are judged one after the other

    @router.post("/calls/batch")
    async def calls(request: Request, authorization: Annotated[str | None, Header()] = None) -> Response:
        data, kind = await body_of(request)

        def judge() -> Response:
            carrier, actor = enter(centre, authorization, InstitutionKind.CARRIER)
            table, desk = read_batch(data, kind), centre.desks.screening
            with turn:
                answers = screen_calls(centre.store, actor, desk, table, carrier=carrier.code, lake=centre.lake)
            return Response(write_batch(answers, kind), media_type=kind)

        return await run_in_threadpool(judge)

    @router.post("/calls/ends")
    async def ends(request: Request, authorization: Annotated[str | None, Header()] = None) -> Response:
        data, kind = await body_of(request)

        def take() -> Response:
            enter(centre, authorization, InstitutionKind.CARRIER)
            table = read_batch(data, kind)
            with turn:
                rejects = centre.desks.screening.call_ends(columns_of(table))
            return reply({"taken": table.num_rows - len(rejects), "rejects": rejects})

        return await run_in_threadpool(take)

    @router.post("/messages/batch")
    async def messages(request: Request, authorization: Annotated[str | None, Header()] = None) -> Response:
        data, kind = await body_of(request)

        def judge() -> Response:
            carrier, actor = enter(centre, authorization, InstitutionKind.CARRIER)
            table, desk = read_batch(data, kind), centre.desks.screening
            with turn:
                answers = screen_messages(centre.store, actor, desk, table, carrier=carrier.code)
            return Response(write_batch(answers, kind), media_type=kind)

        return await run_in_threadpool(judge)

    return router


def carrier_doors(centre: Centre) -> APIRouter:
    """Return the doors of the carriers: whom to refer, what to bring to people."""
    router = APIRouter()

    @router.get("/watch")
    def watch(authorization: Annotated[str | None, Header()] = None) -> Response:
        _carrier, actor = enter(centre, authorization, InstitutionKind.CARRIER)
        with centre.store.read(actor) as ledger:
            rows = [*centre.desks.screening.watch_lines(ledger), *centre.desks.dissuasion.watch(ledger)]
        return reply({"lines": list({str(row["line"]): row for row in rows}.values())})

    @router.post("/exposures")
    def exposures(
        body: Annotated[list[dict[str, Any]], Body()],
        again: Again,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        carrier, actor = enter(centre, authorization, InstitutionKind.CARRIER)

        def refer(ledger: Ledger) -> object:
            watched = centre.desks.screening.watch_lines(ledger)
            return centre.desks.dissuasion.exposures(ledger, carrier.code, bounded(body), watched)

        return reply(again.run(centre, actor, body, refer))

    @router.get("/deliveries")
    def deliveries(authorization: Annotated[str | None, Header()] = None) -> Response:
        carrier, actor = enter(centre, authorization, InstitutionKind.CARRIER)
        with centre.store.act(actor) as ledger:
            return reply({"rows": centre.desks.dissuasion.deliveries(ledger, carrier.code)})

    @router.post("/deliveries/{delivery_id}/delivered")
    def delivered(delivery_id: str, authorization: Annotated[str | None, Header()] = None) -> Response:
        carrier, actor = enter(centre, authorization, InstitutionKind.CARRIER)
        with centre.store.act(actor) as ledger:
            centre.desks.dissuasion.delivered(ledger, carrier.code, delivery_id)
        return reply({"id": delivery_id})

    return router


def order_doors(centre: Centre) -> APIRouter:
    """Return the doors through which a point gets its signed orders and answers them."""
    router = APIRouter()

    @router.get("/keys")
    def keys() -> Response:
        return reply({"orders": public_pem(centre.store.key.public_key()).decode(), "algorithm": "Ed25519"})

    @router.get("/orders")
    def orders(authorization: Annotated[str | None, Header()] = None) -> Response:
        point, actor = enter(centre, authorization)
        with centre.store.read(actor) as ledger:
            waiting = ledger.count(Enforcement, point=point.code, unsent=True)
        if not waiting:
            return reply({"rows": []})
        with centre.store.act(actor) as ledger:
            rows = [
                sign_order(order_of(*pair), centre.store.key) for pair in centre.office.orders_for(ledger, point.code)
            ]
        return reply({"rows": rows})

    @router.post("/orders/{order_id}/answers")
    def answer(
        order_id: str,
        body: Annotated[dict[str, Any], Body()],
        again: Again,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        point, actor = enter(centre, authorization)
        return reply(
            again.run(centre, actor, body, lambda ledger: take_answer(centre, ledger, point.code, order_id, body))
        )

    return router


def take_answer(
    centre: Centre, ledger: Ledger, point: str, order_id: str, body: Mapping[str, Any]
) -> dict[str, object]:
    """Take what a point answers to its order, with the statement of the account; raises NotYours, BadField."""
    row = ledger.get(Enforcement, order_id)
    if row.point != point:
        raise NotYours(kind="order", id=order_id, who=point)
    told = bounded(body["transfers"]) if "transfers" in body else None
    transfers, rejects = once_each(told or [], "reference")
    after = centre.office.answer(
        ledger,
        order_id,
        version=whole(body, "version") or 0,
        outcome=str(body.get("outcome", "")),
        applied_minor=whole(body, "applied_minor"),
        balance_minor=whole(body, "balance_minor"),
        remark=str(body.get("remark", ""))[:500],
    )
    if told is not None:  # an empty statement says that nothing left the account
        centre.desks.funds.answered(ledger, order_id, transfers)
    return {"state": after.state.value, "answered_version": after.answered_version, "rejects": rejects}


def port_doors(centre: Centre) -> APIRouter:
    """Return the door of the ports."""
    router = APIRouter()

    @router.post("/crossings")
    def crossing(
        body: Annotated[dict[str, Any], Body()],
        again: Again,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        port, actor = enter(centre, authorization, InstitutionKind.PORT)

        def judge(ledger: Ledger) -> object:
            decision, hit_id = centre.desks.borders.crossing(ledger, port.code, body)
            return {"decision": decision, "hit_id": hit_id}

        return reply(again.run(centre, actor, body, judge))

    return router


def partner_doors(centre: Centre) -> APIRouter:
    """Return the doors of partners abroad."""
    router = APIRouter()

    @router.get("/requests")
    def requests(authorization: Annotated[str | None, Header()] = None) -> Response:
        partner, actor = enter(centre, authorization, InstitutionKind.PARTNER)
        with centre.store.act(actor) as ledger:
            return reply({"rows": centre.desks.alliance.requests_for(ledger, partner.code)})

    @router.post("/requests/{request_id}/answers")
    def answer_request(
        request_id: str,
        body: Annotated[dict[str, Any], Body()],
        again: Again,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        partner, actor = enter(centre, authorization, InstitutionKind.PARTNER)
        desk = centre.desks.alliance
        return reply(again.run(centre, actor, body, lambda ledger: desk.answer(ledger, partner.code, request_id, body)))

    @router.post("/dens")
    def den(
        body: Annotated[dict[str, Any], Body()],
        again: Again,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        partner, actor = enter(centre, authorization, InstitutionKind.PARTNER)
        desk = centre.desks.alliance
        return reply(
            again.run(centre, actor, body, lambda ledger: {"id": desk.den_reported(ledger, partner.code, body)})
        )

    @router.get("/handovers")
    def handovers(authorization: Annotated[str | None, Header()] = None) -> Response:
        partner, actor = enter(centre, authorization, InstitutionKind.PARTNER)
        with centre.store.act(actor) as ledger:
            return reply({"rows": centre.desks.alliance.handovers_for(ledger, partner.code)})

    @router.post("/handovers/{handover_id}/counts")
    def counts(
        handover_id: str,
        body: Annotated[dict[str, Any], Body()],
        again: Again,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        partner, actor = enter(centre, authorization, InstitutionKind.PARTNER)
        desk = centre.desks.alliance
        return reply(
            again.run(centre, actor, body, lambda ledger: desk.counts(ledger, partner.code, handover_id, body))
        )

    return router


def enter(centre: Centre, authorization: str | None, *kinds: InstitutionKind) -> tuple[Institution, Actor]:
    """Return the institution behind a key, as the actor of what it does; raises NotSignedIn."""
    with centre.store.read(PUBLIC) as ledger:
        found = institution_for(ledger, bearer(authorization))
    if found is None or (kinds and found.kind not in kinds):
        raise NotSignedIn
    return found, Actor(kind=ActorKind.INSTITUTION, id=found.code, session=found.id, purpose="door")


async def body_of(request: Request) -> tuple[bytes, str]:
    """Read a batch body within its bound; returns it with its media type."""
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip()
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _BODY_MOST:
            raise BadField(field="body", value=f"over {_BODY_MOST} bytes", why="send smaller batches")
        parts.append(part)
    return b"".join(parts), kind or _ARROW


def bounded(rows: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - parsed JSON
    """Return rows of a JSON list of objects; raises BadField for anything else or too many."""
    if not isinstance(rows, list) or len(rows) > _ROWS_MOST or not all(isinstance(row, dict) for row in rows):
        raise BadField(field="rows", value=str(rows)[:40], why=f"a list of at most {_ROWS_MOST} objects")
    return rows


def once_each(rows: list[Mapping[str, Any]], name: str) -> tuple[list[Mapping[str, Any]], list[dict[str, object]]]:
    """Return rows whose name is new among them, and those that repeat one, each with its place and why."""
    kept: list[Mapping[str, Any]] = []
    first: dict[str, int] = {}
    rejects: list[dict[str, object]] = []
    for place, row in enumerate(rows, start=1):
        key = row.get(name)
        if isinstance(key, str) and key in first:
            rejects.append({"row": place, "why": f"{name} {key[:80]!r} stands in row {first[key]} already"})
            continue
        if isinstance(key, str):
            first[key] = place
        kept.append(row)
    return kept, rejects


def whole(body: Mapping[str, Any], name: str) -> int | None:
    """Return a non-negative integer of a body, or None where it is absent; raises BadField."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**17:
        raise BadField(field=name, value=value, why="a whole number from 0 to 10^17")
    return value
