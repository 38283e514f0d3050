"""The public API: report, follow, look a reference up, appeal, check, and read what is published. No login."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body
from fastapi.responses import Response

from stopline.console.api_staff import reply
from stopline.console.desks import Centre
from stopline.console.public_doors import DeskDoors
from stopline.console.retries import Again
from stopline.kernel.actors import PUBLIC
from stopline.kernel.errors import BadField, NotFound
from stopline.kernel.ids import reference_key
from stopline.kernel.ledger import Ledger
from stopline.law.appeal import AppealChannel

Kind = TypeVar("Kind")


def public_api(centre: Centre) -> APIRouter:
    """Return the routes under /api/v1 that need no account."""
    router = APIRouter(prefix="/api/v1", tags=["public"])
    router.include_router(own_affairs(centre, DeskDoors(centre.desks)))
    router.include_router(published(centre, DeskDoors(centre.desks)))
    return router


def own_affairs(centre: Centre, doors: DeskDoors) -> APIRouter:
    """Return the doors for one's own affairs: report, follow, look a reference up, appeal."""
    router = APIRouter()

    @router.post("/reports")
    def report(body: Annotated[dict[str, Any], Body()], again: Again) -> Response:
        def receive(ledger: Ledger) -> object:
            made, receipt = centre.desks.cases.receive(ledger, body)
            return {"report_id": made.id, "receipt": receipt}

        return reply(again.run(centre, PUBLIC, body, receive), 201)

    @router.get("/public/reports/{receipt}")
    def follow(receipt: str) -> Response:
        with centre.store.read(PUBLIC) as ledger:
            return reply(centre.desks.cases.status_by_receipt(ledger, reference_key(receipt)))

    @router.get("/public/references/{reference}")
    def reference(reference: str) -> Response:
        with centre.store.read(PUBLIC) as ledger:
            return reply(found(doors.reference(ledger, reference), "reference", reference))

    @router.post("/public/appeals")
    def appeal(body: Annotated[dict[str, Any], Body()], again: Again) -> Response:
        channel = str(body.get("channel") or AppealChannel.NOTICE_CODE.value)
        if channel not in AppealChannel._value2member_map_:
            raise BadField(field="channel", value=channel, why="one of " + ", ".join(AppealChannel))

        def file(ledger: Ledger) -> object:
            filed = doors.file_appeal(
                ledger,
                reference=str(body.get("reference", "")),
                statement=str(body.get("statement", "")),
                contact=str(body.get("contact", "")),
                channel=AppealChannel(channel),
            )
            return {"code": filed.code, "state": filed.state.value, "due_at": filed.due_at}

        return reply(again.run(centre, PUBLIC, body, file), 201)

    @router.get("/public/appeals/{code}")
    def appeal_state(code: str) -> Response:
        with centre.store.read(PUBLIC) as ledger:
            return reply(found(doors.appeal_state(ledger, code), "appeal", code))

    return router


def published(centre: Centre, doors: DeskDoors) -> APIRouter:
    """Return the doors for what is published: wanted people, checks, lessons, the bulletin."""
    router = APIRouter()

    @router.get("/public/notices")
    def notices() -> Response:
        with centre.store.read(PUBLIC) as ledger:
            return reply({"rows": doors.notices(ledger)})

    @router.post("/public/tips")
    def tip(body: Annotated[dict[str, Any], Body()], again: Again) -> Response:
        tipped = again.run(centre, PUBLIC, body, lambda ledger: {"id": centre.desks.syndicates.tip(ledger, body)})
        return reply(tipped, 201)

    @router.get("/public/check")
    def check(kind: str, value: str) -> Response:
        with centre.store.read(PUBLIC) as ledger:
            return reply({"kind": kind, "answer": doors.check(ledger, kind, value).value})

    @router.get("/public/lessons")
    def lessons(district: str = "") -> Response:
        with centre.store.read(PUBLIC) as ledger:
            return reply({"rows": centre.desks.dissuasion.lessons(ledger, district)})

    @router.post("/public/lessons/{lesson_id}/quiz")
    def quiz(lesson_id: str, body: Annotated[dict[str, Any], Body()], again: Again) -> Response:
        phase, desk = str(body.get("before_after", "")), centre.desks.dissuasion

        def count(ledger: Ledger) -> object:
            return desk.quiz(ledger, lesson_id, body.get("answers"), before_after=phase)

        return reply(again.run(centre, PUBLIC, body, count))

    @router.get("/public/bulletin")
    def bulletin() -> Response:
        with centre.store.read(PUBLIC) as ledger:
            return reply({"rows": doors.bulletin(ledger)})

    return router


def found(answer: Kind | None, kind: str, code: str) -> Kind:
    """Return an answer, or raise NotFound without repeating the whole code."""
    if answer is None:
        raise NotFound(kind=kind, id=code[:8] + "…")
    return answer
