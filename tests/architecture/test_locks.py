"""The lock files pin all that pyproject.toml asks for, to the same versions, with hashes."""

from __future__ import annotations

import pytest

from tests.architecture.requirements import pins, wanted_to_check, wanted_to_run

TO_BUILD = {"hatchling", "editables"}  # an editable install offline needs them


def test_running_is_locked() -> None:
    assert (wanted_to_run() | TO_BUILD) - set(pins("run.lock")) == set()


def test_running_installs_nothing_that_only_tests_need() -> None:
    assert wanted_to_check() & set(pins("run.lock")) == set()


def test_checking_is_locked() -> None:
    assert (wanted_to_run() | wanted_to_check() | TO_BUILD) - set(pins("dev.lock")) == set()


def test_what_is_tested_is_what_runs() -> None:
    run, dev = pins("run.lock"), pins("dev.lock")
    assert {name: dev.get(name) for name in run} == run


@pytest.mark.parametrize("file", ["run.lock", "dev.lock"])
def test_every_pin_has_hashes(file: str) -> None:
    assert [name for name, (_, hashes) in pins(file).items() if hashes == 0] == []
