"""The text model: from a model file's bytes to kind, score, typology and reasons."""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.errors import BadFile
from stopline.screening.text.alphabet import alphabet
from stopline.screening.text.explain import pushes_kernel, reasons_of, strongest_lane
from stopline.screening.text.fold import M_HAN, M_LATIN, Folded, fold_all
from stopline.screening.text.ngrams import TABLE_ROWS
from stopline.screening.text.scoring import (
    C_FIRST,
    C_LAST,
    C_MARGIN,
    COLUMNS,
    LANES,
    SIZES,
    packed_of,
    score_kernel,
)
from stopline.screening.text.vocabulary import CODES, Kind, Lane, Typology, typology_of

FORMAT: Final = 2
DECISION: Final = 0.5
_ARRAYS: Final = ("weights", "bias", "unit", "calibration", "card")
Han, Latin = 0, 1


@dataclass(frozen=True, eq=False)
class MessageScores:
    """One row a message: columns `kind`, `score`, `typology`, and the parts that explain them."""

    kind: NDArray[np.uint8]
    """Codes of `vocabulary.Kind`."""
    score: NDArray[np.float64]
    """Probability of fraud or illegal trade, 0 to 1."""
    parts: NDArray[np.float64]
    """Lane values, margins, window and fragment count, as `scoring` lays them out."""
    folded: Folded
    model: "MessageModel"

    def __len__(self) -> int:
        return len(self.kind)

    @cached_property
    def typology(self) -> NDArray[np.uint8]:
        """Codes of `vocabulary.CODES`; 0 for what is no fraud."""
        found = np.zeros(len(self.kind), dtype=np.uint8)
        for row in np.flatnonzero(self.kind == Kind.FRAUD):
            lane = Lane(strongest_lane(self.parts[row, :LANES]))
            found[row] = CODES.index(typology_of(self.folded.text(int(row)), lane))
        return found

    @cached_property
    def typologies(self) -> tuple[Typology, ...]:
        """The typology of every row by name."""
        return tuple(CODES[code] for code in self.typology)

    @cached_property
    def reasons(self) -> list[tuple[str, ...]]:
        """Reasons of every row; empty for a message that passes."""
        return [self.explain(row) if kind else () for row, kind in enumerate(self.kind)]

    def explain(self, row: int) -> tuple[str, ...]:
        """The reasons of one row, whatever its kind."""
        chars = self.folded.chars[self.folded.starts[row] : self.folded.starts[row + 1]].copy()
        first, last = self.parts[row, C_FIRST : C_LAST + 1].astype(np.int64).tolist()
        lane = strongest_lane(self.parts[row, :LANES])
        if self.kind[row] == Kind.COMMERCIAL:
            first, last, lane = 0, len(chars), int(Lane.COMMERCIAL)
        pushes = pushes_kernel(chars, first, last, alphabet().readings, self.model.weights, lane, self.model.unit)
        return reasons_of(self.folded.text(row), pushes, self.folded.meters[row])


@dataclass(frozen=True, eq=False)
class MessageModel:
    """A loaded text model; its version is the SHA-256 of its file."""

    weights: NDArray[np.int8]
    """Of every place in the table and every lane, in units."""
    bias: NDArray[np.float64]
    unit: float
    calibration: NDArray[np.float64]
    """For Han and Latin script a row: slope and offset of the margin, and the penalty of each size of window."""
    card: dict[str, Any]
    version: str

    @cached_property
    def packed(self) -> NDArray[np.uint64]:
        """The weights as the kernel wants them."""
        return packed_of(self.weights)

    @classmethod
    def load(cls, content: bytes) -> Self:
        """Read a model file; raises BadFile on anything that is not one of this format."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in _ARRAYS}
            card = json.loads(arrays["card"].tobytes())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as cause:
            raise _unusable(f"not a text model ({cause})") from cause
        weights = np.ascontiguousarray(arrays["weights"], dtype=np.int8)
        shapes = (weights.shape, arrays["bias"].shape, arrays["calibration"].shape)
        if shapes != ((TABLE_ROWS, LANES), (LANES,), (2, 2 + SIZES)):
            raise _unusable("the tables do not have the shape of this format")
        if card.get("format") != FORMAT:
            raise _unusable(f"format {card.get('format')!r}, this program reads {FORMAT}")
        numbers = np.concatenate([arrays["bias"], arrays["calibration"].ravel(), arrays["unit"]])
        if not np.isfinite(numbers).all():
            raise _unusable("a bias, unit or calibration is not finite")
        return cls(
            weights=weights,
            bias=np.ascontiguousarray(arrays["bias"], dtype=np.float64),
            unit=float(arrays["unit"][0]),
            calibration=np.ascontiguousarray(arrays["calibration"], dtype=np.float64),
            card=card,
            version=hashlib.sha256(content).hexdigest(),
        )

    def screen(self, texts: Sequence[str]) -> MessageScores:
        """Decide every message; row order is kept and rows do not influence each other."""
        folded = fold_all(texts)
        parts = self.parts_of(folded)
        score = self._calibrated(parts, folded.meters)
        kind = np.where(_is_commercial(parts), Kind.COMMERCIAL, Kind.PASS).astype(np.uint8)
        kind[score >= DECISION] = Kind.FRAUD
        return MessageScores(kind=kind, score=score, parts=parts, folded=folded, model=self)

    def parts_of(self, folded: Folded, penalties: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """The score parts of folded messages; training asks under other penalties of windows than the model's own."""
        parts = np.empty((len(folded.starts) - 1, COLUMNS), dtype=np.float64)
        own = np.ascontiguousarray(self.calibration[:, 2:]) if penalties is None else penalties
        score_kernel(
            folded.chars, folded.starts, folded.meters, alphabet().readings,
            self.packed, self.bias, self.unit, own, parts,
        )  # fmt: skip
        return parts

    def _calibrated(self, parts: NDArray[np.float64], meters: NDArray[np.int32]) -> NDArray[np.float64]:
        rows = self.calibration[script_of(meters)]
        exponent = np.clip(-(rows[:, 0] * parts[:, C_MARGIN] + rows[:, 1]), -700.0, 700.0)
        score = 1.0 / (1.0 + np.exp(exponent))
        return np.where(meters[:, 0] == 0, 0.0, score)  # nothing legible was written


def script_of(meters: NDArray[np.int32]) -> NDArray[np.int64]:
    """0 for messages in Han script, 1 for the others: each is calibrated by itself."""
    return np.where(3 * meters[:, M_HAN] >= meters[:, M_LATIN], Han, Latin).astype(np.int64)


def _is_commercial(parts: NDArray[np.float64]) -> NDArray[np.bool_]:
    wanted = np.logaddexp(parts[:, Lane.CHAT], parts[:, Lane.NOTICE])
    return parts[:, Lane.COMMERCIAL] > wanted


def dump(
    *,
    weights: NDArray[np.int8],
    bias: NDArray[np.float64],
    unit: float,
    calibration: NDArray[np.float64],
    card: dict[str, Any],
) -> bytes:
    """Write a model file; equal contents give equal bytes."""
    text = json.dumps({**card, "format": FORMAT}, ensure_ascii=False, sort_keys=True).encode()
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        weights=weights,
        bias=bias,
        unit=np.array([unit]),
        calibration=calibration,
        card=np.frombuffer(text, dtype=np.uint8),
    )
    return buffer.getvalue()


def _unusable(why: str) -> BadFile:
    return BadFile(path="text model", why=why, remedy="train one with stopline messages train")
