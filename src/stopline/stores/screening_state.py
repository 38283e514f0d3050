"""The live state of screening: opened with the shipped text model, kept in a snapshot file between runs."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from stopline.kernel.errors import StoreFull
from stopline.screening.desk import Live
from stopline.screening.engine import Engine
from stopline.screening.velocity import Velocity
from stopline.stores.model_files import shipped_message_model


def open_live(folder: Path, *, random_bytes: Callable[[int], bytes], capacity: int = 1 << 19) -> Live:
    """Return the live state, from the snapshot in `folder` where there is one that fits."""
    salt = int.from_bytes(random_bytes(8), "big")
    engine = Engine(capacity=capacity, salt=salt)
    for name, velocity in _parts(engine):
        _restore(folder / f"{name}.npz", velocity)
    return Live(engine=engine, model=shipped_message_model())


def save_live(live: Live, folder: Path) -> None:
    """Write the snapshot, each file whole or not at all; raises StoreFull when the disk is full."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, velocity in _parts(live.engine):
        data = io.BytesIO()
        np.savez(data, **velocity.arrays())  # type: ignore[arg-type]  # the stub takes the arrays for its flags
        part = folder / f"{name}.part"
        try:
            part.write_bytes(data.getvalue())
            part.rename(folder / f"{name}.npz")
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StoreFull(where=part, why=str(error.strerror), remedy="free space") from error


def _parts(engine: Engine) -> tuple[tuple[str, Velocity], ...]:
    return (("calls", engine.calls), ("messages", engine.messages))


def _restore(path: Path, velocity: Velocity) -> None:
    """Take a snapshot over; one that cannot be read or does not fit is left aside, and the engine starts fresh."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            velocity.restore({name: kept[name] for name in kept.files})
    except (OSError, ValueError, KeyError):
        return
