"""What every page stands in: language, session, form token, templates, and the errors of the house as pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode
from zoneinfo import ZoneInfo

from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from stopline.console.accounts import Accounts, Session
from stopline.console.centre import SiteParts
from stopline.console.formats import Formats, inert
from stopline.console.kinds import MENU, tone
from stopline.console.limits import RateLimit
from stopline.console.scope import readers_of
from stopline.console.statics import Statics
from stopline.console.words import LANGUAGES, Words, language_of, words
from stopline.kernel.actors import PUBLIC
from stopline.kernel.errors import BadField, StoplineError
from stopline.law.organisation import Power, Signer

if TYPE_CHECKING:
    from stopline.console.desks import Centre
    from stopline.console.public_doors import DeskDoors

SESSION_COOKIE = "stopline_session"
BROWSER_COOKIE = "stopline_browser"
LANGUAGE_COOKIE = "stopline_language"
_FORM_MOST = 256 * 1024
_STAFF_FORM_MOST = 4 * 1024 * 1024  # a whole rule pack, percent-encoded
_FIELDS_MOST = 200
_LOCALES = {"en": "en", "zh": "zh_Hans_CN"}


class SignInNeeded(StoplineError):
    """The page is for signed-in officers. Sign in and you come back to it."""

    says = "not signed in, or the session has ended"
    http_status = 401


class FormRefused(StoplineError):
    """The form did not carry the token of this session, so nothing was done. Open the page again and repeat."""

    says = "the form was not made by this session"
    http_status = 403


class TooOften(StoplineError):
    """Too many requests came from one address. Wait a minute and go on."""

    says = "too many requests from this address"
    http_status = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The pages of one centre: templates, files and limits, made once."""

    centre: Centre
    accounts: Accounts
    doors: DeskDoors
    parts: SiteParts
    templates: Environment
    statics: Statics
    public_limit: RateLimit
    sign_in_limit: RateLimit
    names: dict[str, str] = field(default_factory=dict)  # of officers, by id, as far as they were asked for

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the screens."""
        return ZoneInfo(self.centre.settings.time_zone)

    def anybody(self, request: Request) -> Visit:
        """Return a visit without a session."""
        return Visit(site=self, request=request, words=self._words(request), at=self.centre.store.clock.now())

    def public(self, request: Request) -> Visit:
        """Return a visit to the public pages; raises TooOften."""
        if not self.public_limit.allows(address_of(request)):
            raise TooOften
        return self.anybody(request)

    def staff(self, request: Request, form: Mapping[str, str] | None = None) -> Visit:
        """Return the visit of a signed-in officer; a form must carry the session's token.

        Raises SignInNeeded, FormRefused.
        """
        token = request.cookies.get(SESSION_COOKIE, "")
        accounts, store = self.accounts, self.centre.store
        with store.read(PUBLIC) as ledger:
            at = ledger.at
            session = accounts.session(ledger, token, at)
            signer = accounts.signer(ledger, token, at) if session is not None else None
        if session is None or signer is None:
            raise SignInNeeded
        if form is not None and not accounts.csrf_fits(session.id, form.get("csrf", "")):
            raise FormRefused
        if accounts.stale(session, at):
            with store.act(signer.actor) as ledger:
                accounts.touch(ledger, token)
        return Visit(
            site=self, request=request, words=self._words(request), at=at, signer=signer, session=session, token=token
        )

    def _words(self, request: Request) -> Words:
        asked = request.query_params.get("lang", "")
        remembered = request.cookies.get(LANGUAGE_COOKIE, "")
        return words(language_of(asked, remembered, request.headers.get("accept-language", "")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request as a page sees it: who asks, in which language, at which instant of the centre."""

    site: Site
    request: Request
    words: Words
    at: datetime
    signer: Signer | None = None
    session: Session | None = None
    token: str = ""

    @property
    def officer(self) -> Signer:
        """The signed-in officer; raises SignInNeeded."""
        if self.signer is None:
            raise SignInNeeded
        return self.signer

    @property
    def formats(self) -> Formats:
        """How this reader writes numbers and time."""
        return Formats(_LOCALES[self.words.language], self.site.zone)

    @property
    def query(self) -> dict[str, str]:
        """The filters of the URL, without the language."""
        return {name: value for name, value in self.request.query_params.items() if name != "lang"}

    def href(self, **changed: str | None) -> str:
        """Return this page's URL with some of its parameters changed; None takes one out."""
        merged = {**self.query, **changed}
        kept = {name: value for name, value in merged.items() if value not in (None, "")}
        path = self.request.url.path
        return f"{path}?{urlencode(kept)}" if kept else path

    def holds(self, power: Power) -> bool:
        """Whether the officer holds a power now."""
        return self.signer is not None and self.signer.officer.holds(power, at=self.at)

    def menu(self) -> list[tuple[str, list[str]]]:
        """Return the menu: groups and the kinds that this officer may open."""
        if self.signer is None:
            return []
        powers = {Power(power) for power in self.signer.officer.powers}
        kinds = self.site.centre.kinds
        open_to = [kind for kind in kinds if readers_of(kind) & powers]
        groups = [(group, [kind for kind in names if kind in open_to]) for group, names in MENU]
        return [(group, names) for group, names in groups if names]

    def html(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """Render a page."""
        other = next(language for language in LANGUAGES if language != self.words.language)
        here = self.request.url.path + (f"?{self.request.url.query}" if self.request.url.query else "")
        frame: dict[str, Any] = {
            "visit": self,
            "t": self.words.say,
            "w": self.words.word,
            "words": self.words,
            "f": self.formats,
            "at": self.at,
            "csrf": self.site.accounts.csrf(self.session.id) if self.session else "",
            "nonce": self.site.centre.store.ids.random_bytes(16).hex(),
            "static": self.site.statics.href,
            "tone": tone,
            "inert": inert,
            "other_language": words(other),
            "other_href": f"/language/{other}?next={quote(here, safe='')}",
            "path": self.request.url.path,
            "degraded": self.site.parts.degraded() if self.signer else (),
        }
        text = self.site.templates.get_template(template).render({**frame, **values})
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})

    def error(self, error: StoplineError) -> HTMLResponse:
        """Render an error of the house: what happened, what to do, and the message as the centre wrote it."""
        name = type(error).__name__
        base = "public/error.html" if self.request.url.path.startswith("/public") else "error.html"
        return self.html(base, error.http_status, error=name, message=str(error), http_status=error.http_status)


