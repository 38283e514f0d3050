"""Signing in and out, and choosing the language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from stopline.console.frame import (
    BROWSER_COOKIE,
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    FormRefused,
    Site,
    TooOften,
    Visit,
    address_of,
    local_path,
    read_form,
    route_class,
)
from stopline.console.words import LANGUAGES
from stopline.kernel.actors import PUBLIC

Form = Annotated[dict[str, str], Depends(read_form)]
_YEAR_S = 365 * 24 * 3600


def routes(site: Site) -> APIRouter:
    """Return the routes of sessions and language."""
    router = APIRouter(route_class=route_class(site))

    @router.get("/sign-in")
    def ask(request: Request) -> Response:
        return _form(site, site.anybody(request), refused=False)

    @router.post("/sign-in")
    def sign_in(request: Request, form: Form) -> Response:
        browser = request.cookies.get(BROWSER_COOKIE, "")
        if not browser or not site.accounts.csrf_fits(browser, form.get("csrf", "")):
            raise FormRefused
        if not site.sign_in_limit.allows(address_of(request)):
            raise TooOften
        with site.centre.store.act(PUBLIC) as ledger:
            at = site.parts.code_at() if site.parts.code_at else ledger.at
            login, password = form.get("login", "").strip(), form.get("password", "")
            site.accounts.sign_out(ledger, request.cookies.get(SESSION_COOKIE, ""))
            began = site.accounts.sign_in(ledger, login, password, form.get("code", ""), at, address_of(request))
        if began is None:
            return _form(site, site.anybody(request), refused=True)
        answer = RedirectResponse(local_path(form.get("next", "/")), 303)
        set_cookie(site, answer, SESSION_COOKIE, began[0])
        answer.delete_cookie(BROWSER_COOKIE, path="/")
        return answer

    @router.post("/sign-out")
    def sign_out(request: Request, form: Form) -> Response:
        visit = site.staff(request, form)
        with site.centre.store.act(visit.officer.actor) as ledger:
            site.accounts.sign_out(ledger, visit.token)
        answer = RedirectResponse("/sign-in", 303)
        answer.delete_cookie(SESSION_COOKIE, path="/")
        return answer

    @router.get("/language/{language}")
    def choose(request: Request, language: str) -> Response:
        answer = RedirectResponse(local_path(request.query_params.get("next", "/")), 303)
        if language in LANGUAGES:
            set_cookie(site, answer, LANGUAGE_COOKIE, language, age_s=_YEAR_S)
        return answer

    return router


def set_cookie(site: Site, answer: Response, name: str, value: str, *, age_s: int | None = None) -> None:
    """Set a cookie that no script reads and no other site sends."""
    secure = site.centre.settings.secure_cookies
    answer.set_cookie(name, value, max_age=age_s, path="/", httponly=True, samesite="strict", secure=secure)


def _form(site: Site, visit: Visit, *, refused: bool) -> Response:
    browser = visit.request.cookies.get(BROWSER_COOKIE, "") or site.centre.store.ids.reference()
    wanted = local_path(visit.request.query_params.get("next", "/"))
    answer = visit.html(
        "sign_in.html",
        401 if refused else 200,
        refused=refused,
        next=wanted,
        form_token=site.accounts.csrf(browser),
        hints=site.parts.hints,
    )
    set_cookie(site, answer, BROWSER_COOKIE, browser, age_s=3600)
    return answer
