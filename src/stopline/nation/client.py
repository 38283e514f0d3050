"""The centre's public doors as everybody outside sees them: HTTP, JSON, and Arrow for the carriers' batches.

A door that is not there (404 on a whole path) is remembered, skipped, and named at the end of the day.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote

import pyarrow as pa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from stopline.kernel.errors import BadInput, StoplineError
from stopline.nation.connection import Answer, Connection, Unanswered
from stopline.wire.orders import signed_by

ARROW = "application/vnd.apache.arrow.stream"
_RETRIES = 6
_WAIT_S = 0.5


class CentreUnreachable(StoplineError):
    """The centre does not answer on its address. Start it, or give the address where it listens."""

    says = "the centre at {url} does not answer ({why}); start it, then start the day again"
    exit_code: ClassVar[int] = 2


class OrderForged(BadInput):
    """An order does not carry the centre's signature. Refuse it and ask the centre by another way."""

    says = "order {order} is not signed by the centre: {why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a door answered: the status, the JSON body, and the name of the error if it was refused."""

    status: int
    body: object = None

    @property
    def ok(self) -> bool:
        """Whether the door did what was asked."""
        return 200 <= self.status < 300

    @property
    def error(self) -> str:
        """Return the error's name, or an empty text."""
        return str(self.mapping.get("error", "")) if not self.ok else ""

    @property
    def message(self) -> str:
        """Return what the door said about a refusal."""
        return str(self.mapping.get("message", self.mapping.get("detail", "")))

    @property
    def mapping(self) -> dict[str, object]:
        """Return the body as an object; anything else is an empty one."""
        return self.body if isinstance(self.body, dict) else {}

    def rows(self, name: str = "rows") -> list[dict[str, object]]:
        """Return a list of objects: the body itself, or the list it carries under a name."""
        found = self.body if isinstance(self.body, list) else self.mapping.get(name, [])
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


_CLOSED = Reply(status=404, body={"error": "DoorNotOpen", "message": "there is no such door"})


@dataclass(slots=True)
class Doors:
    """One keep-alive connection to the centre, with its counts of doors not open and of refusals.

    `pause` waits between retries while the centre is starting. Raises CentreUnreachable when it stays away.
    """

    http: Connection
    pause: Callable[[float], None] = time.sleep
    closed: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    said: dict[tuple[str, str], str] = field(default_factory=dict)
    asked_count: int = 0

    @classmethod
    def at(cls, url: str) -> Doors:
        """Return the doors of the centre at an address."""
        return cls(http=Connection(url))

    def get(self, door: str, *, token: str = "", query: Mapping[str, str | int] | None = None, **place: str) -> Reply:
        """Read at a door; `place` fills the names in braces of its path."""
        return self._ask("GET", door, place, token=token, query=query)

    def post(self, door: str, body: object, *, token: str = "", **place: str) -> Reply:
        """Send JSON to a door."""
        headers = {"content-type": "application/json"}
        return self._ask(
            "POST", door, place, token=token, content=json.dumps(body, default=str).encode(), headers=headers
        )

    def post_columns(self, door: str, batch: pa.RecordBatch, *, token: str) -> pa.Table | None:
        """Send a batch of rows as an Arrow stream and return the answer's table; None when refused."""
        if (door, "POST") in self._shut:
            self.closed[door] += 1
            return None
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        headers = {"content-type": ARROW, "accept": ARROW}
        response = self._send("POST", door, token, content=sink.getvalue().to_pybytes(), headers=headers)
        if response.ok:
            if response.media_type.startswith(ARROW):
                return pa.ipc.open_stream(response.content).read_all()
            return pa.table({})
        self._note(door, "POST", {}, _reply(response))
        return None

    _shut: set[tuple[str, str]] = field(default_factory=set)

    def _ask(  # noqa: PLR0913 - a request has this many independent sides
        self,
        method: str,
        door: str,
        place: Mapping[str, str],
        *,
        token: str,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        if (door, method) in self._shut:
            self.closed[door] += 1
            return _CLOSED
        path = door.format_map({name: quote(value, safe="") for name, value in place.items()})
        reply = _reply(self._send(method, path, token, headers=headers, query=query, content=content))
        if not reply.ok:
            self._note(door, method, place, reply)
        return reply

    def _note(self, door: str, method: str, place: Mapping[str, str], reply: Reply) -> None:
        """Tell a door that is not there from a refusal: with an id in its path, the id may be what is missing."""
        if reply.status in (404, 405) and (not place or reply.message in ("Not Found", "Method Not Allowed")):
            self._shut.add((door, method))
            self.closed[door] += 1
            return
        if reply.status == 401:
            return  # a session that ended; whoever holds it signs in again
        why = (door, reply.error or str(reply.status))
        self.refused[why] += 1
        self.said.setdefault(why, reply.message)

    def _send(
        self,
        method: str,
        path: str,
        token: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        self.asked_count += 1
        worn = dict(headers or {})
        if token:
            worn["authorization"] = f"Bearer {token}"
        for attempt in range(_RETRIES):
            try:
                return self.http.ask(method, path, headers=worn, query=query, content=content)
            except Unanswered as error:
                if attempt == _RETRIES - 1:
                    raise CentreUnreachable(url=self.http.url, why=str(error)) from error
                self.pause(_WAIT_S * (attempt + 1))
            except OSError as error:
                raise CentreUnreachable(url=self.http.url, why=str(error) or type(error).__name__) from error
        raise AssertionError("the last attempt returns or raises")


def _reply(answer: Answer) -> Reply:
    try:
        body: object = json.loads(answer.content) if answer.content else None
    except ValueError:
        body = {"error": "NoJson", "message": answer.content[:200].decode(errors="replace")}
    return Reply(status=answer.status, body=body)


def code_at(secret: str, at_s: float) -> str:
    """Return the six digits of RFC 6238 (SHA-1, 30 s) for a base 32 secret at seconds since 1970."""
    padded = secret.strip().upper() + "=" * (-len(secret.strip()) % 8)
    key = base64.b32decode(padded)
    return TOTP(key, 6, SHA1(), 30, enforce_key_length=False).generate(int(at_s)).decode()  # noqa: S303 - RFC 6238's default


@dataclass(slots=True)
class CentreKeys:
    """The centre's public keys, fetched once from its door; each order is checked against them."""

    doors: Doors
    _keys: list[Ed25519PublicKey] = field(default_factory=list)

    def check(self, order: Mapping[str, object]) -> None:
        """Accept an order that one of the centre's keys has signed; raises OrderForged."""
        name = str(order.get("order_id", "(unnamed)"))
        if not self._keys:
            self._keys = _read_keys(self.doors.get("/api/v1/keys"))
        if not any(signed_by(order, key) for key in self._keys):
            raise OrderForged(order=name, why="no key of the centre made its signature")


def _read_keys(reply: Reply) -> list[Ed25519PublicKey]:
    """Read keys as PEM, or as 32 raw bytes in base 64, wherever the answer carries them."""
    keys = []
    for text in _texts(reply.body):
        try:
            if "BEGIN PUBLIC KEY" in text:
                key = serialization.load_pem_public_key(text.encode())
                if isinstance(key, Ed25519PublicKey):
                    keys.append(key)
            elif len(raw := base64.b64decode(text + "=" * (-len(text) % 4), validate=True)) == 32:
                keys.append(Ed25519PublicKey.from_public_bytes(raw))
        except (ValueError, binascii.Error):
            continue
    return keys


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return []
