"""Judge the recipe of the text model on a folder of message sets: five folds, slices, attacks, intervals, in Markdown.

    python tools/messages_quality.py FOLDER

The sets are not part of the repository. Takes about three minutes on one core.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stopline.screening.text.training.quality import quality, table
from stopline.stores.message_sets import read_message_sets


def main() -> None:
    """Print the table; progress goes to the error stream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the Parquet files of the sets are")
    parser.add_argument("--folds", type=int, default=5, help="into how many parts the clusters are cut")
    parser.add_argument("--seed", type=int, default=1, help="of the fits and of the intervals")
    asked = parser.parse_args()
    rows = read_message_sets(asked.folder)
    measured = quality(
        rows,
        folds=asked.folds,
        seed=asked.seed,
        progress=lambda done, of: print(f"fold {done} of {of}", file=sys.stderr),
    )
    print(table(measured), end="")


if __name__ == "__main__":
    main()
