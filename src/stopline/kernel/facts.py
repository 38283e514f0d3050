"""A fact is something that happened: published with the rows that it comes from, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What happened, when, by whose hand; `body` holds ids and plain values only.

    Facts are delivered at least once and handled idempotently: a handler may see one twice.
    """

    id: str
    kind: str
    at: datetime
    by: str
    body: dict[str, object] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text of the body; raises KeyError when the publisher left it out."""
        return str(self.body[name])

    def number(self, name: str) -> int:
        """Return an integer of the body; raises KeyError when the publisher left it out."""
        return int(str(self.body[name]))
