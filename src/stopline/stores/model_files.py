"""Model files on disk: the shipped text model, and reading one."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from stopline.kernel.errors import BadFile
from stopline.screening.text.model import MessageModel

SHIPPED = "messages.npz"


def shipped_message_model() -> MessageModel:
    """Load the text model that comes with the program."""
    folder = resources.files("stopline.screening") / "models"
    return MessageModel.load((folder / SHIPPED).read_bytes())


def read_message_model(path: Path) -> MessageModel:
    """Load a text model from a file; raises BadFile."""
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise BadFile(path=path, why=str(cause.strerror), remedy="name a model file") from cause
    return MessageModel.load(content)
