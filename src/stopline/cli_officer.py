"""An officer at the command line: signs in at a running centre, or at a store that no centre holds, and acts there.

Either way it is the officer's own password and second factor, a session of its own, and the same acts with the same
powers and states as in the console. A password is never taken from the command line, where others could read it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlsplit

import click
import httpx
import msgspec

from stopline.app import RunningCentre, put_together
from stopline.console.api_staff import take
from stopline.kernel.actors import PUBLIC
from stopline.kernel.clock import SystemClock
from stopline.kernel.errors import BadField, PowerMissing, StoplineError, StoreError, StoreLocked
from stopline.kernel.ids import Ids
from stopline.kernel.ledger import Record
from stopline.law.organisation import Signer
from stopline.settings import Settings
from stopline.stores.store import open_store

_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_SAID_MOST = 400


class SignInRefused(PowerMissing):
    """Login, password and code do not open a session; nothing says which. A code is good once: wait for the next."""

    says = "sign-in refused for {login}: login, password or code do not fit, or the code was used before"


class CentreUnreachable(StoplineError):
    """No centre answers at the address. Start it or correct --url."""

    says = "the centre at {url} does not answer ({why}); start it or correct --url"


class CentreRefused(StoplineError):
    """The running centre refused the act; the message is its own."""

    says = "{message}"


class Hand(Protocol):
    """A signed-in officer who acts."""

    def act(self, thing: str, record_id: str, name: str, body: Mapping[str, object]) -> str:
        """Take an act on a record ("" for the one to be made) and return its id; raises what refuses it."""
        ...

    def rows(self, thing: str, **equal: str) -> list[dict[str, object]]:
        """Return the records of a kind whose columns equal the values."""
        ...

    def run_back_tests(self) -> None:
        """Run the back-tests that wait, where no centre does."""
        ...


@contextlib.contextmanager
def signed_in(settings: Settings, *, url: str | None, login: str | None) -> Iterator[Hand]:
    """Sign an officer in at a running centre (`url`) or at the store of the settings; signs out at the end.

    Raises SignInRefused; CentreUnreachable or StoreLocked and its kin when there is nowhere to sign in.
    """
    if url is not None:
        with _at_centre(_address(url), login) as hand:
            yield hand
    else:
        with _at_store(settings, login) as hand:
            yield hand


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    login: str
    password: str
    code: str


def _proof(login: str | None) -> _Proof:
    return _Proof(
        login=_asked("STOPLINE_LOGIN", "Login", given=login, hidden=False),
        password=_asked("STOPLINE_PASSWORD", "Password", hidden=True),
        code=_asked("STOPLINE_CODE", "Code of the second factor", hidden=True),
    )


def _asked(name: str, label: str, *, given: str | None = None, hidden: bool) -> str:
    """Return what was given, what stands in the environment, or what a person types."""
    value = given or os.environ.get(name, "")
    if not value and sys.stdin.isatty():
        value = str(click.prompt(label, hide_input=hidden, err=True))
    if not value:
        raise BadField(field=name, value="", why="is needed where nobody can be asked: set it in the environment")
    return value


# ---------------------------------------------------------------- a store that no centre holds


@dataclass(frozen=True, slots=True)
class _StoreHand:
    centre: RunningCentre
    signer: Signer

    def act(self, thing: str, record_id: str, name: str, body: Mapping[str, object]) -> str:
        return take(self.centre, self.signer, (thing, record_id, name), dict(body))

    def rows(self, thing: str, **equal: str) -> list[dict[str, object]]:
        with self.centre.store.read(self.signer.actor) as ledger:
            found: list[Record] = ledger.find(self.centre.kinds[thing], where=equal)
        return [msgspec.to_builtins(record) for record in found]

    def run_back_tests(self) -> None:
        self.centre.back_tests.run_waiting()


@contextlib.contextmanager
def _at_store(settings: Settings, login: str | None) -> Iterator[Hand]:
    if not settings.database and not (settings.folder / "ledger.db").is_file():
        raise StoreError(
            where=settings.folder,
            why="there is no ledger",
            remedy="name its folder in STOPLINE_FOLDER or --config, or a running centre with --url",
        )
    try:
        store = open_store(settings.database, settings.folder, clock=SystemClock(), ids=Ids(os.urandom))
    except StoreLocked as error:
        remedy = f"act through the centre that runs on it, as in --url http://{settings.host}:{settings.port}"
        raise StoreLocked(where=settings.folder, why="another process holds it", remedy=remedy) from error
    with contextlib.closing(store):
        proof, centre = _proof(login), put_together(settings, store, frozenset())
        with store.act(PUBLIC) as ledger:
            began = centre.accounts.sign_in(ledger, proof.login, proof.password, proof.code, ledger.at, "command line")
        if began is None:
            raise SignInRefused(login=proof.login)
        try:
            with store.read(PUBLIC) as ledger:
                signer = centre.accounts.signer(ledger, began[0], ledger.at)
            if signer is None:
                raise SignInRefused(login=proof.login)
            yield _StoreHand(centre, signer)
        finally:
            with store.act(PUBLIC) as ledger:
                centre.accounts.sign_out(ledger, began[0])


# ---------------------------------------------------------------- a running centre


@dataclass(frozen=True, slots=True)
class _CentreHand:
    http: httpx.Client

    def act(self, thing: str, record_id: str, name: str, body: Mapping[str, object]) -> str:
        place = "/".join(quote(part, safe="") for part in (thing, record_id, name) if part)
        return str(_answer(self.http, "POST", f"/api/v1/{place}", json=dict(body)).get("id", ""))

    def rows(self, thing: str, **equal: str) -> list[dict[str, object]]:
        found = _answer(self.http, "GET", f"/api/v1/{quote(thing, safe='')}", params=equal).get("rows")
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def run_back_tests(self) -> None:
        """The running centre does it by itself."""


@contextlib.contextmanager
def _at_centre(url: str, login: str | None) -> Iterator[Hand]:
    # the loopback needs no proxy, and a password must not reach one in the clear
    with httpx.Client(base_url=url, timeout=httpx.Timeout(60, connect=5), trust_env=url.startswith("https")) as http:
        if "audit_head" not in _answer(http, "GET", "/healthz"):
            raise CentreUnreachable(url=url, why="what answers there is no Stopline")
        proof = _proof(login)
        asked = {"login": proof.login, "password": proof.password, "code": proof.code}
        try:
            began = _answer(http, "POST", "/api/v1/session", json=asked)
        except _NotSignedIn:
            raise SignInRefused(login=proof.login) from None
        http.headers["authorization"] = f"Bearer {began.get('token', '')}"
        try:
            yield _CentreHand(http)
        finally:
            with contextlib.suppress(httpx.TransportError):  # the session then ends by itself
                http.delete("/api/v1/session")


class _NotSignedIn(CentreRefused):
    """The centre answers 401."""


def _answer(http: httpx.Client, method: str, path: str, **sent: object) -> dict[str, object]:
    try:
        response = http.request(method, path, **sent)  # type: ignore[arg-type]  # passed through
    except (httpx.TransportError, httpx.InvalidURL) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise CentreUnreachable(url=str(http.base_url), why=why) from error
    try:
        body = response.json()
    except ValueError:
        body = None
    said: dict[str, object] = body if isinstance(body, dict) else {}
    if response.is_success and said:
        return said
    if "message" not in said:
        raise CentreUnreachable(url=str(http.base_url), why=f"it answered {response.status_code} without a word")
    kind = _NotSignedIn if response.status_code == httpx.codes.UNAUTHORIZED else CentreRefused
    raise kind(message=plain(str(said["message"]))[:_SAID_MOST])


def plain(text: str) -> str:
    """Return a text on one line without what a terminal would obey."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _address(url: str) -> str:
    """Return the address of a centre; raises BadField for one to which a password may not go."""
    example = "an address as in https://centre.example or http://127.0.0.1:8000"
    try:
        parts = urlsplit(url)
        named, _port = parts.hostname, parts.port
    except ValueError:
        raise BadField(field="--url", value=url, why=example) from None
    if "@" in parts.netloc:
        raise BadField(field="--url", value="(with a password in it)", why=example)
    if parts.scheme not in {"http", "https"} or not named or parts.query or parts.fragment:
        raise BadField(field="--url", value=url, why=example)
    if parts.scheme == "http" and named not in _HERE:
        raise BadField(field="--url", value=url, why="https: over plain http a password goes only to this machine")
    return url.rstrip("/")
