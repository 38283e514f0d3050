"""Live the same days whole and with each part of the mission left out, and write docs/scoreboard.md's tables.

    python tools/scoreboards.py --seeds 1 2 3 --parts all --jobs 2 --subscribers 100000 --keep FOLDER

Each day is `stopline demo --once --scoreboard FILE` in a process of its own; a day whose file is in the folder
already is not lived again, so that a run that was stopped goes on. The tables are printed: nothing is written
into the docs by hand or by this tool without being read.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

PARTS = [
    *("calls", "messages", "funds", "dissuasion", "cases", "operations", "wanted"),
    *("borders", "organisers", "alliance", "appeals", "education", "bulletin"),
]


def main() -> None:
    """Read the arguments, live the days, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--parts", nargs="+", default=["all"], help="parts to leave out one at a time, all, or none")
    parser.add_argument("--subscribers", type=int, default=200_000)
    parser.add_argument("--jobs", type=int, default=1, help="days lived side by side")
    parser.add_argument("--keep", type=Path, required=True, help="folder for the days' files")
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    parts = {"all": PARTS, "none": []}.get(given.parts[0], given.parts)
    days = list(product(given.seeds, ["", *parts]))
    days.sort(key=lambda day: (day[1] != "", day))
    with ThreadPoolExecutor(given.jobs) as pool:
        took = list(pool.map(lambda day: live(day[0], day[1], given.subscribers, given.keep), days))
    boards = {day: read(file_of(day[0], day[1], given.keep)) for day in days}
    print("\n" + whole_days(given.seeds, boards))
    print("\n" + left_out(given.seeds, parts, boards))
    print(f"\n{len(days)} days, median {sorted(took)[len(took) // 2]:.0f} s each where they were lived now")


def live(seed: int, part: str, subscribers: int, keep: Path) -> float:
    """Live one day unless its file is there; returns the seconds it took."""
    path, began = file_of(seed, part, keep), time.monotonic()
    if path.exists():
        return 0.0
    command = [
        str(Path(sys.executable).with_name("stopline")),
        "demo",
        "--once",
        "--seed",
        str(seed),
        "--port",
        "0",
    ]
    command += ["--subscribers", str(subscribers), "--scoreboard", str(path)]
    command += ["--without", part] if part else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=3_600, check=False)
    took = time.monotonic() - began
    state = "done" if done.returncode == 0 else f"FAILED ({done.returncode}): {done.stderr[-400:]}"
    print(f"seed {seed} {'without ' + part if part else 'whole':<24} {took:5.0f} s  {state}", flush=True)
    return took


def file_of(seed: int, part: str, keep: Path) -> Path:
    """Return the file of one day's scoreboard."""
    return keep / f"{seed}-{part or 'whole'}.jsonl"


def read(path: Path) -> dict[str, dict[str, object]]:
    """Return a scoreboard by part; empty for a day that failed."""
    if not path.exists():
        return {}
    return {row["part"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def whole_days(seeds: list[int], boards: dict[tuple[int, str], dict[str, dict[str, object]]]) -> str:
    """Return the table of whole days: a line a part, a column a seed."""
    lines = ["| line | " + " | ".join(f"seed {seed}" for seed in seeds) + " |", "|---" * (len(seeds) + 1) + "|"]
    for part in PARTS:
        told = [str(boards[seed, ""].get(part, {}).get("text_en", "failed")) for seed in seeds]
        lines.append(f"| {part} | " + " | ".join(told) + " |")
    return "\n".join(lines)


def left_out(seeds: list[int], parts: list[str], boards: dict[tuple[int, str], dict[str, dict[str, object]]]) -> str:
    """Return the table of days without a part: its own line whole → without, and whether it is worse."""
    lines = ["| without | " + " | ".join(f"seed {seed}" for seed in seeds) + " |", "|---" * (len(seeds) + 1) + "|"]
    for part in parts:
        cells = [compared(boards[seed, ""].get(part, {}), boards[seed, part].get(part, {})) for seed in seeds]
        lines.append(f"| {part} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def compared(whole: dict[str, object], without: dict[str, object]) -> str:
    """Say how one line changed: `0.81 → 0 worse`."""
    before, after = number(whole.get("value")), number(without.get("value"))
    if before is None:
        return "no value on the whole day"
    if after is None:
        return f"{before:.3g} → none, worse"
    worse = after > before if whole.get("better") == "lower" else after < before
    return f"{before:.3g} → {after:.3g}, {'worse' if worse else 'NOT WORSE'}"


def number(value: object) -> float | None:
    """Return a value of the scoreboard; an empty one is None."""
    return float(value) if isinstance(value, int | float) else None


if __name__ == "__main__":
    main()
