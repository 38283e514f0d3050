"""An act asked for twice under one Idempotency-Key is done once and answered the same (RFC 9110 §9.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from fastapi import Depends, Header, Request

from stopline.console.desks import Centre
from stopline.kernel.actors import Actor
from stopline.kernel.errors import BadField
from stopline.stores.ledger import SqlLedger

KEY_LEAST: Final = 16  # anybody shares one actor at the public doors: a key must not be met by chance
KEY_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Retry:
    """What a request says about being a repetition: its key, empty for none, and where it was sent."""

    key: str
    address: str

    def run(self, centre: Centre, actor: Actor, body: object, act: Callable[[SqlLedger], object]) -> object:
        """Run an act in one transaction and return its plain answer, or the one that the key had before.

        Raises BadField for a key that was used with another address or body, and what the act raises.
        """
        if not self.key:
            with centre.store.act(actor) as ledger:
                return act(ledger)
        request = f"{self.address}\n{msgspec.json.encode(body, order='sorted').decode()}"
        return centre.store.once(actor, self.key, act, request=request)


def retry_of(request: Request, idempotency_key: Annotated[str | None, Header()] = None) -> Retry:
    """Read the header Idempotency-Key; raises BadField for one that is no key."""
    key = (idempotency_key or "").strip()
    if idempotency_key is not None and not (KEY_LEAST <= len(key) <= KEY_MOST and key.isascii() and key.isprintable()):
        why = f"{KEY_LEAST} to {KEY_MOST} printable ASCII characters, best a random one a request"
        raise BadField(field="Idempotency-Key", value=key, why=why)
    return Retry(key, f"{request.method} {request.url.path}")


Again = Annotated[Retry, Depends(retry_of)]
