"""`stopline bench`: how fast the engine is on this machine, each figure beside a baseline of the same run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

if TYPE_CHECKING:
    from stopline.bench.measure import Ask, Figure, Report

_ABOUT: Final = {
    "calls": "a whole call decision: numbers, state, lists, rules, verdict, log",
    "growth": "the whole decision and its memory, as callers and rules grow",
    "rules": "the rules alone, beside plain Python closures",
    "state": "what numbers did lately: time and memory as callers grow",
    "messages": "the cascade over messages, beside scikit-learn",
    "cold-start": "from the start of Python to the first verdict, kernels compiled before and not",
}


def _names() -> list[str]:
    return [name for name in _ABOUT if find_spec(_module(name)) is not None]


def _module(name: str) -> str:
    return f"stopline.bench.{name.replace('-', '_')}"


@click.command("bench", short_help="Measure speed and memory on this machine, beside baselines.")
@click.argument("name", required=False, type=click.Choice(_names()))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a benchmark, for machines.")
@click.option("--callers", default=10_000_000, type=click.IntRange(1_000, 100_000_000), show_default=True,
              help="How many different numbers call.")  # fmt: skip
@click.option("--rules", default=100, type=click.IntRange(1, 1_000), show_default=True, help="How many rules decide.")
@click.option("--listed", default=100_000_000, type=click.IntRange(0, 500_000_000), show_default=True,
              help="How many numbers the block list holds.")  # fmt: skip
@click.option("--batch", default=512, type=click.IntRange(1, 65_536), show_default=True, help="Calls decided at once.")
@click.option("--quick", is_flag=True, help="A tenth of everything, for a first look; such figures are not comparable.")
@click.option("--data", "folder", type=click.Path(path_type=Path, file_okay=False),
              help="Where logs are written while measuring; a temporary folder by default.")  # fmt: skip
def bench(
    name: str | None,
    callers: int,
    rules: int,
    listed: int,
    batch: int,
    folder: Path | None,
    *,
    as_json: bool,
    quick: bool,
) -> None:
    """Measure the engine on this machine.

    NAME is one of calls, growth, rules, state, messages, cold-start; without it all run, one after the other. Figures
    are CPU time of the process, medians of five runs; a ratio says how many times the figure is better than a baseline
    that ran in the same process. `calls` needs about 4 GB of memory at its defaults and `growth` about 12; both fill
    their tables first, which takes minutes.

    \b
    stopline bench calls                     the whole decision, with its baselines
    stopline bench calls --callers 50000000  at another size
    stopline bench growth                    1 to 50 million callers, 10 to 1,000 rules
    stopline bench state --json              for machines
    stopline bench --quick                   all of it at a tenth of the size
    """  # noqa: D301 - click takes the letter itself, not its name, for a paragraph left as it is
    from stopline.bench.measure import Ask  # help loads nothing it does not need

    ask = Ask(callers=callers, rules=rules, listed=listed, batch=batch, quick=quick)
    if quick:
        ask = replace(ask, callers=max(1_000, callers // 10), listed=listed // 10)
    with tempfile.TemporaryDirectory(prefix="stopline-bench-", dir=folder) as place:
        for chosen in [name] if name else _names():
            report = _run(chosen, replace(ask, folder=Path(place)))
            click.echo(msgspec.json.encode(report).decode() if as_json else "\n".join(_lines(report)))


def _run(name: str, ask: Ask) -> Report:
    found: Report = import_module(_module(name)).run(ask)
    return found


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.name}: {_ABOUT[report.name]}"
    width = max((len(figure.name) for figure in report.figures), default=0)
    for figure in report.figures:
        yield f"  {figure.name:<{width}}  {_figure(figure)}"
    for line in (*report.notes, *report.machine):
        yield f"  # {line}"


def _figure(figure: Figure) -> str:
    shown = f"{figure.value:,.3f}" if abs(figure.value) < 100 else f"{figure.value:,.0f}"
    ratio = f"   {figure.ratio:,.1f}x {figure.against}" if figure.ratio is not None else ""
    return f"{shown:>12} {figure.unit}{ratio}"
