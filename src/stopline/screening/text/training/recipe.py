"""The recipe of the text model: rows in, a model file's bytes out; equal rows and seed, equal bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.alphabet import alphabet
from stopline.screening.text.fold import fold_all
from stopline.screening.text.model import MessageModel, dump, script_of, squared
from stopline.screening.text.ngrams import enumerate_grams
from stopline.screening.text.scoring import window_of
from stopline.screening.text.training import labels
from stopline.screening.text.training.attacks import DISGUISES
from stopline.screening.text.training.calibration import calibrate
from stopline.screening.text.training.fitting import Fitted, Grams, fit
from stopline.screening.text.training.measures import Row, measure
from stopline.screening.text.training.templates import examples
from stopline.screening.text.vocabulary import Kind

EPOCHS: Final = 10
RATE: Final = 0.3
DECAY: Final = 0.08
EXAMPLES_PER_LINE: Final = 30
EXAMPLE_IMPORTANCE: Final = 0.4
IMPORTANCE: Final[dict[str, float]] = {
    "zh_bdci": 0.5, "zh_telegram": 0.7, "zh_personal": 0.7, "en_supersms": 0.6,
}  # fmt: skip
UNSURE: Final = 0.5
"""How much a row counts that says only "unwanted"."""
LARGEST_ROOT: Final = 127


DATES: Final[dict[str, str]] = {
    "zh_fake_base_station": "undated, about 2016-2018 by content",
    "zh_bdci": "undated, about 2015 by content",
    "zh_mudou": "2013-2014",
    "zh_telegram": "undated, about 2022-2023 by content",
    "zh_personal": "undated, about 2011-2013 by content",
    "en_mishra": "undated, about 2004-2020 by content",
    "en_supersms": "undated, about 2015-2023 by content",
}
LIMITS: Final = (
    "new wording of a known scheme is often missed; see the figures of sets left out",
    "a request for money in a private voice passes",
    "modern notices and frauds are known from our own example texts only",
    "calibrated as if one message in four were fraud, bounded by false positives per slice",
    "Chinese and English only",
)


class Sample(NamedTuple):
    """Texts to fit on, with their allowed lanes, importance and cluster."""

    texts: list[str]
    allowed: NDArray[np.uint8]
    importance: NDArray[np.float64]
    clusters: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model file's content and its card."""

    content: bytes
    card: dict[str, Any]


def train(rows: Sequence[Row], *, seed: int = 1, leave_out: str | None = None) -> Trained:
    """Fit, calibrate and judge a model.

    A twelfth of the train clusters is kept for calibration; the valid rows only judge. With
    `leave_out` a whole set takes no part and alone is judged.
    """
    mine = [row for row in rows if row.source != leave_out and row.split == "train"]
    fitting = [row for row in mine if not _for_development(row)]
    development = [row for row in mine if _for_development(row)]
    sample = _sample(fitting, seed)
    fitted = fit(
        _grams(sample.texts), sample.allowed, sample.importance, sample.clusters,
        epochs=EPOCHS, rate=RATE, decay=DECAY, seed=seed,
    )  # fmt: skip
    roots, unit = _quantised(fitted)
    draft = MessageModel(
        weights=squared(roots), bias=fitted.bias, unit=unit, calibration=np.zeros((2, 3)), card={},
        version="draft",
    )  # fmt: skip
    calibration = _calibration(draft, development, seed)
    judged = [row for row in rows if (row.source == leave_out if leave_out else row.split == "valid")]
    card = _card(rows, fitting, seed, leave_out)
    content = dump(roots=roots, bias=fitted.bias, unit=unit, calibration=calibration, card=card)
    model = MessageModel.load(content)
    measured = [one.as_dict() for one in measure(model, judged)]
    return Trained(content=content, card={**card, "version": model.version, "measured": measured})


def _for_development(row: Row) -> bool:
    return (row.cluster * 2_654_435_761 >> 7) % 12 == 0


