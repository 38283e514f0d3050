"""One keep-alive connection a thread to the centre, on the standard library's HTTP client.

A day asks tens of thousands of small questions one after the other; what a client costs in each is most of what
the asking costs.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

_TIMEOUT_S = 60.0


class Unanswered(Exception):
    """The centre closed the connection or was not there: the question can be asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, media type and body of one response."""

    status: int
    media_type: str
    content: bytes

    @property
    def ok(self) -> bool:
        """Whether the door did what was asked."""
        return 200 <= self.status < 300


@dataclass(slots=True)
class Connection:
    """Asks one address; each thread has a connection of its own."""

    url: str
    _own: threading.local = field(default_factory=threading.local)

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """Ask once; raises Unanswered when nobody is there or hangs up, OSError for any other trouble."""
        line = self._line()
        target = f"{path}?{urlencode(query)}" if query else path
        try:
            line.request(method, target, body=content, headers=dict(headers))
            response = line.getresponse()
            found = Answer(
                status=response.status,
                media_type=response.getheader("content-type", ""),
                content=response.read(),
            )
        except (ConnectionError, http.client.HTTPException) as error:
            line.close()
            raise Unanswered(str(error) or type(error).__name__) from error
        except OSError:
            line.close()
            raise
        return found

    def close(self) -> None:
        """Close this thread's connection."""
        self._line().close()

    def _line(self) -> http.client.HTTPConnection:
        line: http.client.HTTPConnection | None = getattr(self._own, "line", None)
        if line is None:
            place = urlsplit(self.url)
            line = _Prompt(place.hostname or "", place.port, timeout=_TIMEOUT_S)
            self._own.line = line
        return line


class _Prompt(http.client.HTTPConnection):
    """Sends small parts at once: a body that waits for the answer to its headers costs 40 ms."""

    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
