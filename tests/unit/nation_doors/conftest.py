"""A small centre that keeps the contract of the doors: real HTTP on a free port, keys that really sign."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stopline.nation.client import Doors
from stopline.wire.orders import sign_order


class SmallCentre:
    """What the server knows: rows by kind, orders by key, and everything that was posted."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.acts: dict[str, list[dict[str, Any]]] = {}
        self.orders: dict[str, list[dict[str, Any]]] = {}
        self.refusals: dict[tuple[str, str], list[str]] = {}  # (act, login) -> names of errors still to come
        self.posted: list[tuple[str, dict[str, Any], str]] = []
        self.sessions: dict[str, str] = {}
        self.shown = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def order(self, point_key: str, **fields: object) -> dict[str, Any]:
        """Lay a signed order ready for the holder of a key."""
        order = {"version": 1, "act": "impose", "subject": "A1", "amount_minor": 1_000, **fields}
        signed = sign_order(order, self.key)
        self.orders.setdefault(point_key, []).append(signed)
        return signed

    def answers(self) -> list[dict[str, Any]]:
        """Return the bodies of the answers to orders."""
        return [body for path, body, _ in self.posted if path.endswith("/answers")]

    def get(self, path: str, query: dict[str, str], bearer: str) -> tuple[int, object]:
        """Answer a GET as the contract says."""
        parts = path.strip("/").split("/")[2:]
        if parts == ["keys"]:
            return 200, {"orders": self.shown, "algorithm": "Ed25519"}
        if parts == ["orders"]:
            return 200, {"rows": self.orders.pop(bearer, [])}
        if bearer not in self.sessions:
            return 401, {"error": "NotSignedIn", "message": "not signed in"}
        if parts[0] not in self.rows:
            return 404, {"error": "NotFound", "message": f"no kind of record with id {parts[0]}"}
        if len(parts) == 1:
            wanted = query.get("state", "").split(",") if "state" in query else None
            rows = [row for row in self.rows[parts[0]] if wanted is None or row.get("state") in wanted]
            return 200, {"rows": rows, "next": None}
        for row in self.rows[parts[0]]:
            if row["id"] == parts[1]:
                return 200, {"record": row, "acts": self.acts.get(parts[0], []), "history": []}
        return 404, {"error": "NotFound", "message": "no such record"}

    def post(self, path: str, body: dict[str, Any], bearer: str) -> tuple[int, object]:
        """Answer a POST as the contract says."""
        if path == "/api/v1/session":
            if body.get("password") != "right horse":
                return 401, {"error": "NotSignedIn", "message": "not signed in"}
            token = f"token-{len(self.sessions)}"
            self.sessions[token] = str(body["login"])
            return 200, {"token": token}
        act, login = path.rsplit("/", 1)[-1], self.sessions.get(bearer, "")
        waiting = self.refusals.get((act, login), [])
        if waiting:
            return 409, {"error": waiting.pop(0), "message": "refused"}
        self.posted.append((path, body, login or bearer))
        return 200, {"id": "made"}


def _handler(centre: SmallCentre) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            self._say(*centre.get(url.path, dict(parse_qsl(url.query)), self._bearer()))

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers.get("content-length", "0")))
            self._say(*centre.post(self.path, json.loads(data or b"{}"), self._bearer()))

        def _bearer(self) -> str:
            return self.headers.get("authorization", "").removeprefix("Bearer ")

        def _say(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing: a test's output is its own."""

    return Handler


@pytest.fixture
def centre() -> SmallCentre:
    """Return a small centre's knowledge."""
    return SmallCentre()


@pytest.fixture
def doors(centre: SmallCentre) -> Iterator[Doors]:
    """Return the doors of a small centre that listens on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(centre))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    found = Doors.at(f"http://127.0.0.1:{server.server_port}")
    try:
        yield found
    finally:
        found.http.close()
        server.shutdown()
        thread.join()
        server.server_close()
