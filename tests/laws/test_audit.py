"""Safeguards 40 and 41: reads are logged with their purpose, and nobody edits the log unnoticed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stopline.kernel.actors import Actor, ActorKind
from stopline.kernel.errors import AuditBroken, BadFile, StoreError
from stopline.law.audit import AuditRow, canonical, verify
from stopline.stores.export import Seal, export_audit, verify_export, verify_file, verify_store
from stopline.stores.keys import public_key
from stopline.stores.store import Store
from tests.factories import MEASURES, World, make_store, signer, world

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
ADDED = """INSERT INTO audit SELECT seq + 100000, at_us, actor_kind, actor_id, session, purpose, act, subject_kind,
subject_id, digest, reason, previous, hash, signature FROM audit WHERE seq = 1"""
EDITS = (
    "UPDATE audit SET reason = 'edited' WHERE seq = 2",
    "UPDATE audit SET seq = 1000 WHERE seq = 2",
    "DELETE FROM audit WHERE seq = 2",
    "DELETE FROM audit",
    ADDED,
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The chain of a small centre as a file, and the public key."""
    folder = tmp_path_factory.mktemp("audit")
    with world() as w:
        _work(w)
        export_audit(w.store, folder / "audit.jsonl")
        (folder / "audit.pub").write_bytes((_folder(w) / "keys" / "audit.pub").read_bytes())
    return folder / "audit.jsonl", folder / "audit.pub"


def _work(w: World) -> None:
    w.impose(MEASURES[0], "s1")
    reader = dataclasses.replace(signer("reader").actor, purpose='因案件"查询"\nseal_rows":')
    with w.act(reader) as ledger:
        ledger.note(act="read", subject_kind="measure", subject_id="m1", reason="复核")


def _folder(w: World) -> Path:
    return Path(str(w.store.engine.url.database)).parent


def test_40_a_read_of_personal_data_is_logged_with_its_purpose() -> None:
    with world() as w:
        reader = Actor(kind=ActorKind.OFFICER, id="o1", session="secret-token", purpose="case 7: identify the holder")
        with w.act(reader) as ledger:
            ledger.note(act="read", subject_kind="report", subject_id="r1", reason="asked by the prosecutor")
        row = list(w.store.audit_rows())[-1]
        assert (row.act, row.actor_id, row.subject_kind, row.subject_id) == ("read", "o1", "report", "r1")
        assert (row.purpose, row.reason) == ("case 7: identify the holder", "asked by the prosecutor")
        assert "secret-token" not in str(row)  # the log tells sessions apart and opens none


def test_40_a_log_that_cannot_be_written_undoes_the_act() -> None:
    with world() as w:
        with w.store.engine.connect() as connection:
            connection.execute(text("ALTER TABLE audit RENAME TO audit_gone"))
        head = len(_tables(w.store))
        with pytest.raises(StoreError):
            w.draft(MEASURES[0], "s1")
        with w.store.engine.connect() as connection:
            assert connection.execute(text("SELECT COUNT(*) FROM measure")).scalar() == 0
            assert connection.execute(text("SELECT COUNT(*) FROM fact")).scalar() == 0
        assert len(_tables(w.store)) == head


def _tables(store: Store) -> list[str]:
    with store.engine.connect() as connection:
        return [row[0] for row in connection.execute(text("SELECT name FROM sqlite_master"))]


@pytest.mark.parametrize("edit", [*EDITS, "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2"])
def test_41_sqlite_refuses_every_edit_of_the_chain(edit: str) -> None:
    with world() as w:
        _work(w)
        before = list(w.store.audit_rows())
        with w.store.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(edit))
        assert list(w.store.audit_rows()) == before


def test_41_postgresql_refuses_every_edit_of_the_chain(postgres_url: str, tmp_path: Path) -> None:
    store, _clock = make_store(tmp_path, url=postgres_url)
    before = list(store.audit_rows())
    for edit in (*EDITS[:4], "TRUNCATE audit"):
        with store.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(edit))
    assert list(store.audit_rows()) == before
    assert verify_store(store)[0] == len(before)
    store.close()


def test_41_the_file_and_the_public_key_are_enough(exported: tuple[Path, Path]) -> None:
    path, key = exported
    seal = verify_export(path, key)
    assert seal.seal_rows == len(path.read_bytes().splitlines()) - 1


