"""What a person can type or set is in the docs, and so is why each dependency is there."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import click
import pytest

from tests.architecture.requirements import wanted_to_check, wanted_to_run
from tests.architecture.sources import ROOT, tracked


def test_every_verb_is_documented() -> None:
    root = _module("stopline.cli").stopline
    assert isinstance(root, click.Group)
    missing = [verb for verb in _verbs(root, "stopline") if verb not in _docs()]
    assert missing == []


def test_every_verb_says_what_it_does() -> None:
    root = _module("stopline.cli").stopline
    silent = [name for name, command in _commands(root, "stopline") if not command.help]
    assert silent == []


def test_every_setting_is_documented() -> None:
    settings = _module("stopline.settings").Settings
    names = [field.name for field in dataclasses.fields(settings)]
    assert names
    assert [name for name in names if not re.search(rf"\b{name}\b", _docs())] == []


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").lower()
    missing = [name for name in _dependencies() if f"| {name} |" not in page]
    assert missing == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in tracked()
        if page.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def _module(name: str) -> ModuleType:
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not there yet")
    return importlib.import_module(name)


@cache
def _docs() -> str:
    pages = [path for path in tracked() if path.suffix == ".md" and path.name != "CHANGELOG.md"]
    return "\n".join(path.read_text(encoding="utf-8") for path in pages)


def _verbs(group: click.Command, name: str) -> Iterator[str]:
    return (path for path, command in _commands(group, name) if not isinstance(command, click.Group))


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if command.hidden:
        return
    yield name, command
    if isinstance(command, click.Group):
        for word, below in sorted(command.commands.items()):
            yield from _commands(below, f"{name} {word}")


def _dependencies() -> list[str]:
    return sorted({*wanted_to_run(), *wanted_to_check()})
