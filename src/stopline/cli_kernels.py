"""The screening kernels made ready before they are needed: loaded, or compiled by every core at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:  # loads the compiler, which the help does not need
    from stopline.screening.text.compiled import Kernel

_HERE: Final = "stopline.screening"
FOR_CALLS: Final = (
    f"{_HERE}.state.kernel:advance_batch",  # the largest: it is at work in this process while another does the rest
    f"{_HERE}.listed.look_up:ask_lists_of",
    f"{_HERE}.listed.look_up:ask_one_list_of",
    f"{_HERE}.numbers:_mobiles",
    f"{_HERE}.rules.machine:answer_rows",
    f"{_HERE}.rules.matrix:_front",
    f"{_HERE}.scores:base_scores",
    f"{_HERE}.scores:combined_scores",
    f"{_HERE}.state.kernel:stop_batch",
)
"""What the doors need to judge calls; a test holds it against a call that is judged."""

_PATIENCE_S: Final = 3.0  # what takes longer is told
_GLANCE_S: Final = 0.02
_HANDS: Final = 4  # processes at most; the largest kernel takes a third of the work
_COMPILING: Final = "compiling the {count} screening kernels for this machine, once: about half a minute"
_HELP: Final = (
    "import sys; from stopline.screening.text.compiled import kernel_named; "
    "[kernel_named(name).make_ready() for name in sys.argv[1:]]"
)


def make_kernels_ready(names: Iterable[str] = ()) -> None:
    """Load kernels, all of the engine's if none is named, or compile them; says so when it takes a while."""
    import stopline.screening.engine  # noqa: F401 - its import names the kernels
    from stopline.screening.text.compiled import kernel_named, kernels

    named = [kernel_named(name) for name in names] or [*kernels()]
    wanted = [kernel for kernel in named if not kernel.is_ready]
    waiting = deque(wanted)
    # In a thread of its own, because an interrupt that arrives inside the compiler is lost there.
    worker = threading.Thread(target=_make, args=(waiting,), name="kernels", daemon=True)
    worker.start()
    helpers: list[subprocess.Popen[bytes]] = []
    try:
        _wait(worker, wanted, waiting, helpers)
    finally:
        for helper in helpers:
            helper.kill()
            helper.wait()
    for kernel in wanted:
        kernel.make_ready()  # loads what the helpers made; raises here what went wrong there


def _make(waiting: deque[Kernel]) -> None:
    with suppress(IndexError):  # none is left
        while True:
            waiting.popleft().make_ready()


def _wait(
    worker: threading.Thread, wanted: list[Kernel], waiting: deque[Kernel], helpers: list[subprocess.Popen[bytes]]
) -> None:
    """Wait until all is done; what turns out to be compiled and not loaded is shared out, and told when it is long."""
    shared, told, patient_until = False, False, monotonic() + _PATIENCE_S
    while worker.is_alive() or any(helper.poll() is None for helper in helpers):
        at_work = next((kernel for kernel in wanted if kernel.is_compiling), None)
        if at_work is not None and not shared:
            helpers += _helpers(waiting, at_work=at_work.weight)
            shared = True
        if shared and not told and monotonic() > patient_until:
            click.echo(_COMPILING.format(count=len(wanted)), err=True)
            told = True
        sleep(_GLANCE_S)


def _helpers(waiting: deque[Kernel], *, at_work: int) -> list[subprocess.Popen[bytes]]:
    """Give what waits to processes of their own, since in each the compiler works on one kernel at a time.

    They leave it on the disk for us to load; what they cannot do, we do ourselves.
    """
    left: list[Kernel] = []
    with suppress(IndexError):
        while True:
            left.append(waiting.popleft())
    ours, *others = shares([kernel.weight for kernel in left], min(os.cpu_count() or 1, _HANDS), at_work=at_work)
    waiting.extend(left[place] for place in ours)
    none = subprocess.DEVNULL
    return [
        subprocess.Popen(
            [sys.executable, "-c", _HELP, *(left[place].name for place in share)], stdin=none, stdout=none, stderr=none
        )
        for share in others
        if share
    ]


def shares(weights: Sequence[int], hands: int, *, at_work: int) -> list[list[int]]:
    """Share work out, the heaviest piece first, each to whoever has least; returns places in `weights`.

    The first hand is at work already.
    """
    found: list[list[int]] = [[] for _hand in range(hands)]
    loads = [at_work, *([0] * (hands - 1))]
    for place in sorted(range(len(weights)), key=lambda place: -weights[place]):
        hand = loads.index(min(loads))
        found[hand].append(place)
        loads[hand] += weights[place]
    return found
