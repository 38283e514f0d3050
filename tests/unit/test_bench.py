"""The bench verb prints figures with their units and ratios, and says what the machine was doing."""

from __future__ import annotations

import json

import msgspec
from click.testing import CliRunner

from stopline.bench.measure import Figure, Report, cpu_ns, machine
from stopline.cli_bench import _lines, bench


def test_a_report_shows_figures_ratios_notes_and_the_machine() -> None:
    figures = (
        Figure(name="a call", value=0.5, unit="us", ratio=20.0, against="plain Python"),
        Figure(name="memory", value=1234.0, unit="MB"),
    )
    report = Report(name="calls", figures=figures, notes=("synthetic",), machine=("cores: 2",))
    assert list(_lines(report)) == [
        "calls: a whole call decision: numbers, state, lists, rules, verdict, log",
        "  a call         0.500 us   20.0x plain Python",
        "  memory         1,234 MB",
        "  # synthetic",
        "  # cores: 2",
    ]
    assert json.loads(msgspec.json.encode(report))["figures"][0]["ratio"] == 20.0


def test_the_machine_is_named_with_its_scheduler_and_load() -> None:
    said = " ".join(machine())
    assert all(word in said for word in ("cores", "scheduler", "load", "processor"))


def test_time_is_taken_a_row() -> None:
    rows: list[int] = []

    def work() -> None:
        rows.append(sum(range(200_000)))

    whole, split = cpu_ns(work, rows=1, repeats=3), cpu_ns(work, rows=1_000_000, repeats=3)
    assert len(rows) == 6
    assert split < whole


def test_help_names_every_benchmark_that_is_there() -> None:
    said = CliRunner().invoke(bench, ["--help"]).output
    assert "cold-start" in said
    assert "--callers" in said
    assert "\n  stopline bench growth " in said  # each example on a line of its own
