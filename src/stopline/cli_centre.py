"""The verbs that run a whole centre: `demo` with a simulated country, `serve` without."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stopline.cli_kernels import make_kernels_ready
from stopline.kernel.clock import SetClock, SystemClock
from stopline.kernel.errors import HostUnknown, PortForbidden, PortTaken
from stopline.settings import PARTS, Settings, load_settings

if TYPE_CHECKING:
    from fastapi import FastAPI

_SCREEN_COLUMNS = 100
_TICK_S = 5.0
_SWITCH_S = 0.0005  # a request crosses threads: at the default 5 ms each crossing may wait that long


@click.command()
@click.option("--seed", default=1, show_default=True, help="Another seed is another country and another day.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8000,
    show_default=True,
    help="Console and public site on 127.0.0.1; 0 takes any free one.",
)
@click.option(
    "--speed", default=0.0, show_default=True, help="Simulated seconds per real second; 0 = as fast as it goes."
)
@click.option("--once", is_flag=True, help="End after the scoreboard instead of staying open for a look around.")
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(PARTS),
    help="Leave a part of the mission out, to see what it is worth.",
)
@click.option("--subscribers", default=200_000, show_default=True, help="How many people live in the country.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Keep the day here; by default it goes when the demo ends."
)
@click.option(
    "--scoreboard", type=click.Path(path_type=Path), help="Write the scoreboard here too: .csv, .jsonl or .parquet."
)
def demo(
    seed: int,
    port: int,
    speed: float,
    once: bool,
    without: tuple[str, ...],
    subscribers: int,
    data: Path | None,
    scoreboard: Path | None,
) -> None:
    """A centre on an embedded store, with a simulated country living one day in it.

    \b
    stopline demo                       watch the day in the browser at http://127.0.0.1:8000
    stopline demo --once --seed 2       another country, and only its scoreboard
    stopline demo --once --without funds   the same day with nobody stopping money
    """  # noqa: D301 - click reads the b mark as "keep these lines"
    settings = load_settings(None, os.environ)
    with _folder(data) as folder, _board(scoreboard) as board:
        settings = claim_port(replace(settings, folder=folder, port=port, database=""))
        click.echo("Stopline is opening a centre: a few seconds", err=True)
        from stopline.app import build, web_of
        from stopline.demo import START, VISITORS, Day, found_organisation, hints_of

        clock = SetClock(START)
        centre = build(
            settings,
            clock=clock,
            without=frozenset(without),
            power_safe=data is not None,
            sketch_salt=random.Random(seed).randbytes,  # noqa: S311 - one seed, one day
        )
        try:
            credentials = found_organisation(centre, seed=seed)
            wall = SystemClock()  # visitors and their telephones keep our time, not the country's
            app = web_of(centre, hints=hints_of(credentials, wall), code_at=wall.now, terms=VISITORS)
            with serving(app, settings):
                url = f"http://{settings.host}:{settings.port}"
                click.echo(f"Stopline is open: {url} (staff) and {url}/public/ (everybody)")
                click.echo(f"A country of {subscribers:,} people lives the day of 10 March 2026, seed {seed}.")
                make_kernels_ready()
                day = Day(centre, clock, url, seed, subscribers, speed, credentials)
                rows = day.live(_Progress())
                centre.outbox.drain()
                click.echo(scoreboard_text(rows, without))
                board.extend(rows)
                if not once:
                    _stay(url)
        finally:
            centre.close()


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file of settings; see docs/settings.md.")
def serve(config: Path | None) -> None:
    """The same centre without the simulated country: real time, real doors."""
    settings = claim_port(load_settings(config, os.environ))
    click.echo("Stopline is opening its stores: a few seconds", err=True)
    from stopline.app import build, web_of

    centre = build(settings, clock=SystemClock())
    try:
        make_kernels_ready()  # a carrier's first call must not wait for it
        with serving(web_of(centre), settings):
            click.echo(f"Stopline is open on http://{settings.host}:{settings.port}, ledger in {settings.folder}")
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    centre.tick()
                    time.sleep(_TICK_S)
    finally:
        centre.close()


def claim_port(settings: Settings) -> Settings:
    """Return the settings with a port to listen on, any free one for 0; refuse early what cannot be listened on.

    Raises PortTaken, PortForbidden or HostUnknown.
    """
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no name of a host"
        raise HostUnknown(host=host, why=str(why).lower()) from None
    family, kind, protocol, _name, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            match error.errno:
                case errno.EACCES | errno.EPERM:
                    raise PortForbidden(port=port, host=host) from None
                case errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT:
                    raise HostUnknown(host=host, why=str(error.strerror).lower()) from None
                case _:
                    raise PortTaken(port=port, host=host) from None
        return replace(settings, port=int(probe.getsockname()[1]))


@contextlib.contextmanager
def serving(app: FastAPI, settings: Settings) -> Iterator[None]:
    """Serve the application in a thread while the block runs."""
    import uvicorn

    sys.setswitchinterval(_SWITCH_S)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,  # an open live page must not hold up the end
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    if not server.started:
        raise PortTaken(port=settings.port, host=settings.host)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


class _Progress:
    """One line that is rewritten on a terminal, and a line every tenth of the day elsewhere."""

    def __init__(self) -> None:
        self._tenths = -1
        self._live = sys.stderr.isatty()

    def __call__(self, said: Mapping[str, object]) -> None:
        share = float(str(said.get("share", 0) or 0))
        text = f"{str(said.get('at', ''))[11:16]}  {share:4.0%}  {said.get('line', '')}"
        if self._live:
            click.echo("\r" + text[:_SCREEN_COLUMNS].ljust(_SCREEN_COLUMNS), nl=share >= 1, err=True)
        elif int(share * 10) > self._tenths:
            self._tenths = int(share * 10)
            click.echo(text, err=True)


def scoreboard_text(rows: list[dict[str, object]], without: tuple[str, ...]) -> str:
    """Return the scoreboard as lines: what the centre did, measured by the country that knows the truth."""
    lines = ["", "Scoreboard against the country's own truth" + (f" (without {', '.join(without)})" if without else "")]
    lines += [
        f"  {row.get('name_en', row.get('part', ''))!s:<34} {row.get('text_en', row.get('value'))}" for row in rows
    ]
    return "\n".join(lines)


def _stay(url: str) -> None:
    click.echo(f"\nThe day is over; everything it left is at {url}. Ctrl-C ends.")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)


@contextlib.contextmanager
def _board(path: Path | None) -> Iterator[list[dict[str, object]]]:
    """Gather rows and write them at the end; a file that cannot be written is an error before the day begins."""
    rows: list[dict[str, object]] = []
    if path is None:
        yield rows
        return
    from stopline.stores.output import Writer

    with Writer(path) as out:
        yield rows
        names = ("part", "value", "unit", "better", "name_en", "name_zh", "text_en", "text_zh")
        out.write({name: [row.get(name) for row in rows] for name in names})


@contextlib.contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    if named is not None:
        yield named
        return
    made = Path(tempfile.mkdtemp(prefix="stopline-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
