"""What stands against one's own line or account, shown to whoever holds the line: a one-time code proves it.

The code goes to the line through its carrier. Nothing is kept of a request but the text to be delivered, which is
erased with the code's term: the ticket that the page carries is sealed, and the code follows from it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stopline.console.limits import RateLimit
from stopline.kernel.clock import instant, micros
from stopline.kernel.errors import BadField
from stopline.kernel.ledger import Ledger
from stopline.kernel.phone import NumberKind, read_number
from stopline.law.measure import Measure
from stopline.law.notification import Notification

GOOD_FOR: Final = timedelta(minutes=10)
DIGITS: Final = 8
TRIES: Final = 5
_PER_MINUTE: Final = 0.3  # three codes at once to one line, then one in about three minutes
_BURST: Final = 3
_MOST: Final = 200
_TICKET_MOST: Final = 200
_LINES: Final = (NumberKind.MOBILE, NumberKind.FIXED)
_NOT_IT: Final = "not the code, or its ten minutes or its tries are over; ask for a fresh one"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMeasure:
    """One measure as the person concerned sees it; `code` opens its page and the appeal, texts are by language."""

    code: str
    state: str
    until_at: datetime | None
    parts: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class OwnMeasures:
    """Hands out tickets, checks codes and lists measures; limits live in memory, and a restart empties them."""

    key: bytes
    asked: RateLimit
    tried: RateLimit
    used: RateLimit

    @classmethod
    def of(cls, key: bytes, seconds: Callable[[], float]) -> OwnMeasures:
        """Return one with fresh limits; `key` is secret, `seconds` a steady clock."""
        return cls(
            key=hmac.digest(key, b"one-time codes", "sha256"),
            asked=RateLimit(per_minute=_PER_MINUTE, burst=_BURST, seconds=seconds),
            tried=RateLimit(per_minute=0, burst=TRIES, seconds=seconds),
            used=RateLimit(per_minute=0, burst=1, seconds=seconds),
        )

    def line(self, typed: str) -> str:
        """Return a line as E.164; raises BadField for what no carrier could deliver to."""
        read = read_number(typed)
        if not read.valid or read.kind not in _LINES:
            raise BadField(field="line", value=typed[:40], why="a mobile or fixed number of this country")
        return read.normalised

    def ticket(self, line: str, *, at: datetime, nonce: bytes) -> tuple[str, str]:
        """Return a ticket and the code that belongs to it; both are good for ten minutes."""
        opened = f"{micros(at + GOOD_FOR)}.{nonce.hex()}"
        return f"{opened}.{self._seal('ticket', opened, line)}", self._code(opened, line)

    def check(self, line: str, ticket: str, code: str, *, at: datetime) -> None:
        """Raise BadField unless the code belongs to the ticket and the line, in time, and for the first time.

        Every reason sounds the same, and a comparison takes as long whatever is compared.
        """
        opened, _dot, seal = ticket[:_TICKET_MOST].rpartition(".")
        until, _dot, nonce = opened.partition(".")
        ours = hmac.compare_digest(seal.encode(), self._seal("ticket", opened, line).encode())
        if not ours or instant(int(until)) <= at or not self.tried.allows(nonce):
            raise BadField(field="code", value="…", why=_NOT_IT)
        given = "".join(letter for letter in code[:40] if letter.isdecimal())
        if not hmac.compare_digest(given.encode(), self._code(opened, line).encode()) or not self.used.allows(nonce):
            raise BadField(field="code", value="…", why=_NOT_IT)

    def standing(self, ledger: Ledger, line: str) -> list[OwnMeasure]:
        """Return the measures that bind the holder of a line and were told, newest first.

        One whose telling is lawfully delayed is told when the delay ends, here as anywhere.
        """
        spelled = (line, line.removeprefix("+"), line.removeprefix("+86"))
        told = ledger.find(Notification, person_ref=spelled, newest_first=True, limit=_MOST)
        found: dict[str, OwnMeasure] = {}
        for one in told:
            measure = ledger.get(Measure, one.measure_id)
            if one.delayed or not measure.live or measure.id in found:
                continue
            state = "suspended" if measure.suspended else measure.state.value
            found[measure.id] = OwnMeasure(code=one.code, state=state, until_at=measure.expires_at, parts=one.parts)
        return list(found.values())

    def _code(self, opened: str, line: str) -> str:
        return f"{int(self._seal('code', opened, line), 16) % 10**DIGITS:0{DIGITS}}"

    def _seal(self, what: str, opened: str, line: str) -> str:
        return hmac.new(self.key, f"{what}\n{opened}\n{line}".encode(), "sha256").hexdigest()
