"""Reporting a fraud: one question a page; what was answered travels with the form, so that nothing is kept halfway."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from stopline.cases.vocabulary import WORDS
from stopline.console.frame import Site, Visit, read_form, route_class
from stopline.console.pages.acting import Problem
from stopline.console.pages.public import districts
from stopline.kernel.actors import PUBLIC
from stopline.kernel.errors import BadField
from stopline.law.organisation import Unit

Form = Annotated[dict[str, str], Depends(read_form)]
TYPOLOGIES = (*WORDS, "")

# step -> the fields that it asks for
STEPS: Mapping[str, tuple[str, ...]] = {
    "happened": ("text", "typology", "happened_at"),
    "contact": ("calling", "links"),
    "money": ("paid", "amount", "paid_at", "source", "source_bank", "target", "target_bank", "reference"),
    "you": ("phone", "name", "district"),
    "check": (),
}
_ORDER = tuple(STEPS)
_STEP_OF = {field: step for step, fields in STEPS.items() for field in fields}
# where a field of the intake stands on our pages
_ASKED = {"loss_minor": "amount", "amount_minor": "amount", "at": "paid_at", "payments": "amount", "accounts": "target"}


def routes(site: Site) -> APIRouter:
    """Return the routes of a report."""
    router = APIRouter(prefix="/public/report", route_class=route_class(site))

    @router.get("")
    def begin(request: Request) -> Response:
        return _step(site.public(request), "happened", {}, [])

    @router.post("")
    def go_on(request: Request, form: Form) -> Response:
        visit = site.public(request)
        step = form.get("step", "happened")
        if step not in STEPS:
            raise BadField(field="step", value=step[:20], why="one of " + ", ".join(STEPS))
        if "back" in form:
            return _step(visit, _ORDER[max(0, _ORDER.index(step) - 1)], form, [])
        problems = _problems(step, form)
        if problems:
            return _step(visit, step, form, problems)
        if step != "check":
            return _step(visit, _ORDER[_ORDER.index(step) + 1], form, [])
        return _send(site, visit, form)

    return router


def _send(site: Site, visit: Visit, form: Mapping[str, str]) -> Response:
    try:
        with site.centre.store.act(PUBLIC) as ledger:
            receipt = site.doors.report(ledger, body_of(visit, form, ledger.at))
    except BadField as error:
        told = str(error.facts.get("field", ""))
        field = _ASKED.get(told, told)
        step = _STEP_OF.get(field, "happened")
        return _step(visit, step, form, [Problem(field=field, error="BadField", message=str(error))])
    return visit.html("public/code.html", 201, code=receipt, what="report")


def _step(visit: Visit, step: str, form: Mapping[str, str], problems: list[Problem]) -> Response:
    with visit.site.centre.store.read(PUBLIC) as ledger:
        places = districts(ledger.find(Unit, limit=5_000)) if step in {"you", "check"} else []
    asked = STEPS[step]
    carried = {name: form[name] for name in _STEP_OF if name in form and name not in asked}
    return visit.html(
        "public/report.html",
        422 if problems else 200,
        step=step,
        place=_ORDER.index(step) + 1,
        of=len(_ORDER),
        form=form,
        carried=carried,
        problems=problems,
        by_field={problem.field: problem for problem in problems},
        places=places,
        typologies=TYPOLOGIES,
        steps=STEPS,
        now=visit.formats.form(visit.at),
    )


def _problems(step: str, form: Mapping[str, str]) -> list[Problem]:
    """Return what a step lacks, before the next question is asked."""
    needed = {"happened": ("text",), "contact": (), "money": (), "you": ("phone", "district"), "check": ()}[step]
    if step == "money" and form.get("paid") == "yes":
        needed = ("amount", "source", "target")
    missing = [name for name in needed if not form.get(name, "").strip()]
    found = [Problem(field=name, error="FieldNeeded", message="") for name in missing]
    if step == "money" and form.get("paid") == "yes" and form.get("amount", "").strip():
        try:
            _minor(form["amount"])
        except BadField as error:
            found.append(Problem(field="amount", error="BadField", message=str(error)))
    return found


def body_of(visit: Visit, form: Mapping[str, str], at: datetime) -> dict[str, object]:
    """Return the report that a finished form holds; raises BadField naming the field."""
    happened = _instant(visit, form.get("happened_at", ""), "happened_at", at)
    body: dict[str, object] = {
        "phone": form.get("phone", ""),
        "name": form.get("name", ""),
        "district": form.get("district", ""),
        "text": form.get("text", ""),
        "typology": form.get("typology", ""),
        "calling": _lines(form.get("calling", "")),
        "links": _lines(form.get("links", "")),
        "happened_at": happened,
        "loss_minor": 0,
        "currency": "CNY",
    }
    if form.get("paid") == "yes":
        amount = _minor(form.get("amount", ""))
        names = ("reference", "source", "source_bank", "target", "target_bank")
        paid_at = _instant(visit, form.get("paid_at", ""), "paid_at", datetime.fromisoformat(happened))
        payment = {name: form.get(name, "").strip() for name in names}
        body["payments"] = [{**payment, "at": paid_at, "amount_minor": amount, "currency": "CNY"}]
        body["accounts"] = [form.get("target", "").strip()]
        body["loss_minor"] = amount
    return body


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _instant(visit: Visit, text: str, field: str, otherwise: datetime) -> str:
    if not text.strip():
        return otherwise.isoformat()
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadField(field=field, value=text[:40], why="a date and a time, as 2026-03-10 09:30") from None
    return (at if at.tzinfo else at.replace(tzinfo=visit.site.zone)).isoformat()


def _minor(text: str) -> int:
    try:
        amount = Decimal(text.replace(",", "").replace("¥", "").strip()) * 100
    except InvalidOperation:
        raise BadField(field="amount", value=text[:40], why="an amount in yuan, as 1234.50") from None
    if not amount.is_finite() or not 0 < amount < 10**14 or amount != int(amount):
        raise BadField(
            field="amount", value=text[:40], why="an amount above zero with at most two digits after the point"
        )
    return int(amount)
