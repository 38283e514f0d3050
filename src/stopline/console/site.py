"""The site: every page's routes, its files, and what every answer carries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stopline.console.centre import SiteParts
from stopline.console.frame import Site, environment, error_page, route_class
from stopline.console.limits import RateLimit
from stopline.console.pages import acting, audit, detail, lists, overview, own_measures, public, public_report, sign_in
from stopline.console.public_doors import DeskDoors
from stopline.console.statics import read_statics
from stopline.kernel.errors import BadField, NotFound, StoplineError

if TYPE_CHECKING:
    from stopline.console.desks import Centre

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FOR_GOOD = "public, max-age=31536000, immutable"


def make_site(centre: Centre, parts: SiteParts) -> Site:
    """Gather what the pages of a centre stand on."""
    per_minute = float(centre.settings.requests_per_minute)
    return Site(
        centre=centre,
        accounts=replace(centre.accounts, terms=parts.terms) if parts.terms else centre.accounts,
        doors=DeskDoors(centre.desks),
        parts=parts,
        templates=environment(),
        statics=read_statics(),
        public_limit=RateLimit(per_minute=per_minute, burst=int(per_minute), seconds=parts.seconds),
        sign_in_limit=RateLimit(per_minute=per_minute / 6, burst=max(5, int(per_minute) // 6), seconds=parts.seconds),
    )


def create_site(site: Site) -> APIRouter:
    """Return the routes of all pages and files."""
    router = APIRouter(include_in_schema=False, route_class=route_class(site))
    for part in (overview, sign_in, audit, acting, lists, detail, public, own_measures, public_report):
        router.include_router(part.routes(site))

    @router.get("/static/{name:path}")
    def file(request: Request, name: str) -> Response:
        found = site.statics.files.get(name)
        if found is None:
            raise NotFound(kind="file", id=name[:80])
        data, kind, digest = found
        kept = _FOR_GOOD if request.query_params.get("v") == digest else "no-cache"
        headers = {"Cache-Control": kept, "ETag": f'"{digest}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(data, media_type=kind, headers=headers)

    return router


def mount_site(app: FastAPI, centre: Centre, parts: SiteParts) -> Site:
    """Put every page into an application that has its API already."""
    site = make_site(centre, parts)
    app.include_router(create_site(site))
    dress(app, site)
    return site


def dress(app: FastAPI, site: Site) -> None:
    """Give every answer its security headers, and every error a page (JSON under /api)."""
    app.add_middleware(SecurityHeaders)

    @app.exception_handler(StoplineError)
    def refused(request: Request, error: StoplineError) -> Response:
        return _answer(site, request, error, error.http_status)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        answer = _answer(site, request, named_by(error), error.status_code)
        if error.headers:
            answer.headers.update(error.headers)
        return answer

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first.get("loc", ()))
        return _answer(site, request, BadField(field=place, value=first.get("input"), why=str(first.get("msg"))), 422)

    @app.exception_handler(Exception)
    def failed(request: Request, _error: Exception) -> Response:
        answer = _answer(site, request, ServerFailed(), 500)
        answer.headers.update(_HEADERS)  # the framework answers this one outside of every middleware
        return answer


class PageMissing(StoplineError):
    """There is no such page. Check the address, or start from the front page."""

    says = "no page at this address"
    http_status = 404


class BadRequest(StoplineError):
    """The request is not of the form that this address reads. Send it as the address's description says."""

    says = "the request cannot be read: {why}"
    http_status = 400


class MethodRefused(StoplineError):
    """The address does not take this kind of request. Go back and use the form or the link."""

    says = "this address does not take this method"
    http_status = 405


class TooLarge(StoplineError):
    """What was sent is larger than this address takes. Send less at once."""

    says = "the request is too large"
    http_status = 413


class ServerFailed(StoplineError):
    """Something failed inside the centre and was logged; nothing was recorded. Try again, or tell the duty officer."""

    says = "the centre could not answer"


_NAMED: dict[int, type[StoplineError]] = {404: PageMissing, 405: MethodRefused, 413: TooLarge}


def named_by(error: HTTPException) -> StoplineError:
    """Return what the framework refused as an error of the house; what is not the sender's fault is ours."""
    named = _NAMED.get(error.status_code)
    if named is not None:
        return named()
    if 400 <= error.status_code < 500:  # the sender's fault, RFC 9110 §15.5
        return BadRequest(why=str(error.detail).lower())
    return ServerFailed()


class SecurityHeaders:
    """Puts the security headers on every answer, whoever made it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, dressed)


def _answer(site: Site, request: Request, error: StoplineError, status: int) -> Response:
    if request.url.path.startswith(("/api/", "/healthz", "/metrics", "/taxii2")):
        body = {"error": type(error).__name__, "message": str(error)}
        return Response(msgspec.json.encode(body), status, media_type="application/json")
    return error_page(site, request, error)
