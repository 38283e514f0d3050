"""The public pages: plain HTML that needs no script, no cookie and no account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from stopline.console.answers import ReferenceAnswer
from stopline.console.frame import Site, Visit, read_form, route_class
from stopline.console.pages.acting import Problem
from stopline.kernel.actors import PUBLIC
from stopline.kernel.errors import BadField, NotFound, StoplineError
from stopline.kernel.ids import reference_key
from stopline.law.organisation import Officer, Unit
from stopline.law.register import Level

Form = Annotated[dict[str, str], Depends(read_form)]
_PARTS = ("reason", "basis", "authority", "scope", "amount", "term", "remedy", "documents", "rights", "proceeds")
_REFERENCE_LETTERS = 35  # 32 letters of a reference and its three hyphens


def routes(site: Site) -> APIRouter:
    """Return the routes under /public, but for the report."""
    router = APIRouter(prefix="/public", route_class=route_class(site))
    _references(site, router)
    _published(site, router)
    _lessons(site, router)

    @router.get("")
    def bare(_request: Request) -> Response:
        return RedirectResponse("/public/", 308)

    @router.get("/")
    def home(request: Request) -> Response:
        return site.public(request).html("public/home.html")

    @router.get("/check")
    def ask_check(request: Request) -> Response:
        return site.public(request).html("public/check.html", answer=None, form={}, problems=[], by_field={})

    @router.post("/check")
    def check(request: Request, form: Form) -> Response:
        visit = site.public(request)
        try:
            with site.centre.store.read(PUBLIC) as ledger:
                answer = site.doors.check(ledger, form.get("kind", ""), form.get("value", ""))
        except BadField as error:
            return _again(visit, "public/check.html", form, error, "value", answer=None)
        return visit.html("public/check.html", answer=answer.value, form=form, problems=[], by_field={})

    @router.get("/verify")
    def ask_verify(request: Request) -> Response:
        visit = site.public(request)
        return visit.html("public/verify.html", found=None, officer=None, form={}, problems=[], by_field={})

    @router.post("/verify")
    def verify(request: Request, form: Form) -> Response:
        visit = site.public(request)
        code = form.get("code", "").strip()
        if not code:
            error = BadField(field="code", value="", why="is needed")
            return _again(visit, "public/verify.html", form, error, "code", found=None, officer=None)
        with site.centre.store.read(PUBLIC) as ledger:
            found = site.doors.verify(ledger, code[:80])
            officer = ledger.maybe(Officer, code[:80]) if found is None else None
            current = (
                officer is not None
                and officer.from_at <= ledger.at
                and not (officer.to_at and officer.to_at <= ledger.at)
            )
            unit = ledger.maybe(Unit, officer.unit_id) if officer is not None and current else None
        known = (officer, unit) if unit is not None else None
        return visit.html(
            "public/verify.html", found=found or False, officer=known, form=form, problems=[], by_field={}
        )

    return router


def _references(site: Site, router: APIRouter) -> None:
    @router.get("/follow")
    def ask(request: Request) -> Response:
        visit = site.public(request)
        return visit.html("public/follow.html", found=None, form={}, problems=[], by_field={})

    @router.post("/follow")
    def follow(request: Request, form: Form) -> Response:
        visit = site.public(request)
        code = form.get("code", "")[:80]
        with site.centre.store.read(PUBLIC) as ledger:
            report = site.doors.report_state(ledger, reference_key(code))
            appeal = site.doors.appeal_state(ledger, code) if report is None else None
            block = site.doors.reference(ledger, code) if report is None and appeal is None else None
        if block is not None:
            return RedirectResponse(f"/public/r/{reference_key(code)}", 303)
        found = report or appeal
        if found is None:
            error = NotFound(kind="code", id=code[:8])
            return _again(visit, "public/follow.html", form, error, "code", found=None)
        what = "report" if report is not None else "appeal"
        return visit.html("public/follow.html", found=found, what=what, form=form, problems=[], by_field={})

    @router.get("/r/{reference}")
    def reference(request: Request, reference: str) -> Response:
        visit = site.public(request)
        return _reference_page(visit, reference, _looked_up(site, reference), {}, [])

    @router.post("/r/{reference}")
    def appeal(request: Request, reference: str, form: Form) -> Response:
        visit = site.public(request)
        statement, contact = form.get("statement", ""), form.get("contact", "")
        try:
            with site.centre.store.act(PUBLIC) as ledger:
                code = site.doors.appeal(ledger, reference=reference, statement=statement, contact=contact)
        except BadField as error:
            problem = Problem(field="statement", error="BadField", message=str(error))
            return _reference_page(visit, reference, _looked_up(site, reference), form, [problem])
        return visit.html("public/code.html", 201, code=code, what="appeal")


def _looked_up(site: Site, reference: str) -> ReferenceAnswer:
    key = reference_key(reference[:80])
    if len(key) == _REFERENCE_LETTERS:
        with site.centre.store.read(PUBLIC) as ledger:
            found = site.doors.reference(ledger, key)
        if found is not None:
            return found
    raise NotFound(kind="reference", id=key[:8])


def _reference_page(
    visit: Visit, reference: str, found: ReferenceAnswer, form: dict[str, str], problems: list[Problem]
) -> Response:
    told = found.parts.get(visit.words.language, {})
    return visit.html(
        "public/reference.html",
        422 if problems else 200,
        reference=reference_key(reference),
        found=found,
        told=[(name, told[name]) for name in _PARTS if told.get(name)],
        form=form,
        problems=problems,
        by_field={problem.field: problem for problem in problems},
    )


def _published(site: Site, router: APIRouter) -> None:
    @router.get("/wanted")
    def wanted(request: Request) -> Response:
        visit = site.public(request)
        with site.centre.store.read(PUBLIC) as ledger:
            notices = site.doors.notices(ledger)
        return visit.html("public/wanted.html", notices=notices)

    @router.get("/wanted/{notice_id}/tip")
    def ask_tip(request: Request, notice_id: str) -> Response:
        return _tip_page(site.public(request), notice_id, {}, [])

    @router.post("/wanted/{notice_id}/tip")
    def tip(request: Request, notice_id: str, form: Form) -> Response:
        visit = site.public(request)
        told = {name: form.get(name, "") for name in ("text", "place", "contact")}
        try:
            with site.centre.store.act(PUBLIC) as ledger:
                site.doors.tip(ledger, notice_id=notice_id, **told)
        except BadField as error:
            problem = Problem(field=str(error.facts.get("field", "text")), error="BadField", message=str(error))
            return _tip_page(visit, notice_id, form, [problem])
        return visit.html("public/code.html", 201, code="", what="tip")

    @router.get("/bulletin")
    def bulletin(request: Request) -> Response:
        visit = site.public(request)
        with site.centre.store.read(PUBLIC) as ledger:
            figures = site.doors.bulletin(ledger)
        return visit.html("public/bulletin.html", figures=figures)


def _tip_page(visit: Visit, notice_id: str, form: dict[str, str], problems: list[Problem]) -> Response:
    with visit.site.centre.store.read(PUBLIC) as ledger:
        found = [notice for notice in visit.site.doors.notices(ledger) if notice.id == notice_id]
    if not found:
        raise NotFound(kind="notice", id=notice_id[:40])
    by_field = {problem.field: problem for problem in problems}
    status = 422 if problems else 200
    return visit.html("public/tip.html", status, notice=found[0], form=form, problems=problems, by_field=by_field)


def _lessons(site: Site, router: APIRouter) -> None:
    @router.get("/lessons")
    def lessons(request: Request) -> Response:
        visit = site.public(request)
        district = request.query_params.get("district", "")[:6]
        with site.centre.store.read(PUBLIC) as ledger:
            found, places = site.doors.lessons(ledger, district), districts(ledger.find(Unit, limit=5_000))
        return visit.html("public/lessons.html", lessons=found, places=places, district=district)

    @router.get("/lessons/{lesson_id}")
    def lesson(request: Request, lesson_id: str) -> Response:
        return _lesson_page(site.public(request), lesson_id, None)

    @router.post("/lessons/{lesson_id}")
    def quiz(request: Request, lesson_id: str, form: Form) -> Response:
        visit = site.public(request)
        answers = {name[1:]: int(value) for name, value in form.items() if name[:1] == "q" and value.isdecimal()}
        phase = "before" if form.get("phase") == "before" else "after"
        with site.centre.store.act(PUBLIC) as ledger:
            score = site.doors.quiz(ledger, lesson_id=lesson_id, answers=answers, phase=phase)
        return _lesson_page(visit, lesson_id, score)


def _lesson_page(visit: Visit, lesson_id: str, score: tuple[int, int] | None) -> Response:
    with visit.site.centre.store.read(PUBLIC) as ledger:
        found = [lesson for lesson in visit.site.doors.lessons(ledger, "") if lesson.id == lesson_id]
    if not found:
        raise NotFound(kind="lesson", id=lesson_id[:40])
    return visit.html("public/lesson.html", lesson=found[0], score=score)


def districts(units: list[Unit]) -> list[Unit]:
    """Return the counties, in the order of their codes."""
    return sorted((unit for unit in units if unit.level == Level.COUNTY and unit.area), key=lambda unit: unit.area)


def _again(
    visit: Visit, template: str, form: dict[str, str], error: StoplineError, field: str, **values: object
) -> Response:
    problem = Problem(field=field, error=type(error).__name__, message=str(error))
    return visit.html(template, 422, form=form, problems=[problem], by_field={field: problem}, **values)
