"""Releases as the store keeps them, checked whole before a file is judged by one.

The chain's row of the second signature names the digest that was signed: whoever edits a release in the database, its
digest included, cannot make that row fit without the centre's key.
"""

from __future__ import annotations

from collections.abc import Collection

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from stopline.kernel.actors import ActorKind, machine
from stopline.kernel.errors import ReleaseInvalid
from stopline.law.audit import AuditRow, session_mark, stands
from stopline.screening.records import Release, ReleaseState
from stopline.screening.release import LoadedRelease, load_draft, load_release
from stopline.stores.store import Store
from stopline.stores.tables import AUDIT

_READER = machine("cli")
_HANDS = ("release.create", "release.sign")


def all_releases(store: Store) -> list[Release]:
    """Return the releases, newest last."""
    with store.read(_READER) as ledger:
        return ledger.find(Release)


def release_named(store: Store, release_id: str) -> Release:
    """Return one release; raises NotFound."""
    with store.read(_READER) as ledger:
        return ledger.get(Release, release_id)


def release_in_force(store: Store) -> Release | None:
    """Return the release that decides in full, or None."""
    with store.read(_READER) as ledger:
        found = ledger.find(Release, state=ReleaseState.FULL.value, limit=1)
    return found[0] if found else None


def checked_release(store: Store, release: Release, *, model_digest: str, entries: Collection[str]) -> LoadedRelease:
    """Load a release in any state; a draft without a signature, any other only with the one that it claims.

    Raises ReleaseInvalid when its content does not fit its digest, or its signature does not stand in the chain.
    """
    if release.state is ReleaseState.DRAFTED and release.signed_by is None:
        return load_draft(release, model_digest=model_digest, entries=entries)
    loaded = load_release(release, model_digest=model_digest, entries=entries)
    if release.created_by == release.signed_by or release.created_session == release.signed_session:
        raise ReleaseInvalid(release=release.id, why="one hand has drafted and signed it")
    query = select(AUDIT).where(
        AUDIT.c.subject_kind == "release", AUDIT.c.subject_id == release.id, AUDIT.c.act.in_(_HANDS)
    )
    with store.read(_READER) as ledger:
        rows = [AuditRow(**row) for row in ledger.connection.execute(query).mappings()]
    key = store.key.public_key()
    if not any(_drafted(row, release) and stands(row, key) for row in rows):
        raise ReleaseInvalid(release=release.id, why="the audit chain does not bear out who drafted it")
    if not _signature_fits(rows, release, key):
        raise ReleaseInvalid(release=release.id, why="the audit chain does not bear out its second signature")
    return loaded


def _signature_fits(rows: list[AuditRow], release: Release, key: Ed25519PublicKey) -> bool:
    return any(
        row.act == "release.sign"
        and row.actor_kind == ActorKind.OFFICER.value
        and row.actor_id == release.signed_by
        and row.session == session_mark(release.signed_session or "")
        and row.reason == release.digest
        and stands(row, key)
        for row in rows
    )


def _drafted(row: AuditRow, release: Release) -> bool:
    hand = row.actor_id == release.created_by and row.session == session_mark(release.created_session)
    return row.act == "release.create" and hand
