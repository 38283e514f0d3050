"""Training and measuring a text model on the message sets of a folder; a centre that runs needs none of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from stopline.screening.text.model import MessageModel
from stopline.screening.text.training.measures import measure
from stopline.screening.text.training.recipe import train
from stopline.stores.message_sets import read_message_sets


def train_message_model(data: Path, out: Path, *, seed: int = 1, leave_out: str | None = None) -> dict[str, Any]:
    """Train on the sets of a folder, write the model and beside it its card; return the card."""
    trained = train(read_message_sets(data), seed=seed, leave_out=leave_out)
    out.write_bytes(trained.content)
    card = json.dumps(trained.card, ensure_ascii=False, indent=1, sort_keys=True)
    out.with_suffix(".json").write_text(card + "\n", encoding="utf-8")
    return trained.card


def measure_message_model(data: Path, model: MessageModel) -> list[dict[str, object]]:
    """Judge a model on the valid rows of the sets of a folder."""
    rows = [row for row in read_message_sets(data) if row.split == "valid"]
    return [one.as_dict() for one in measure(model, rows)]


def _main(arguments: list[str]) -> None:
    data, out, *rest = arguments
    card = train_message_model(Path(data), Path(out), leave_out=rest[0] if rest else None)
    sys.stdout.write(json.dumps(card, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1:])
