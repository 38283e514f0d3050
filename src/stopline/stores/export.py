"""The audit chain as a file of JSON lines, and its verification with that file and the public key alone.

A line is one row in canonical form (sorted keys, no spaces, UTF-8); the last line is a seal that names the number
of rows and the last hash, so that rows cut off at the end are missed too.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from stopline.kernel.clock import micros
from stopline.kernel.errors import AuditBroken, BadFile
from stopline.law.audit import GENESIS, AuditRow, canonical, signature_holds, verify
from stopline.stores.keys import public_key
from stopline.stores.store import Store

_LONGEST_LINE = 1_000_000  # bytes; a row holds a reason of at most 20,000 characters


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The last line of an export: how far the chain went when it was written, signed."""

    seal_rows: int
    seal_head: str
    seal_at_us: int
    signature: str


def export_audit(store: Store, path: Path) -> Seal:
    """Write the whole chain to a file, whole or not at all; raises BadFile when it cannot be written."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as out:
            seal = _write(store, out)
        part.rename(path)
    except OSError as error:
        raise BadFile(path=path, why=error.strerror, remedy="name another file") from error
    return seal


def verify_file(path: Path, key: Ed25519PublicKey) -> Seal:
    """Check an exported chain from its first row to its seal.

    Raises AuditBroken with the first broken row, BadFile when the file cannot be read.
    """
    try:
        with path.open("rb") as lines:
            reader = _Reader(lines)
            count, head = verify(reader.rows(), key)
    except OSError as error:
        raise BadFile(path=path, why=error.strerror, remedy="name an exported chain") from error
    seal = reader.seal
    if seal is None:
        raise AuditBroken(row=count + 1, why="the file ends without its seal")
    if not signature_holds(key, seal.signature, _sealed(seal)):
        raise AuditBroken(row=count + 1, why="the seal's signature is not the centre's")
    if (seal.seal_rows, seal.seal_head) != (count, head):
        raise AuditBroken(row=count + 1, why=f"the seal names {seal.seal_rows} rows, the file holds {count}")
    return seal


def verify_export(path: Path, key_path: Path) -> Seal:
    """Check an exported chain with the public key in a PEM file; raises what `verify_file` raises, and StoreError."""
    return verify_file(path, public_key(key_path))


def verify_store(store: Store) -> tuple[int, str]:
    """Check the chain in an open store; returns the number of rows and the last hash, raises AuditBroken."""
    return verify(store.audit_rows(), store.key.public_key())


def _write(store: Store, out: IO[bytes]) -> Seal:
    count, head = 0, GENESIS
    for row in store.audit_rows():
        out.write(canonical(dataclasses.asdict(row)) + b"\n")
        count, head = row.seq, row.hash
    seal = _seal(count, head, at=store.clock.now(), key=store.key)
    out.write(canonical(dataclasses.asdict(seal)) + b"\n")
    return seal


def _seal(count: int, head: str, *, at: datetime, key: Ed25519PrivateKey) -> Seal:
    unsigned = Seal(seal_rows=count, seal_head=head, seal_at_us=micros(at), signature="")
    signature = base64.b64encode(key.sign(bytes.fromhex(_sealed(unsigned)))).decode()
    return dataclasses.replace(unsigned, signature=signature)


def _sealed(seal: Seal) -> str:
    return hashlib.sha256(canonical(dataclasses.asdict(dataclasses.replace(seal, signature="")))).hexdigest()


@dataclasses.dataclass(slots=True)
class _Reader:
    """Reads rows until the seal; every byte counts: a line that is not in canonical form is broken."""

    lines: IO[bytes]
    seal: Seal | None = None

    def rows(self) -> Iterator[AuditRow]:
        place = 0
        while line := self.lines.readline(_LONGEST_LINE):
            place += 1
            if self.seal is not None:
                raise AuditBroken(row=place, why="a line follows the seal")
            found = _parse(line, place)
            if isinstance(found, Seal):
                self.seal = found
            else:
                yield found


def _parse(line: bytes, place: int) -> AuditRow | Seal:
    kind: type[AuditRow | Seal] = Seal if b'"seal_rows":' in line[:300] and b'"actor_id":' not in line else AuditRow
    try:
        found = msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AuditBroken(row=place, why=f"its line cannot be read ({error})") from None
    if canonical(dataclasses.asdict(found)) + b"\n" != line:
        raise AuditBroken(row=place, why="its line is not as it was written")
    return found
