"""The site's own files, read once: each has its digest in its URL, so that a browser may keep it for good."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Statics:
    """Files by their path under static/: content, media type, digest."""

    files: Mapping[str, tuple[bytes, str, str]]

    def href(self, name: str) -> str:
        """Return the URL of a file with its digest."""
        return f"/static/{name}?v={self.files[name][2]}"


def read_statics() -> Statics:
    """Read every file under static/."""
    found: dict[str, tuple[bytes, str, str]] = {}
    _read(resources.files("stopline.console") / "static", "", found)
    return Statics(found)


def _read(folder: Traversable, prefix: str, found: dict[str, tuple[bytes, str, str]]) -> None:
    for item in folder.iterdir():
        if item.is_dir():
            _read(item, f"{prefix}{item.name}/", found)
            continue
        data = item.read_bytes()
        kind = _TYPES.get(item.name.rsplit(".", 1)[-1], "text/plain; charset=utf-8")
        found[prefix + item.name] = (data, kind, hashlib.sha256(data).hexdigest()[:12])
