"""One contract for the ledger of acts, run on every back-end that it claims."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from stopline.kernel.actors import Actor, ActorKind, machine
from stopline.kernel.clock import SetClock
from stopline.kernel.errors import (
    BadField,
    NotFound,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreNewer,
    StoreUnreachable,
)
from stopline.kernel.facts import Fact
from stopline.kernel.ids import Ids
from stopline.kernel.ledger import Ledger
from stopline.law.organisation import Institution, InstitutionKind, Officer
from stopline.stores.export import verify_store
from stopline.stores.ledger import SqlLedger
from stopline.stores.outbox import Outbox
from stopline.stores.store import Store, open_store
from stopline.stores.tables import DELIVERY, FACT
from tests.factories import MORNING, make_store, officer

SHARED = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
ME = machine("test")
CLERK = Actor(kind=ActorKind.OFFICER, id="clerk", session="s1")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The database of each back-end: "" is SQLite in the store's folder."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[tuple[Store, SetClock]]:
    store, clock = make_store(tmp_path / "one", url=url)
    yield store, clock
    store.close()


@pytest.fixture
def store(opened: tuple[Store, SetClock]) -> Store:
    return opened[0]


def bank(code: str, name: str = "bank", kind: InstitutionKind = InstitutionKind.BANK) -> Institution:
    return Institution(id=code, kind=kind, code=code, name_zh="银行", name_en=name)


def save(store: Store, *banks: Institution) -> None:
    with store.act(ME) as ledger:
        for one in banks:
            ledger.save(one, act="institution.save")


def counts(store: Store) -> tuple[int, int, int]:
    with store.read(ME) as ledger:
        facts = ledger.connection.execute(text("SELECT COUNT(*) FROM fact")).scalar_one()
        return ledger.count(Institution), store.audit_head()[0], int(facts)


# ---------------------------------------------------------------- records


def test_what_was_saved_comes_back_equal(store: Store) -> None:
    person = replace(officer('姓名 O\'Brien "x" %_\\'), to_at=MORNING + timedelta(microseconds=1))
    with store.act(ME) as ledger:
        ledger.save(person, act="officer.save")
    with store.read(ME) as ledger:
        assert ledger.get(Officer, person.id) == person
        assert ledger.maybe(Officer, "none") is None
        with pytest.raises(NotFound):
            ledger.get(Officer, "none")


texts = st.text(alphabet=st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"]), max_size=30)


@SHARED
@given(name=texts, powers=st.lists(texts, max_size=3), area=texts)
def test_any_text_survives_the_way_through_the_store(store: Store, name: str, powers: list[str], area: str) -> None:
    person = replace(officer("x"), name=name, powers=tuple(powers), area=area)
    with store.act(ME) as ledger:
        ledger.save(person, act="officer.save")
        assert ledger.get(Officer, "x") == person
        assert ledger.count(Officer, name=name) == 1


def test_saving_again_replaces_and_both_acts_stay_in_the_chain(store: Store) -> None:
    save(store, bank("B1", "first"))
    save(store, bank("B1", "second"))
    with store.read(ME) as ledger:
        assert [row.name_en for row in ledger.find(Institution)] == ["second"]
    rows = [row for row in store.audit_rows() if row.subject_id == "B1"]
    assert len(rows) == 2
    assert rows[0].digest != rows[1].digest


def test_filters_any_of_none_and_instants(store: Store) -> None:
    people = [
        replace(officer(f"o{place}"), to_at=None if place % 2 else MORNING + timedelta(seconds=place), area=str(place))
        for place in range(6)
    ]
    with store.act(ME) as ledger:
        ledger.save_all(people, act="officer.import")
    with store.read(ME) as ledger:
        assert [row.id for row in ledger.find(Officer, area=("1", "4", "9"))] == ["o1", "o4"]
        assert [row.id for row in ledger.find(Officer, to_at=None)] == ["o1", "o3", "o5"]
        two = MORNING + timedelta(seconds=2)
        assert [row.id for row in ledger.find(Officer, before=("to_at", two))] == ["o0"]
        assert [row.id for row in ledger.find(Officer, since=("to_at", two))] == ["o2", "o4"]
        assert ledger.find(Officer, to_at=two) == [people[2]]
        assert ledger.count(Officer, area=()) == 0


@SHARED
@given(names=st.sets(st.text(alphabet="abAB01-", min_size=1, max_size=4), max_size=12), size=st.integers(1, 5))
def test_pages_hold_every_row_once_in_both_directions(store: Store, names: set[str], size: int) -> None:
    with store.act(ME) as ledger:
        ledger.connection.execute(text("DELETE FROM institution"))
        for name in sorted(names):
            ledger.save(bank(name), act="institution.save")
    with store.read(ME) as ledger:
        for newest_first in (False, True):
            seen: list[str] = []
            while True:
                after = seen[-1] if seen else None
                page = ledger.find(Institution, after=after, limit=size, newest_first=newest_first)
                seen += [row.id for row in page]
                if len(page) < size:
                    break
            assert sorted(seen) == sorted(names)
            assert len(seen) == len(names)


# ---------------------------------------------------------------- one act, one transaction


def test_an_act_that_fails_leaves_neither_record_nor_log_nor_fact(store: Store) -> None:
    before = counts(store)

    def fail() -> None:
        with store.act(ME) as ledger:
            ledger.save(bank("B1"), act="institution.save")
            ledger.publish("bank.saved", id="B1")
            ledger.note(act="read", subject_kind="x", subject_id="y")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert counts(store) == before
    save(store, bank("B1"))
    assert counts(store) == (before[0] + 1, before[1] + 1, before[2])
    verify_store(store)


def test_an_act_that_breaks_a_key_leaves_nothing(store: Store) -> None:
    save(store, bank("B1"))
    before = counts(store)

    def doubled() -> None:
        with store.act(ME) as ledger:
            ledger.save(bank("B2"), act="institution.save")
            ledger.save_all([bank("B3"), bank("B1")], act="institution.import")

    with pytest.raises(StoreError):
        doubled()
    assert counts(store) == before


def test_a_read_writes_nothing_and_sees_one_instant(store: Store) -> None:
    save(store, bank("B1"))
    with store.read(ME) as ledger:
        assert ledger.count(Institution) == 1
        worker = threading.Thread(target=save, args=(store, bank("B2")))
        worker.start()
        worker.join()
        assert ledger.count(Institution) == 1
        for write in (
            lambda: ledger.save(bank("B3"), act="x"),
            lambda: ledger.publish("x"),
            lambda: ledger.note(act="x", subject_kind="x", subject_id="x"),
        ):
            with pytest.raises(StoreError, match="reading only"):
                write()
    with store.read(ME) as ledger:
        assert ledger.count(Institution) == 2


def test_an_act_within_an_act_is_refused_instead_of_waiting_for_itself(store: Store) -> None:
    with store.act(ME), pytest.raises(StoreError, match="open in this thread"):
        save(store, bank("B1"))
    save(store, bank("B1"))


def test_acts_of_many_threads_are_one_chain(store: Store) -> None:
    failed: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for turn in range(10):
                with store.act(machine(f"t{name}")) as ledger:
                    known = ledger.maybe(Institution, "sum")
                    ledger.save(bank("sum", str(int(known.name_en) + 1 if known else 1)), act="institution.add")
                    ledger.publish("added", thread=name, turn=turn)
        except BaseException as error:  # noqa: BLE001 - a thread's failure must reach the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with store.read(ME) as ledger:
        assert ledger.get(Institution, "sum").name_en == "60"
        ordinals = [row[0] for row in ledger.connection.execute(text("SELECT ordinal FROM fact ORDER BY ordinal"))]
    assert ordinals == list(range(1, 61))
    verify_store(store)


_ADDER = """
import sys
from pathlib import Path
from stopline.kernel.actors import machine
from tests.contract.test_store_contract import bank
from tests.factories import make_store
from stopline.law.organisation import Institution

