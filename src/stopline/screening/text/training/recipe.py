"""The recipe of the text model: rows in, a model file's bytes out; equal rows and seed, equal bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stopline.screening.text.alphabet import alphabet
from stopline.screening.text.fold import Folded, fold_all
from stopline.screening.text.model import MessageModel, dump, script_of
from stopline.screening.text.ngrams import enumerate_grams
from stopline.screening.text.scoring import C_MARGIN, C_WHOLE, SIZES, window_of
from stopline.screening.text.training import labels
from stopline.screening.text.training.attacks import DISGUISES, homophones
from stopline.screening.text.training.calibration import calibrate
from stopline.screening.text.training.fitting import Fitted, Grams, fit
from stopline.screening.text.training.measures import Row, measure
from stopline.screening.text.training.templates import examples
from stopline.screening.text.vocabulary import Kind

EPOCHS: Final = 10
FOLDS: Final = 4
RATE: Final = 0.3
DECAY: Final = 0.08
EXAMPLES_PER_LINE: Final = 30
EXAMPLE_IMPORTANCE: Final = 0.4
IMPORTANCE: Final[dict[str, float]] = {
    "zh_bdci": 0.5, "zh_telegram": 0.7, "zh_personal": 0.7, "en_supersms": 0.6,
}  # fmt: skip
DISGUISED, SOUNDS, PADDED = 0.10, 0.30, 0.25
"""Of how many frauds a copy is added with odd characters, with characters that sound alike, in friendly text."""
DISGUISED_OF_HONEST, SOUNDS_OF_HONEST = 0.01, 0.03
"""And of other rows, so that a disguise never decides alone."""
UNSURE: Final = 0.5
"""How much a row counts that says only "unwanted"."""
LARGEST_WEIGHT: Final = 127
"""In units."""
_FAVOUR: Final = 1e6
"""More than any margin."""


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

    The train clusters are cut into folds: what a model fitted on the others says of each is what the calibration
    is set by, and the model itself is fitted on all of them. The valid rows only judge. With `leave_out` a whole
    set takes no part and alone is judged.
    """
    mine = [row for row in rows if row.source != leave_out and row.split == "train"]
    seen = []
    for fold in range(FOLDS):
        draft = fit_rows([row for row in mine if _fold(row) != fold], seed)
        seen.append(judge_rows(draft, [row for row in mine if _fold(row) == fold], seed))
    calibration = calibration_of(seen)
    final = fit_rows(mine, seed)
    judged = [row for row in rows if (row.source == leave_out if leave_out else row.split == "valid")]
    card = _card(rows, mine, seed, leave_out)
    content = dump(weights=final.weights, bias=final.bias, unit=final.unit, calibration=calibration, card=card)
    model = MessageModel.load(content)
    measured = [one.as_dict() for one in measure(model, judged)]
    return Trained(content=content, card={**card, "version": model.version, "measured": measured})


class Draft(NamedTuple):
    """A model before it is calibrated."""

    weights: NDArray[np.int8]
    bias: NDArray[np.float64]
    unit: float


class Judged(NamedTuple):
    """What a draft says of rows that it was not fitted on, and what they are."""

    margins: NDArray[np.float64]
    """Of the whole, and by size of the worst window; that of the whole where a message is no wider."""
    scripts: NDArray[np.int64]
    fraud: NDArray[np.bool_]
    weight: NDArray[np.float64]
    groups: NDArray[np.str_]


def _fold(row: Row) -> int:
    return (row.cluster * 2_654_435_761 >> 7) % FOLDS


def fit_rows(rows: Sequence[Row], seed: int) -> Draft:
    """Fit the lanes on rows."""
    sample = _sample(rows, seed)
    fitted = fit(
        _grams(sample.texts), sample.allowed, sample.importance, sample.clusters,
        epochs=EPOCHS, rate=RATE, decay=DECAY, seed=seed,
    )  # fmt: skip
    weights, unit = _quantised(fitted)
    return Draft(weights, fitted.bias, unit)


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
    if draw < (DISGUISED if only_fraud else DISGUISED_OF_HONEST):
        return [DISGUISES[int(generator.integers(len(DISGUISES)))](text, generator)]
    if draw < (DISGUISED + SOUNDS if only_fraud else DISGUISED_OF_HONEST + SOUNDS_OF_HONEST):
        return [homophones(text, generator)]
    if only_fraud and draw < DISGUISED + SOUNDS + PADDED and friendly:
        before, after = (friendly[int(at)] for at in generator.integers(len(friendly), size=2))
        where = int(generator.integers(3))
        return [text + after if where == 0 else before + text if where == 1 else before + text + after]
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
    """Return the weights in whole units of one byte, and the unit; the largest decide most and are never cut."""
    top = float(np.abs(fitted.weights).max())
    unit = top / LARGEST_WEIGHT if top > 0 else 1.0
    return np.round(fitted.weights / unit).astype(np.int8), unit


def judge_rows(draft: Draft, rows: Sequence[Row], seed: int) -> Judged:
    """Judge rows whose kind is certain, padded copies of frauds included."""
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
        facts.append(
            (kind is Kind.FRAUD, 1.0, "notices" if labels.is_notice(row.source, kind, row.text) else row.source)
        )
        if kind is Kind.FRAUD and row.source != "zh_telegram":
            texts.append(row.text + friendly[int(generator.integers(len(friendly)))])
            facts.append((True, 0.3, row.source))
    model = MessageModel(
        weights=draft.weights, bias=draft.bias, unit=draft.unit, calibration=np.zeros((2, 2 + SIZES)),
        card={}, version="draft",
    )  # fmt: skip
    development = fold_all(texts)
    return Judged(
        margins=_margins(model, development),
        scripts=script_of(development.meters),
        fraud=np.array([fact[0] for fact in facts]),
        weight=np.array([fact[1] for fact in facts]),
        groups=np.array([fact[2] for fact in facts]),
    )


def calibration_of(seen: Sequence[Judged]) -> NDArray[np.float64]:
    """Calibrate each script on what the drafts said."""
    margins, scripts, fraud, weight, groups = (np.concatenate(column) for column in zip(*seen, strict=True))
    found = []
    for script in (0, 1):
        mine = scripts == script
        if not 0 < fraud[mine].sum() < mine.sum():
            mine = np.ones(len(scripts), dtype=np.bool_)  # nothing to tell apart in this script: judge it as the others
        found.append(calibrate(margins[mine], fraud[mine], weight[mine], groups[mine]))
    return np.stack(found)


def _margins(model: MessageModel, folded: Folded) -> NDArray[np.float64]:
    """Ask for each size alone: what is favoured beyond all else decides wherever a message is wide enough."""
    whole = model.parts_of(folded, np.full((2, SIZES), np.inf))[:, C_WHOLE]
    columns = [whole]
    for size in range(SIZES):
        favour = np.full((2, SIZES), np.inf)
        favour[:, size] = -_FAVOUR
        margin = model.parts_of(folded, favour)[:, C_MARGIN]
        columns.append(np.where(margin > _FAVOUR / 2, margin - _FAVOUR, whole))
    return np.column_stack(columns)


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