def _sample(rows: Sequence[Row], seed: int) -> Sample:
    """Rows with lanes, disguised and padded copies of some frauds, and our own example texts."""
    generator = np.random.default_rng(seed)
    folded = fold_all([row.text for row in rows])
    names = sorted({row.source for row in rows})
    keys = np.array([names.index(row.source) * 10**9 + row.cluster for row in rows])
    sizes = np.unique(keys, return_inverse=True, return_counts=True)
    size_of = sizes[2][sizes[1]]
    friendly = [row.text for row in rows if row.label == 0 and len(row.text) >= 8]
    parts: list[tuple[str, int, float, int]] = []
    for number, row in enumerate(rows):
        lanes = labels.allowed_lanes(row.source, row.label, row.fine, folded.text(number))
        if lanes == labels.UNUSED:
            continue
        weight = IMPORTANCE.get(row.source, 1.0) / float(np.sqrt(size_of[number]))
        weight *= UNSURE if lanes == labels.UNWANTED else 1.0
        parts.append((row.text, lanes, weight, int(keys[number])))
        parts.extend(
            (text, lanes, weight * 0.5, int(keys[number])) for text in _copies(row.text, lanes, friendly, generator)
        )
    for example in examples(EXAMPLES_PER_LINE, generator):
        lanes = 1 << example.lane
        parts.append((example.text, lanes, EXAMPLE_IMPORTANCE, 10**12 + example.line))
    return Sample(
        texts=[part[0] for part in parts],
        allowed=np.array([part[1] for part in parts], dtype=np.uint8),
        importance=np.array([part[2] for part in parts], dtype=np.float64),
        clusters=np.array([part[3] for part in parts], dtype=np.int64),
    )


def _copies(text: str, lanes: int, friendly: Sequence[str], generator: np.random.Generator) -> list[str]:
    """A disguised or padded copy of some rows, so that disguise is known but never decides alone.

    The padding is honest messages of the sets, which also stand in the sample by themselves:
    they cannot become a mark of fraud.
    """
    draw = generator.random()
    only_fraud = lanes & labels.LAWFUL == 0
    if draw < (0.10 if only_fraud else 0.01):
        return [DISGUISES[int(generator.integers(len(DISGUISES)))](text, generator)]
    if only_fraud and draw < 0.16 and friendly:
        padding = friendly[int(generator.integers(len(friendly)))]
        return [text + padding if draw < 0.13 else padding + text]
    return []


def _grams(texts: Sequence[str]) -> Grams:
    folded = fold_all(texts)
    places, bounds = enumerate_grams(folded.chars, folded.starts, folded.meters, alphabet().readings)
    return Grams(
        places=places,
        bounds=bounds,
        windows=np.array([window_of(meters) for meters in folded.meters], dtype=np.int64),
        slots=folded.starts + np.arange(len(folded.starts), dtype=np.int64),
    )


def _quantised(fitted: Fitted) -> tuple[NDArray[np.int8], float]:
    """Signed square roots of the weights, in one byte each, and the unit of their squares."""
    top = float(np.abs(fitted.weights).max())
    unit = top / LARGEST_ROOT**2 if top > 0 else 1.0
    roots = np.sign(fitted.weights) * np.sqrt(np.abs(fitted.weights) / unit)
    return np.round(roots).astype(np.int8), unit


def _calibration(draft: MessageModel, rows: Sequence[Row], seed: int) -> NDArray[np.float64]:
    """Calibrate each script on development rows whose kind is certain, padded copies included."""
    generator = np.random.default_rng(seed + 1)
    friendly = [row.text for row in rows if row.label == 0 and len(row.text) >= 8] or [""]
    folded = fold_all([row.text for row in rows])
    texts: list[str] = []
    facts: list[tuple[bool, float, str]] = []
    for number, row in enumerate(rows):
        kind = labels.truth(row.source, row.label, row.fine, folded.text(number))
        if kind is None:
            continue
        texts.append(row.text)
        facts.append((kind is Kind.FRAUD, 1.0, row.source))
        if kind is Kind.FRAUD and row.source != "zh_telegram":
            texts.append(row.text + friendly[int(generator.integers(len(friendly)))])
            facts.append((True, 0.3, row.source))
    development = fold_all(texts)
    parts = draft.parts_of(development)
    scripts = script_of(development.meters)
    fraud = np.array([fact[0] for fact in facts])
    weight = np.array([fact[1] for fact in facts])
    groups = np.array([fact[2] for fact in facts])
    return np.stack(
        [
            calibrate(parts[scripts == s], fraud[scripts == s], weight[scripts == s],
                      groups[scripts == s])
            for s in (0, 1)
        ]
    )  # fmt: skip


def _card(rows: Sequence[Row], fitting: Sequence[Row], seed: int, leave_out: str | None) -> dict[str, Any]:
    names = sorted({row.source for row in rows})
    return {
        "name": "stopline message text model",
        "sets": {
            name: {
                "dates": DATES.get(name, "unknown"),
                "fitted": sum(row.source == name for row in fitting),
                "valid": sum(row.source == name and row.split == "valid" for row in rows),
            }
            for name in names
        },
        "left_out": leave_out,
        "own_example_lines": len({example.line for example in examples(1, np.random.default_rng(0))}),
        "seed": seed,
        "epochs": EPOCHS,
        "limits": list(LIMITS),
        "holds": "hashed weights only; no row, no text, no list of fragments",
    }
