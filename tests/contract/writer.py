"""A process that records acts until it is killed, and says of each, once it is committed, that it is done.

It is started by a nursery that has imported everything and forks at each line it reads, so that a test can kill
many in a short time. A line is JSON: folder, url, start, stop.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from stopline.kernel.actors import machine
from stopline.kernel.clock import SetClock
from stopline.kernel.facts import Fact
from stopline.kernel.ids import Ids
from stopline.kernel.ledger import Ledger
from stopline.law.organisation import Institution, InstitutionKind, Unit
from stopline.stores.ledger import SqlLedger
from stopline.stores.outbox import Outbox
from stopline.stores.store import open_store
from tests.factories import MORNING, REGISTER, draft_for, make_office, signer, units

ENTRY = REGISTER.entry("CN.ATF.32.restrict")
POINT = "C1"


def seen(ledger: Ledger, fact: Fact) -> None:
    """Count how often the handler's work was done for one answer: a second time would show."""
    earlier = ledger.maybe(Institution, f"seen-{fact.text('enforcement_id')}")
    made = Institution(
        id=f"seen-{fact.text('enforcement_id')}",
        kind=InstitutionKind.BANK,
        code="seen",
        name_zh="1",
        name_en="1" if earlier is None else earlier.name_en + "1",
    )
    ledger.save(made, act="seen")


def write(folder: Path, url: str, start: int, stop: int) -> None:
    """Record items from `start` on: drafted, signed, handed over and answered, and its facts handled."""
    store = open_store(url, folder, clock=SetClock(MORNING), ids=Ids(os.urandom))
    with store.act(machine("start")) as ledger:
        for unit in units():
            if ledger.maybe(Unit, unit.id) is None:
                ledger.save(unit, act="unit.new")
    office = make_office()
    outbox = Outbox(store, {"enforcement.answered": [("seen", seen)]})
    drafter, duty = signer("drafter"), signer("duty")
    for item in range(start, stop):

        def draft(ledger: SqlLedger, ref: str = f"s{item}") -> object:
            return office.draft(ledger, replace(draft_for(ENTRY, ref=ref), case_id=None)).id

        measure_id = str(store.once(drafter.actor, f"draft-{item}", draft))
        _done(f"draft-{item}", measure_id)

        def sign(ledger: SqlLedger, signed: str = measure_id) -> object:
            return office.sign(ledger, duty, signed, points=[POINT]).order_version

        _done(f"sign-{item}", store.once(duty.actor, f"sign-{item}", sign))

        def answer(ledger: SqlLedger) -> object:
            orders = office.orders_for(ledger, POINT)
            for _measure, order in orders:
                office.answer(ledger, order.id, version=order.version, outcome="active_full")
            return [order.id for _measure, order in orders]

        _done(f"answer-{item}", store.once(machine("carrier"), f"answer-{item}", answer))
        outbox.drain()
        _done(f"drain-{item}", outbox.pending_count())
    store.close()


def _done(key: str, answer: object) -> None:
    os.write(1, json.dumps([key, answer]).encode() + b"\n")


def main() -> None:
    """Fork a writer at each line read, say its process id, and say how it ended."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asked = json.loads(line)
            try:
                write(Path(asked["folder"]), asked["url"], asked["start"], asked["stop"])
            except BaseException as error:  # noqa: BLE001 - the outermost edge of a child: it says why and ends
                os.write(1, json.dumps(["failed", repr(error)]).encode() + b"\n")
                os._exit(1)
            os._exit(0)
        os.write(1, json.dumps(["child", child]).encode() + b"\n")
        _pid, status = os.waitpid(child, 0)
        os.write(1, json.dumps(["ended", status]).encode() + b"\n")


if __name__ == "__main__":
    main()