@settings(SHARED, max_examples=200)
@given(data=st.data())
def test_41_one_changed_byte_is_found(exported: tuple[Path, Path], tmp_path: Path, data: st.DataObject) -> None:
    path, key = exported
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[place]))
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
    with pytest.raises(AuditBroken) as found:
        verify_export(changed, key)
    line = whole[:place].count(b"\n") + 1
    assert found.value.row in (line, line + 1)


@SHARED
@given(data=st.data(), how=st.sampled_from(["removed", "doubled", "swapped", "cut", "inserted", "joined"]))
def test_41_a_removed_moved_or_added_row_is_found(
    exported: tuple[Path, Path], tmp_path: Path, data: st.DataObject, how: str
) -> None:
    path, key = exported
    lines = path.read_bytes().splitlines(keepends=True)
    place = data.draw(st.integers(0, len(lines) - 2))
    match how:
        case "removed":
            changed = lines[:place] + lines[place + 1 :]
        case "doubled":
            changed = [*lines[: place + 1], *lines[place:]]
        case "swapped":
            other = data.draw(st.integers(0, len(lines) - 1).filter(lambda value: value != place))
            changed = list(lines)
            changed[place], changed[other] = lines[other], lines[place]
        case "cut":
            changed = lines[: place + 1]
        case "inserted":
            changed = [*lines[:place], b"\n", *lines[place:]]
        case _:
            changed = [*lines, lines[place]]
    target = tmp_path / "changed.jsonl"
    target.write_bytes(b"".join(changed))
    with pytest.raises(AuditBroken):
        verify_export(target, key)


@SHARED
@given(data=st.data(), field=st.sampled_from([field.name for field in dataclasses.fields(AuditRow)]))
def test_41_a_row_rewritten_in_good_form_is_found(
    exported: tuple[Path, Path], tmp_path: Path, data: st.DataObject, field: str
) -> None:
    """Even with the hashes of the whole rest of the chain made to fit: the signature is what cannot be made."""
    path, key = exported
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    place = data.draw(st.integers(0, len(rows) - 2))
    value = rows[place][field]
    rows[place][field] = value + 1 if isinstance(value, int) else value + "x"
    target = tmp_path / "rewritten.jsonl"
    target.write_bytes(b"".join(canonical(row) + b"\n" for row in rows))
    with pytest.raises(AuditBroken):
        verify_export(target, key)


def test_41_a_tail_cut_off_with_an_older_seal_left_out_is_found(exported: tuple[Path, Path], tmp_path: Path) -> None:
    path, key = exported
    lines = path.read_bytes().splitlines(keepends=True)
    for content in (lines[:-1], [*lines[:-3], lines[-1]], [], [lines[-1]]):
        target = tmp_path / "short.jsonl"
        target.write_bytes(b"".join(content))
        with pytest.raises(AuditBroken):
            verify_export(target, key)


def test_41_another_key_does_not_verify_and_no_file_is_said_in_one_line(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    path, key = exported
    with pytest.raises(AuditBroken, match="row 1"):
        verify_file(path, Ed25519PrivateKey.generate().public_key())
    with pytest.raises(BadFile):
        verify_export(tmp_path / "none.jsonl", key)
    with pytest.raises(StoreError):
        verify_export(path, tmp_path / "none.pub")


def test_41_a_chain_of_another_key_is_not_carried_on(tmp_path: Path) -> None:
    store, _clock = make_store(tmp_path)
    count = verify_store(store)[0]
    store.close()
    for name in ("audit.key", "audit.pub"):
        (tmp_path / "keys" / name).unlink()
    with pytest.raises(StoreError, match="another key"):
        make_store(tmp_path)
    rows = list(_rows(tmp_path))
    assert len(rows) == count


def _rows(folder: Path) -> Iterator[object]:
    import sqlite3  # noqa: PLC0415 - the store refuses to open; the rows must be there all the same

    with sqlite3.connect(folder / "ledger.db") as connection:
        yield from connection.execute("SELECT seq FROM audit")


def test_41_the_chain_in_an_open_store_and_in_its_export_are_one(tmp_path: Path) -> None:
    with world() as w:
        _work(w)
        seal = export_audit(w.store, tmp_path / "a.jsonl")
        assert isinstance(seal, Seal)
        assert (seal.seal_rows, seal.seal_head) == verify_store(w.store) == w.store.audit_head()
        assert verify(w.store.audit_rows(), public_key(_folder(w) / "keys" / "audit.pub")) == w.store.audit_head()
        with pytest.raises(BadFile):
            export_audit(w.store, tmp_path / "no such folder" / "a.jsonl")
