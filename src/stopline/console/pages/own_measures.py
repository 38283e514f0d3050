"""The pages on which a person sees what stands against the own line or account: number, code, list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from stopline.console.frame import Site, TooOften, Visit, read_form, route_class
from stopline.console.own_measures import GOOD_FOR, OwnMeasures
from stopline.console.pages.acting import Problem
from stopline.kernel.actors import PUBLIC
from stopline.kernel.errors import BadField

Form = Annotated[dict[str, str], Depends(read_form)]
_PARTS = ("scope", "reason", "basis", "remedy")
_NONCE_BYTES = 16


def routes(site: Site) -> APIRouter:
    """Return the routes of one's own restrictions."""
    router = APIRouter(prefix="/public/restrictions", route_class=route_class(site))
    own = OwnMeasures.of(site.accounts.key, site.parts.seconds)

    @router.get("")
    def ask(request: Request) -> Response:
        return _page(site.public(request), {}, None)

    @router.post("/code")
    def send(request: Request, form: Form) -> Response:
        visit = site.public(request)
        try:
            line = own.line(form.get("line", ""))
        except BadField as error:
            return _page(visit, form, error)
        if not own.asked.allows(line):
            raise TooOften
        with site.centre.store.act(PUBLIC) as ledger:  # whoever asks, and whatever stands: the answer is the same
            nonce = site.centre.store.ids.random_bytes(_NONCE_BYTES)
            ticket, code = own.ticket(line, at=ledger.at, nonce=nonce)
            site.centre.desks.dissuasion.one_time_code(ledger, line, code, keep=GOOD_FOR)
        return _code_page(visit, {"line": line, "ticket": ticket}, None)

    @router.post("/list")
    def show(request: Request, form: Form) -> Response:
        visit = site.public(request)
        line, ticket, code = (form.get(name, "") for name in ("line", "ticket", "code"))
        try:
            own.check(line, ticket, code, at=visit.at)
        except BadField as error:
            return _code_page(visit, form, error)
        with site.centre.store.act(PUBLIC) as ledger:
            rows = own.standing(ledger, line)
            ledger.note(act="read.own", subject_kind="notification", subject_id=f"{len(rows)} rows")
        told = [(row, [(name, text) for name in _PARTS if (text := _part(visit, row.parts, name))]) for row in rows]
        return visit.html("public/own_list.html", rows=told, line=line)

    return router


def _part(visit: Visit, parts: object, name: str) -> str:
    told = parts.get(visit.words.language, {}) if isinstance(parts, dict) else {}
    return str(told.get(name, ""))


def _page(visit: Visit, form: dict[str, str], error: BadField | None) -> Response:
    return _asked(visit, "public/restrictions.html", "line", form, error)


def _code_page(visit: Visit, form: dict[str, str], error: BadField | None) -> Response:
    return _asked(visit, "public/own_code.html", "code", form, error)


def _asked(visit: Visit, template: str, field: str, form: dict[str, str], error: BadField | None) -> Response:
    problems = [] if error is None else [Problem(field=field, error="BadField", message=str(error))]
    by_field = {problem.field: problem for problem in problems}
    return visit.html(template, 422 if problems else 200, form=form, problems=problems, by_field=by_field)
