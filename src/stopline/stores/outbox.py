"""The outbox: facts leave the transaction they were written in at least once, to handlers that take them twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.engine import RowMapping

from stopline.kernel.actors import machine
from stopline.kernel.clock import instant, micros
from stopline.kernel.errors import StoplineError, StoreError
from stopline.kernel.facts import Fact
from stopline.kernel.ledger import Ledger
from stopline.stores.store import Store
from stopline.stores.tables import DELIVERY, FACT

Handler = Callable[[Ledger, Fact], None]
_ATTEMPTS_MOST = 5  # then the delivery is parked and shown, and an officer repeats it
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Outbox:
    """Delivers facts in order to the handlers that the composition root names for them."""

    store: Store
    handlers: Mapping[str, Sequence[tuple[str, Handler]]]

    def drain(self, *, limit: int = 100_000) -> int:
        """Deliver what is pending, including what the handlers publish, up to a bound; returns how many facts.

        A handler that fails is tried again at the next drain, and parked after some attempts; the fact's other
        handlers and the facts behind it are not held up by it. A failing store stops the drain with its own error.
        """
        count, last = 0, 0
        while count < limit:
            facts = self._pending(min(_BATCH, limit - count), after=last)
            if not facts:
                break
            done = [fact.id for _ordinal, fact in facts if self._deliver(fact)]
            self._finish(done)
            count, last = count + len(done), facts[-1][0]
        return count

    def parked(self) -> list[dict[str, object]]:
        """Return the deliveries that gave up, with their error, for the console."""
        query = (
            select(DELIVERY, FACT.c.kind)
            .join(FACT, FACT.c.id == DELIVERY.c.fact_id)
            .where(DELIVERY.c.done_at.is_(None), DELIVERY.c.attempts_count >= _ATTEMPTS_MOST)
        )
        with self.store.read(machine("outbox")) as ledger:
            return [dict(row) for row in ledger.connection.execute(query).mappings()]

    def pending_count(self) -> int:
        """Return how many facts still wait."""
        query = select(func.count()).select_from(FACT).where(FACT.c.pending.is_(True))
        with self.store.read(machine("outbox")) as ledger:
            return int(ledger.connection.execute(query).scalar_one())

    def _pending(self, limit: int, *, after: int) -> list[tuple[int, Fact]]:
        query = select(FACT).where(FACT.c.pending.is_(True), FACT.c.ordinal > after)
        with self.store.read(machine("outbox")) as ledger:
            rows = ledger.connection.execute(query.order_by(FACT.c.ordinal).limit(limit)).mappings()
            return [(row["ordinal"], _fact(row)) for row in rows]

    def _deliver(self, fact: Fact) -> bool:
        """Deliver one fact to all its handlers; returns whether it is finished with."""
        finished = True
        for name, handler in self.handlers.get(fact.kind, ()):  # every handler gets its turn, whatever the others did
            finished = self._hand_over(fact, name, handler) and finished
        return finished

    def _finish(self, fact_ids: Sequence[str]) -> None:
        """Mark facts as finished with; a kill before that delivers them again, to handlers that have done them."""
        if fact_ids:
            with self.store.act(machine("outbox")) as ledger:
                ledger.connection.execute(update(FACT).where(FACT.c.id.in_(fact_ids)).values(pending=False))

    def _hand_over(self, fact: Fact, name: str, handler: Handler) -> bool:
        key = and_(DELIVERY.c.fact_id == fact.id, DELIVERY.c.handler == name)
        try:
            with self.store.act(machine(name)) as ledger:
                row = ledger.connection.execute(select(DELIVERY).where(key)).mappings().first()
                if row is not None and (row["done_at"] is not None or row["attempts_count"] >= _ATTEMPTS_MOST):
                    return True
                handler(ledger, fact)
                done = {"done_at": micros(ledger.at), "attempts_count": 1, "error": ""}
                if row is None:
                    ledger.connection.execute(insert(DELIVERY).values(fact_id=fact.id, handler=name, **done))
                else:
                    ledger.connection.execute(update(DELIVERY).where(key).values(**done))
        except StoreError:
            raise
        except (StoplineError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            return self._failed(fact, name, f"{type(error).__name__}: {error}")
        return True

    def _failed(self, fact: Fact, name: str, error: str) -> bool:
        """Count a failed attempt; returns whether the delivery is now parked."""
        key = and_(DELIVERY.c.fact_id == fact.id, DELIVERY.c.handler == name)
        with self.store.act(machine("outbox")) as ledger:
            row = ledger.connection.execute(select(DELIVERY.c.attempts_count).where(key)).first()
            attempts = 1 if row is None else int(row[0]) + 1
            values = {"attempts_count": attempts, "error": error[:2_000]}
            if row is None:
                first = {"fact_id": fact.id, "handler": name, "done_at": None, **values}
                ledger.connection.execute(insert(DELIVERY).values(**first))
            else:
                ledger.connection.execute(update(DELIVERY).where(key).values(**values))
            if attempts >= _ATTEMPTS_MOST:
                why = f"{name}: {error}"[:500]
                ledger.note(act="delivery.park", subject_kind="fact", subject_id=fact.id, reason=why)
        return attempts >= _ATTEMPTS_MOST


def _fact(row: RowMapping) -> Fact:
    return Fact(
        id=row["id"],
        kind=row["kind"],
        at=instant(row["at"]),
        by=row["by"],
        body=msgspec.json.decode(row["body"], type=dict[str, object]),
    )