class PageRoute(APIRoute):
    """A route whose errors are pages: a refused act, a missing record, a session that ended."""

    site: Site  # set by `routes_of`

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        site = self.site

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except SignInNeeded:
                return to_sign_in(request)
            except StoplineError as error:
                return await run_in_threadpool(error_page, site, request, error)

        return guarded


def route_class(site: Site) -> type[PageRoute]:
    """Return the route class of one site."""
    return type("SitePageRoute", (PageRoute,), {"site": site})


def error_page(site: Site, request: Request, error: StoplineError) -> Response:
    """Render an error within the frame of whoever meets it."""
    if request.url.path.startswith("/public"):
        return site.anybody(request).error(error)
    try:
        return site.staff(request).error(error)
    except SignInNeeded:
        return site.anybody(request).error(error)


def to_sign_in(request: Request) -> Response:
    """Send a reader to the sign-in page and back; what a form carried is not kept."""
    wanted = request.url.path if request.method == "GET" else "/"
    query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
    return RedirectResponse(f"/sign-in?next={quote(wanted + query, safe='')}", 303)


async def read_form(request: Request) -> dict[str, str]:
    """Read a URL-encoded form within its bounds; a field that comes twice is kept line by line."""
    outside = request.url.path.startswith(("/public", "/sign-in"))
    most = _FORM_MOST if outside else _STAFF_FORM_MOST
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > most:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(data.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS_MOST, errors="strict")
    except (UnicodeDecodeError, ValueError) as error:
        raise BadField(field="form", value=data[:40], why=f"URL-encoded UTF-8 ({error})") from error
    form: dict[str, str] = {}
    for name, value in pairs:
        form[name] = f"{form[name]}\n{value}" if name in form else value
    return form


def address_of(request: Request) -> str:
    """Return the address that limits are counted by."""
    return request.client.host if request.client else "unknown"


def local_path(text: str) -> str:
    """Return a path of this site, or the front page for anything that leads elsewhere."""
    inside = text.startswith("/") and not text.startswith(("//", "/\\")) and "\\" not in text and text.isprintable()
    return text if inside else "/"


def environment() -> Environment:
    """Return the templates: everything is escaped, and a name that does not exist is an error."""
    made = Environment(
        loader=PackageLoader("stopline.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["lines"] = _lines
    return made


def _lines(text: str) -> Markup:
    """Escape a text and keep its line breaks."""
    return Markup("<br>").join(Markup.escape(line) for line in text.splitlines())
