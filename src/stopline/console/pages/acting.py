"""The page of an act: what it is, on what basis, against whom, for how long, who signs next; then its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from stopline.console.api_staff import find_act, take
from stopline.console.api_staff import kind_of as record_type_of
from stopline.console.frame import SESSION_COOKIE, Site, Visit, read_form, route_class
from stopline.console.kinds import IMPERSONAL
from stopline.console.looks import log_record
from stopline.console.pages.detail import field_cells, headline
from stopline.console.pages.panels import law_panel
from stopline.console.pages.sign_in import set_cookie
from stopline.console.pages.trials import Panel
from stopline.console.scope import require_reader, require_sight
from stopline.kernel.errors import BadField, StoplineError
from stopline.kernel.ledger import Record
from stopline.law.acts import NEW, Act, Field, FieldKind
from stopline.law.measure import GroundKind, Measure

Form = Annotated[dict[str, str], Depends(read_form)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that a form got wrong, by the field it belongs to ("" = the form as a whole)."""

    field: str
    error: str
    message: str


def routes(site: Site) -> APIRouter:
    """Return the routes of acts."""
    router = APIRouter(route_class=route_class(site))

    @router.get("/records/{thing}/new")
    def ask_new(request: Request, thing: str) -> Response:
        return _ask(site.staff(request), find_act(site.centre, thing, NEW), "", {}, [])

    @router.post("/records/{thing}/new")
    def do_new(request: Request, thing: str, form: Form) -> Response:
        return _do(site.staff(request, form), find_act(site.centre, thing, NEW), "", form)

    @router.get("/records/{thing}/{record_id}/act/{name}")
    def ask(request: Request, thing: str, record_id: str, name: str) -> Response:
        return _ask(site.staff(request), find_act(site.centre, thing, name), record_id, {}, [])

    @router.post("/records/{thing}/{record_id}/act/{name}")
    def do(request: Request, thing: str, record_id: str, name: str, form: Form) -> Response:
        return _do(site.staff(request, form), find_act(site.centre, thing, name), record_id, form)

    return router


def _ask(visit: Visit, act: Act, record_id: str, form: Mapping[str, str], problems: list[Problem]) -> Response:
    require_reader(visit.officer, act.thing)
    if act.power is not None:
        act.require(visit.officer, None, at=visit.at)
    record: Record | None = None
    law: Panel | None = None
    with visit.site.centre.store.read(visit.officer.actor) as ledger:
        if record_id:
            record = ledger.get(record_type_of(visit.site.centre, act.thing), record_id)
            require_sight(visit.officer, act.thing, record)
            act.require(visit.officer, record, at=visit.at)
            if isinstance(record, Measure):
                law = law_panel(visit, ledger, record)
    if record is not None and act.thing not in IMPERSONAL:
        with visit.site.centre.store.act(visit.officer.actor) as ledger:
            log_record(visit.site.centre, ledger, visit.officer, (act.thing, record))
    return visit.html(
        "act.html",
        200 if not problems else 422,
        act=act,
        record=record,
        title=headline(visit, act.thing, record) if record is not None else "",
        fields=field_cells(visit, record)[:10] if record is not None and law is None else [],
        law=law,
        form=form,
        problems=problems,
        by_field={problem.field: problem for problem in problems},
        needs_code=act.coercive and not _proved(visit),
        entries=visit.site.centre.office.register.measures() if act.thing == "measure" and act.name == NEW else (),
        grounds=tuple(kind.value for kind in GroundKind),
    )


def _do(visit: Visit, act: Act, record_id: str, form: Mapping[str, str]) -> Response:
    try:
        body = body_of(visit, act, form)
        token = _prove(visit, act, form)
        made = take(visit.site.centre, visit.officer, (act.thing, record_id, act.name), body)
    except BadField as error:
        facts = error.facts
        field = str(facts.get("field", ""))
        return _ask(visit, act, record_id, form, [_problem(error, field)])
    except StoplineError as error:
        if error.http_status in {401, 403, 404, 503}:
            raise
        return _ask(visit, act, record_id, form, [_problem(error, "")])
    answer = RedirectResponse(f"/records/{act.thing}/{made or record_id}?done={act.name}", 303)
    if token:
        set_cookie(visit.site, answer, SESSION_COOKIE, token)
    return answer


def _problem(error: StoplineError, field: str) -> Problem:
    return Problem(field=field, error=type(error).__name__, message=str(error))


def _proved(visit: Visit) -> bool:
    return visit.session is not None and visit.site.accounts.fresh(visit.session, visit.at)


def _prove(visit: Visit, act: Act, form: Mapping[str, str]) -> str | None:
    """Take the second factor again before an act against somebody; returns the session's new token if it was taken."""
    if not act.coercive or _proved(visit):
        return None
    store = visit.site.centre.store
    code_at = visit.site.parts.code_at
    with store.act(visit.officer.actor) as ledger:
        instant = code_at() if code_at else ledger.at
        token = visit.site.accounts.prove(ledger, visit.token, form.get("code", ""), instant)
    if token is None:
        raise BadField(field="code", value="(code)", why="a fresh code of your second factor, each good once")
    return token


def body_of(visit: Visit, act: Act, form: Mapping[str, str]) -> dict[str, object]:
    """Return the body of an act from its form: local times with their offset, amounts in minor units, lines as lists.

    Raises BadField naming the field.
    """
    body: dict[str, object] = {}
    for field in act.fields:
        text = form.get(field.name, "").strip()
        if text:
            body[field.name] = _value(visit, act, field, text)
    return body


def _value(visit: Visit, act: Act, field: Field, text: str) -> object:
    match field.kind:
        case FieldKind.INSTANT:
            return _instant(visit, field, text)
        case FieldKind.MONEY:
            return _minor(field, text)
        case FieldKind.LIST if field.name in {"grounds", "evidence"} and act.name in {NEW, "claim", "add_evidence"}:
            return [_ground(line) for line in text.splitlines() if line.strip()]
        case FieldKind.LIST:
            return [line.strip() for line in text.splitlines() if line.strip()]
        case _:
            return text


def _ground(line: str) -> object:
    """Read one ground from a line `kind | reference | note`; a line without bars stays a text."""
    parts = [part.strip() for part in line.split("|")]
    if len(parts) == 1:
        return line.strip()
    kind, ref, note = (*parts, "", "")[:3]
    return {"kind": kind, "ref": ref, "note": note, "source": note or ref}


def _instant(visit: Visit, field: Field, text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadField(field=field.name, value=text, why="a date and a time") from None
    return (at if at.tzinfo else at.replace(tzinfo=visit.site.zone)).isoformat()


def _minor(field: Field, text: str) -> int:
    try:
        amount = Decimal(text.replace(",", "")) * 100
    except InvalidOperation:
        raise BadField(field=field.name, value=text, why="an amount, as 1234.50") from None
    if not amount.is_finite() or amount != int(amount):
        raise BadField(field=field.name, value=text, why="an amount with at most two digits after the point")
    return int(amount)
