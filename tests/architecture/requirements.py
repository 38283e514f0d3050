"""What pyproject.toml asks for and what the lock files pin."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from tests.architecture.sources import ROOT

PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<rest>(?:.*\\\n)?(?: +--hash=.*\n)*)", re.MULTILINE)


def wanted_to_run() -> set[str]:
    """The packages of an install with PostgreSQL."""
    project = _pyproject()["project"]
    return _names([*project["dependencies"], *project["optional-dependencies"]["postgres"]])


def wanted_to_check() -> set[str]:
    """What comes on top of them for training models and for the checks."""
    whole = _pyproject()
    return _names([*whole["project"]["optional-dependencies"]["train"], *whole["dependency-groups"]["dev"]])


def pins(file: str) -> dict[str, tuple[str, int]]:
    """The version and the number of hashes of each package in a lock file."""
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8")
    return {found["name"]: (found["version"], found["rest"].count("--hash=sha256:")) for found in PIN.finditer(text)}


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0].lower().replace("_", "-") for line in requirements}