store, _ = make_store(Path(sys.argv[1]), url=sys.argv[2], seed=int(sys.argv[3]))
for _turn in range(40):
    with store.act(machine("adder")) as ledger:
        known = ledger.maybe(Institution, "sum")
        ledger.save(bank("sum", str(int(known.name_en) + 1 if known else 1)), act="institution.add")
"""


def test_acts_of_two_processes_on_postgresql_are_one_chain(postgres_url: str, tmp_path: Path, repository: Path) -> None:
    store, _clock = make_store(tmp_path / "one", url=postgres_url)
    shutil.copytree(tmp_path / "one" / "keys", tmp_path / "two" / "keys")
    shutil.copytree(tmp_path / "one" / "keys", tmp_path / "three" / "keys")
    adders = [
        subprocess.Popen([sys.executable, "-c", _ADDER, tmp_path / name, postgres_url, seed], cwd=repository)
        for name, seed in (("two", "2"), ("three", "3"))
    ]
    assert [adder.wait(60) for adder in adders] == [0, 0]
    with store.read(ME) as ledger:
        assert ledger.get(Institution, "sum").name_en == "80"
    verify_store(store)
    store.close()


def test_two_processes_open_an_empty_postgresql_at_once(postgres_url: str, tmp_path: Path, repository: Path) -> None:
    make_store(tmp_path / "keys only")[0].close()
    for name in ("two", "three"):
        shutil.copytree(tmp_path / "keys only" / "keys", tmp_path / name / "keys")
    adders = [
        subprocess.Popen([sys.executable, "-c", _ADDER, tmp_path / name, postgres_url, seed], cwd=repository)
        for name, seed in (("two", "2"), ("three", "3"))
    ]
    assert [adder.wait(60) for adder in adders] == [0, 0]


# ---------------------------------------------------------------- once


def test_an_act_under_a_key_is_done_once_and_answers_the_same(store: Store) -> None:
    done: list[int] = []

    def act(ledger: SqlLedger) -> object:
        done.append(1)
        made = ledger.new_id()
        ledger.save(bank(made), act="institution.save")
        return {"id": made, "list": (1, 2)}

    first = store.once(CLERK, "k1", act, request="POST /x {}")
    before = counts(store)
    assert store.once(CLERK, "k1", act, request="POST /x {}") == first
    assert counts(store) == before
    assert len(done) == 1
    with pytest.raises(BadField, match="another request"):
        store.once(CLERK, "k1", act, request="POST /y {}")
    assert store.once(replace(CLERK, id="other"), "k1", act) != first  # a key is its actor's own
    assert store.once(CLERK, "k2", act) != first
    assert len(done) == 3


def test_an_act_that_failed_under_a_key_may_be_repeated(store: Store) -> None:
    def fails(_ledger: SqlLedger) -> object:
        raise NotFound(kind="x", id="y")

    with pytest.raises(NotFound):
        store.once(CLERK, "k", fails)
    assert store.once(CLERK, "k", lambda _ledger: "done") == "done"


def test_a_key_used_by_many_threads_at_once_is_done_once(store: Store) -> None:
    answers: list[object] = []

    def act(ledger: SqlLedger) -> object:
        ledger.save(bank(ledger.new_id()), act="institution.save")
        return ledger.new_id()

    threads = [threading.Thread(target=lambda: answers.append(store.once(CLERK, "same", act))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert len(set(map(str, answers))) == 1
    assert counts(store)[0] == 1


def test_answers_are_forgotten_after_their_time(opened: tuple[Store, SetClock]) -> None:
    store, clock = opened
    first = store.once(CLERK, "k", lambda ledger: ledger.new_id())
    clock.move_to(MORNING + timedelta(days=2))
    assert store.forget_answers(ME, before=MORNING) == 0
    assert store.once(CLERK, "k", lambda ledger: ledger.new_id()) == first
    assert store.forget_answers(ME, before=MORNING + timedelta(days=1)) == 1
    assert store.once(CLERK, "k", lambda ledger: ledger.new_id()) != first


# ---------------------------------------------------------------- the outbox


def publish(store: Store, *bodies: int) -> None:
    with store.act(ME) as ledger:
        for body in bodies:
            ledger.publish("counted", number=body)


def test_a_fact_reaches_every_handler_in_order_and_so_do_the_facts_of_handlers(store: Store) -> None:
    seen: list[tuple[str, int]] = []

    def first(ledger: Ledger, fact: Fact) -> None:
        seen.append(("first", fact.number("number")))
        if fact.number("number") < 3:
            ledger.publish("counted", number=fact.number("number") + 10)

    def second(ledger: Ledger, fact: Fact) -> None:
        seen.append(("second", fact.number("number")))

    outbox = Outbox(store, {"counted": [("first", first), ("second", second)]})
    publish(store, 1, 2, 3)
    assert outbox.pending_count() == 3
    assert outbox.drain() == 5
    assert seen == [(name, number) for number in (1, 2, 3, 11, 12) for name in ("first", "second")]
    assert (outbox.pending_count(), outbox.drain()) == (0, 0)


def test_a_failing_handler_is_tried_again_then_parked_and_holds_up_nobody(store: Store) -> None:
    seen: list[int] = []
    tries: list[int] = []

    def fails(ledger: Ledger, fact: Fact) -> None:
        if fact.number("number") == 1:
            ledger.save(bank("half"), act="institution.save")
            tries.append(1)
            raise NotFound(kind="x", id="y")

    def counts_them(_ledger: Ledger, fact: Fact) -> None:
        seen.append(fact.number("number"))

    outbox = Outbox(store, {"counted": [("fails", fails), ("counts", counts_them)]})
    publish(store, *range(450))
    assert outbox.drain() == 449
    assert sorted(seen) == list(range(450))
    for _ in range(6):
        outbox.drain()
    assert len(tries) == 5
    (parked,) = outbox.parked()
    assert (parked["handler"], parked["attempts_count"]) == ("fails", 5)
    assert "NotFound" in str(parked["error"])
    assert outbox.pending_count() == 0
    assert counts(store)[0] == 0  # what the failed handler began was undone each time
    assert len(seen) == 450


def test_a_fact_told_again_after_a_kill_is_not_done_again_by_who_has_done_it(store: Store) -> None:
    seen: list[int] = []
    outbox = Outbox(store, {"counted": [("counts", lambda _ledger, fact: seen.append(fact.number("number")))]})
    publish(store, 1, 2)
    outbox.drain()
    with store.act(ME) as ledger:  # killed after the handler, before the fact was marked
        ledger.connection.execute(FACT.update().values(pending=True))
    outbox.drain()
    assert seen == [1, 2]
    with store.act(ME) as ledger:  # killed before the handler: it is done now
        ledger.connection.execute(DELIVERY.delete())
        ledger.connection.execute(FACT.update().values(pending=True))
    outbox.drain()
    assert seen == [1, 2, 1, 2]


# ---------------------------------------------------------------- what can be wrong with a store


def test_a_second_process_in_the_folder_is_told_so(opened: tuple[Store, SetClock], tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreLocked, match="another process holds it"):
        open_store(url, tmp_path / "one", clock=opened[1], ids=Ids(os.urandom))
    opened[0].close()
    make_store(tmp_path / "one", url=url)[0].close()


def test_a_store_of_a_newer_version_is_left_as_it_is(opened: tuple[Store, SetClock], tmp_path: Path, url: str) -> None:
    store, clock = opened
    save(store, bank("B1"))
    before = counts(store)
    with store.engine.begin() as connection:
        present = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreNewer, match="9999"):
        open_store(url, tmp_path / "one", clock=clock, ids=Ids(os.urandom))
    with store.engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
        connection.execute(text("UPDATE alembic_version SET version_num = :old"), {"old": present})
    store.engine.dispose()
    again, _clock = make_store(tmp_path / "one", url=url)
    assert counts(again) == before
    again.close()


def test_a_database_that_does_not_answer_is_said_in_one_line(tmp_path: Path) -> None:
    clock = SetClock(MORNING)
    with pytest.raises(StoreUnreachable) as told:
        open_store("postgresql://nobody:secret@127.0.0.1:1/none", tmp_path, clock=clock, ids=Ids(os.urandom))
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)
    open_store("", tmp_path, clock=clock, ids=Ids(os.urandom)).close()  # the folder was given free again


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="--data"):
        open_store("", tmp_path / "file" / "store", clock=SetClock(MORNING), ids=Ids(os.urandom))


def test_a_postgresql_held_by_another_act_is_told_after_a_while(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, clock = make_store(tmp_path / "one", url=postgres_url)
    shutil.copytree(tmp_path / "one" / "keys", tmp_path / "two" / "keys")
    other = open_store(postgres_url, tmp_path / "two", clock=clock, ids=Ids(os.urandom))
    monkeypatch.setattr("stopline.stores.store._WAIT_S", 1)
    with store.act(ME), pytest.raises(StoreLocked), other.act(ME):
        pass
    save(other, bank("B1"))
    other.close()
    store.close()


def test_a_full_database_refuses_the_act_whole(tmp_path: Path) -> None:
    store, _clock = make_store(tmp_path)
    save(store, bank("B1"))
    with store.engine.connect() as connection:
        pages = int(connection.execute(text("PRAGMA page_count")).scalar_one())
    before = counts(store)
    for pooled in [store.engine.connect() for _ in range(5)]:
        pooled.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        pooled.close()

    def fill() -> None:
        for place in range(200):
            with store.act(ME) as ledger:
                ledger.publish("big", text="x" * 10_000)
                ledger.save(bank(f"N{place}"), act="institution.save")

    with pytest.raises(StoreFull) as told:
        fill()
    assert "\n" not in str(told.value)
    made, audited, facts = counts(store)
    assert made - before[0] == audited - before[1] == facts - before[2]  # whole acts only
    verify_store(store)
    store.close()


_FILLER = """
import json, resource, sys
from pathlib import Path
from stopline.kernel.actors import machine
from stopline.kernel.errors import StoreFull
from tests.contract.test_store_contract import bank
from tests.factories import make_store

store, _ = make_store(Path(sys.argv[1]))
most = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
done = 0
try:
    while True:
        with store.act(machine("filler")) as ledger:
            ledger.save(bank(f"N{done}", "x" * 5_000), act="institution.save")
        done += 1
except StoreFull as error:
    print(json.dumps({"done": done, "said": str(error)}))
"""


def test_a_full_disk_refuses_the_act_whole_and_loses_nothing(tmp_path: Path, repository: Path) -> None:
    make_store(tmp_path / "one")[0].close()
    size = (tmp_path / "one" / "ledger.db").stat().st_size
    filler = [sys.executable, "-c", _FILLER, str(tmp_path / "one"), str(size + 300_000)]
    told = json.loads(subprocess.run(filler, cwd=repository, check=True, capture_output=True, timeout=60).stdout)
    assert "\n" not in told["said"]
    store, _clock = make_store(tmp_path / "one")
    assert told["done"] > 0
    assert counts(store)[0] == told["done"]
    verify_store(store)
    save(store, bank("after"))  # with space again, it goes on
    store.close()
