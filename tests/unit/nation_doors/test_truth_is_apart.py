"""Whoever knocks at the centre's doors cannot know the truth: only the scoreboard may read it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

NATION = Path(__file__).resolve().parents[3] / "src" / "stopline" / "nation"
AT_THE_DOORS = (
    *("client", "routine", "officers", "officers_abroad", "stations"),
    *("carriers", "banks", "ports", "partners", "citizens", "day"),
)


@pytest.mark.parametrize("name", AT_THE_DOORS)
def test_module_does_not_import_or_touch_the_truth(name: str) -> None:
    tree = ast.parse((NATION / f"{name}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module != "stopline.nation.truth"
            assert not (node.module == "stopline.nation" and any(one.name == "truth" for one in node.names))
        if isinstance(node, ast.Import):
            assert all(one.name != "stopline.nation.truth" for one in node.names)
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"truth", "calls_truth", "messages_truth"}, f"{name}.py:{node.lineno}"


def test_scoreboard_does_read_it() -> None:
    assert "truth" in (NATION / "scoreboard.py").read_text(encoding="utf-8")
