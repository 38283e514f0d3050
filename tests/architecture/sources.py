"""The tree as these tests read it: what is tracked, parsed once."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "stopline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file: its path from the root of the tree, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    def at(self, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
        return f"{self.path}:{node.lineno}"

    @property
    def part(self) -> str:
        """The first folder or module below src/stopline: "law", "app", ..."""
        words = Path(self.path).with_suffix("").parts
        return words[2] if words[:2] == ("src", "stopline") else ""


@cache
def package() -> tuple[Source, ...]:
    """Every Python file of the package."""
    return _parsed(PACKAGE)


@cache
def suite() -> tuple[Source, ...]:
    """Every Python file of the tests."""
    return _parsed(ROOT / "tests")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that would be in a clone of this tree; all files where there is no git."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode != 0:
        return tuple(sorted(_without_git()))
    names = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(path for path in names if path.is_file())


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file, nested ones too."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def dotted(node: ast.expr) -> str:
    """Write `a.b.c` for an expression that is such a chain of names, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (front := dotted(node.value)):
        return f"{front}.{node.attr}"
    return ""


def _parsed(folder: Path) -> tuple[Source, ...]:
    found = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        relative = path.relative_to(ROOT).as_posix()
        found.append(Source(path=relative, text=text, tree=ast.parse(text, relative)))
    return tuple(found)


def _without_git() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            yield path
