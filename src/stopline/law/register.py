"""The statute register: what the law permits, as versioned data, loaded whole or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from importlib import resources
from typing import Self

from stopline.kernel.errors import EntryUnknown, RegisterInvalid
from stopline.law.statutes.entry import (
    NOTICE_MINIMUM,
    AttemptScope,
    Check,
    Entry,
    EntryKind,
    Level,
    MeasureKind,
    NoticePart,
    Standing,
    Statute,
    SubjectKind,
    Term,
    Text,
    Unit,
)
from stopline.law.statutes.reading import parse_statutes

__all__ = [
    "NOTICE_MINIMUM",
    "AttemptScope",
    "Check",
    "Entry",
    "EntryKind",
    "Level",
    "MeasureKind",
    "NoticePart",
    "Register",
    "Standing",
    "Statute",
    "SubjectKind",
    "Term",
    "Text",
    "Unit",
]

SHIPPED = ("cn.yaml", "in.yaml", "int.yaml")


class Register:
    """Entries of one or more jurisdictions; immutable, and named by the digest of its content."""

    def __init__(self, entries: Iterable[Entry], statutes: Mapping[tuple[str, str], Statute]) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: (entry.id, entry.version)))
        self.statutes = dict(statutes)
        self._by_version = {(entry.id, entry.version): entry for entry in self.entries}
        self._latest = {entry.id: entry for entry in self.entries}
        self.digest = _digest(self.entries, self.statutes)

    @classmethod
    def parse(cls, sources: Mapping[str, str | bytes]) -> Self:
        """Read one YAML text per jurisdiction, keyed by the name that errors should show.

        Raises `RegisterInvalid` with entry, field and line; nothing is loaded then.
        """
        entries: list[Entry] = []
        statutes: dict[tuple[str, str], Statute] = {}
        seen: set[tuple[str, str]] = set()
        for source, text in sources.items():
            jurisdiction, laws, found = parse_statutes(text, source=source)
            for law in laws.values():
                if (jurisdiction, law.code) in statutes:
                    why = f"law {law.code} of {jurisdiction} is declared twice"
                    raise RegisterInvalid(source=source, entry="(laws)", field="laws", why=why)
                statutes[jurisdiction, law.code] = law
            for entry in found:
                if (entry.id, entry.version) in seen:
                    why = f"version {entry.version} stands twice"
                    raise RegisterInvalid(source=source, entry=entry.id, field="version", why=why)
                seen.add((entry.id, entry.version))
            entries.extend(found)
        return cls(entries, statutes)

    @classmethod
    def shipped(cls) -> Register:
        """Read the register that comes with the package."""
        return _shipped()

    def entry(self, id: str, version: str | None = None) -> Entry:  # noqa: A002 - the word of the domain
        """Return the latest version of an entry, or the one asked for; raises `EntryUnknown`."""
        found = self._latest.get(id) if version is None else self._by_version.get((id, version))
        if found is None:
            raise EntryUnknown(id=id if version is None else f"{id}@{version}", kind="entry")
        return found

    def current(self) -> tuple[Entry, ...]:
        """Return the latest version of every entry, in the order of ids."""
        return tuple(self._latest.values())

    def measures(self, kind: MeasureKind | None = None, jurisdiction: str | None = None) -> tuple[Entry, ...]:
        """Return the current entries that permit a measure, of one kind or place if named."""
        return tuple(
            entry
            for entry in self.current()
            if entry.kind is EntryKind.MEASURE
            and kind in (None, entry.measure)
            and jurisdiction in (None, entry.jurisdiction)
        )

    def as_of(self, version: str) -> Register:
        """Return the register as it stood on an ISO date: later versions are left out."""
        kept = (entry for entry in self.entries if entry.version <= version)
        return Register(kept, self.statutes)

    def statute(self, entry: Entry) -> Statute:
        """Return the law that an entry cites."""
        return self.statutes[entry.jurisdiction, entry.law]


@cache
def _shipped() -> Register:
    folder = resources.files("stopline.law") / "statutes"
    return Register.parse({name: (folder / name).read_bytes() for name in SHIPPED})


def _digest(entries: Iterable[Entry], statutes: Mapping[tuple[str, str], Statute]) -> str:
    """SHA-256 of the canonical JSON: keys sorted, no spaces, UTF-8."""
    content = {
        "entries": [_plain(entry) for entry in entries],
        "statutes": [_plain(statutes[key]) for key in sorted(statutes)],
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> object:
    """A value as JSON knows it; sets are sorted so that the digest is stable."""
    match value:
        case Term():
            return str(value)
        case Enum():
            return value.value
        case frozenset():
            return sorted(str(_plain(member)) for member in value)
        case tuple():
            return [_plain(member) for member in value]
        case _ if dataclasses.is_dataclass(value):
            names = (field.name for field in dataclasses.fields(value))
            return {name: _plain(getattr(value, name)) for name in names}
        case _:
            return value
