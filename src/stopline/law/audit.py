"""The audit chain: each row holds the hash of the one before it and is signed; anybody can verify it offline."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from stopline.kernel.actors import Actor
from stopline.kernel.clock import micros
from stopline.kernel.errors import AuditBroken

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One act or one read. `digest` is the SHA-256 of the record saved: the chain proves it without holding it."""

    seq: int
    at_us: int
    actor_kind: str
    actor_id: str
    session: str
    purpose: str
    act: str
    subject_kind: str
    subject_id: str
    digest: str
    reason: str
    previous: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What is to be appended."""

    act: str
    subject_kind: str
    subject_id: str
    digest: str = ""
    reason: str = ""


_SEALED = (
    "seq",
    "at_us",
    "actor_kind",
    "actor_id",
    "session",
    "purpose",
    "act",
    "subject_kind",
    "subject_id",
    "digest",
    "reason",
    "previous",
)


def canonical(values: dict[str, object]) -> bytes:
    """Return one byte string for equal values: sorted keys, no spaces, UTF-8."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def append(
    entry: AuditEntry, *, seq: int, previous: str, at: datetime, actor: Actor, key: Ed25519PrivateKey
) -> AuditRow:
    """Return the next row of the chain: SHA-256 over the sealed fields, Ed25519 over the hash."""
    sealed: dict[str, object] = {
        "seq": seq,
        "at_us": micros(at),
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "session": session_mark(actor.session),
        "purpose": actor.purpose,
        "act": entry.act,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "digest": entry.digest,
        "reason": entry.reason,
        "previous": previous,
    }
    digest = hashlib.sha256(canonical(sealed)).hexdigest()
    signature = base64.b64encode(key.sign(bytes.fromhex(digest))).decode()
    return AuditRow(**sealed, hash=digest, signature=signature)  # type: ignore[arg-type]  # the keys are _SEALED


def session_mark(session: str) -> str:
    """Return what the chain shows of a session: enough to tell two apart, useless for taking one over."""
    return hashlib.sha256(session.encode()).hexdigest()[:16] if session else ""


def verify(rows: Iterable[AuditRow], key: Ed25519PublicKey) -> tuple[int, str]:
    """Check hashes, order and signatures of a chain from its first row.

    Returns the number of rows and the last hash; raises AuditBroken with the first broken row.
    """
    previous, count = GENESIS, 0
    for row in _numbered(rows):
        sealed = {name: getattr(row, name) for name in _SEALED}
        if row.previous != previous:
            raise AuditBroken(row=row.seq, why="it does not follow the row before it")
        digest = hashlib.sha256(canonical(sealed)).hexdigest()
        if digest != row.hash:
            raise AuditBroken(row=row.seq, why="its contents do not match its hash")
        if not signed_by(row, key):
            raise AuditBroken(row=row.seq, why="its signature is not the centre's")
        previous, count = row.hash, count + 1
    return count, previous


def stands(row: AuditRow, key: Ed25519PublicKey) -> bool:
    """Return whether a row's contents match its hash, signed by that key; `verify` also looks at its place."""
    sealed = {name: getattr(row, name) for name in _SEALED}
    return hashlib.sha256(canonical(sealed)).hexdigest() == row.hash and signed_by(row, key)


def signed_by(row: AuditRow, key: Ed25519PublicKey) -> bool:
    """Return whether the signature of a row over its hash is that key's."""
    return signature_holds(key, row.signature, row.hash)


def signature_holds(key: Ed25519PublicKey, signature: str, digest: str) -> bool:
    """Return whether a signature (base 64) over a digest (hex) is that key's."""
    try:
        key.verify(base64.b64decode(signature, validate=True), bytes.fromhex(digest))
    except (InvalidSignature, ValueError):
        return False
    return True


def _numbered(rows: Iterable[AuditRow]) -> Iterator[AuditRow]:
    for expected, row in enumerate(rows, start=1):
        if row.seq != expected:
            raise AuditBroken(row=expected, why=f"row {row.seq} stands in its place")
        yield row
