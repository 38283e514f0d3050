"""A profile model: a forest, the calibration that makes its margin a probability, and its card; a safe file."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.errors import ReleaseInvalid
from stopline.screening.profiles.forest import NODES, Forest

Floats = NDArray[np.float64]

FORMAT: Final = 1
REASONS: Final = 3
_KINDS: Final = {"roots": "i4", "feature": "i4", "threshold": "f8", "left": "i4", "right": "i4", "value": "f8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileModel:
    """Scores rows of `features` columns; `slope` and `shift` turn a margin into a calibrated probability."""

    features: tuple[str, ...]
    forest: Forest
    slope: float
    shift: float
    card: dict[str, Any]

    def scores(self, rows: Floats) -> Floats:
        """Return a probability 0..1 for each row (rows x features, NaN = missing), decided at .5."""
        return self._probabilities(self.forest.margins(rows))

    def explained(self, rows: Floats) -> tuple[Floats, list[str]]:
        """Return the scores and up to three reasons each: the features that moved the score most, with their value.

        `+` says that the value raised the score and `-` that it lowered it; a missing value shows as `missing`.
        """
        margins, parts = self.forest.contributions(rows)
        best = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :REASONS]
        reasons = [
            "; ".join(self._reason(rows[row], parts[row], int(column)) for column in columns if parts[row, column])
            for row, columns in enumerate(best)
        ]
        return self._probabilities(margins), reasons

    def content(self) -> bytes:
        """Return the bytes of a model file: arrays and a JSON card, nothing that is run when it is loaded."""
        kept = {
            "format": np.array(FORMAT),
            "features": np.array(self.features, dtype=np.str_),
            "calibration": np.array([self.slope, self.shift]),
            "card": np.frombuffer(json.dumps(self.card, ensure_ascii=False).encode(), dtype=np.uint8),
        }
        out = io.BytesIO()
        np.savez_compressed(out, allow_pickle=False, **kept, **self.forest.arrays())
        return out.getvalue()

    @classmethod
    def load(cls, content: bytes, *, name: str) -> Self:
        """Return the model of a file's bytes; raises ReleaseInvalid when it is not one, whole and sound."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as found:
                arrays = {key: found[key] for key in ("format", "features", "calibration", "card", "roots", *NODES)}
            card = json.loads(arrays["card"].tobytes())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as cause:
            raise ReleaseInvalid(release=name, why="not a profile model") from cause
        fault = _fault(arrays, card)
        if fault is not None:
            raise ReleaseInvalid(release=name, why=fault)
        features = tuple(str(feature) for feature in arrays["features"])
        forest = Forest(
            **{
                key: np.ascontiguousarray(arrays[key], dtype=np.uint8 if key == "missing_left" else _KINDS[key])
                for key in ("roots", *NODES)
            }
        )
        why = forest.fault(len(features))
        if why is not None:
            raise ReleaseInvalid(release=name, why=why)
        slope, shift = arrays["calibration"].tolist()
        return cls(features=features, forest=forest, slope=slope, shift=shift, card=card)

    def _probabilities(self, margins: Floats) -> Floats:
        return 1.0 / (1.0 + np.exp(-np.clip(self.slope * margins + self.shift, -500, 500)))

    def _reason(self, row: Floats, parts: Floats, column: int) -> str:
        value = "missing" if np.isnan(row[column]) else f"{row[column]:.4g}"
        return f"{self.features[column]}={value} {'+' if parts[column] > 0 else '-'}"


def _fault(arrays: dict[str, NDArray[Any]], card: object) -> str | None:
    if arrays["format"].shape != () or arrays["format"] != FORMAT:
        return "of a format that this version does not know"
    if not isinstance(card, dict):
        return "its card is no JSON object"
    if arrays["features"].dtype.kind != "U" or arrays["features"].ndim != 1:
        return "its features have no names"
    calibration = arrays["calibration"]
    if calibration.shape != (2,) or not np.isfinite(calibration).all() or calibration[0] <= 0:
        return "its calibration does not rise"
    if any(arrays[key].ndim != 1 or arrays[key].dtype.kind not in "iuf" for key in ("roots", *NODES)):
        return "its trees are no rows of numbers"
    return None
