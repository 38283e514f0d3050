"""Settings: a TOML file and the environment, read once into one frozen object.

Each setting can stand in the file under its name or in the environment as STOPLINE_ plus its name in capitals;
the environment wins. An unknown name or a wrong value is an error that says where it was read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from stopline.kernel.errors import BadFile, SettingInvalid

_PREFIX = "STOPLINE_"
_DATABASES = ("postgresql://", "postgresql+psycopg://", "postgres://", "sqlite:///")

PARTS: Final = (
    "calls",
    "messages",
    "funds",
    "dissuasion",
    "cases",
    "operations",
    "wanted",
    "borders",
    "organisers",
    "alliance",
    "appeals",
    "education",
    "bulletin",
)
"""The parts that `stopline demo --without PART` can leave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can choose; docs/settings.md says more about each."""

    folder: Path = Path("var/stopline")  # the ledger, the lake, the keys
    database: str = ""  # a PostgreSQL URL; empty = SQLite in the folder
    host: str = "127.0.0.1"
    port: int = 8000
    jurisdiction: str = "CN"
    time_zone: str = "Asia/Shanghai"
    secure_cookies: bool = False  # set to true behind TLS
    requests_per_minute: int = 120  # per address, for public pages and sign-in
    pseudonym_days: int = 7  # how long the feature rows of allowed calls are kept
    reads_per_sample: int = 100  # one read of personal data in this many is drawn for justification; never fewer
    snapshot_every_s: int = 60  # at most so much of the live state of screening is lost with a killed process


def load_settings(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the settings; raises BadFile for an unreadable file and SettingInvalid for a name or a value."""
    found: dict[str, tuple[object, str]] = {}
    if path is not None:
        found.update({name: (value, str(path)) for name, value in _file(path).items()})
    for name, value in environment.items():
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX).lower() in _KINDS:
            found[name.removeprefix(_PREFIX).lower()] = (value, f"environment {name}")
    return Settings(**{name: _read(name, value, source) for name, (value, source) in found.items()})  # type: ignore[arg-type]  # _read returns the field's type


_KINDS = {field.name: str(field.type) for field in fields(Settings)}


def _file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadFile(path=path, why=str(error.strerror), remedy="name a readable TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(path=path, why=str(error), remedy="write it as TOML, `name = value` per line") from error


def _read(name: str, value: object, source: str) -> object:
    kind = _KINDS.get(name)
    if kind is None:
        known = ", ".join(_KINDS)
        raise SettingInvalid(name=name, value=value, source=source, why=f"no such setting; there are {known}")
    match kind:
        case "int":
            return _number(name, value, source)
        case "bool":
            if isinstance(value, bool):
                return value
            if str(value).lower() in {"true", "false"}:
                return str(value).lower() == "true"
            raise SettingInvalid(name=name, value=value, source=source, why="true or false")
        case "Path":
            return Path(str(value))
        case _:
            return _words(name, value, source)


def _words(name: str, value: object, source: str) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise SettingInvalid(name=name, value=value, source=source, why="a text")
    if name == "time_zone" and not _zone(value):
        raise SettingInvalid(name=name, value=value, source=source, why="a zone as in Asia/Shanghai")
    if name == "database" and value and not value.startswith(_DATABASES):
        why = "empty for SQLite, or a PostgreSQL URL as in postgresql://user@host/name"
        scheme = value.split("://", 1)[0][:20]  # the rest may hold a password
        raise SettingInvalid(name=name, value=scheme, source=source, why=why)
    return value


def _zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (KeyError, ValueError, OSError):
        return False


def _number(name: str, value: object, source: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise SettingInvalid(name=name, value=value, source=source, why="a whole number") from None
    low, high = _BOUNDS.get(name, (1, 1_000_000))
    if not low <= number <= high or isinstance(value, bool):
        raise SettingInvalid(name=name, value=value, source=source, why=f"a whole number from {low} to {high}")
    return number


_BOUNDS = {"port": (1, 65_535), "reads_per_sample": (1, 100)}  # one read in a hundred is the least that is drawn
