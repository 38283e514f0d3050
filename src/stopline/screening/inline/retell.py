"""From the matrix and the words of the inline path back to columns and verdicts as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.clock import instant
from stopline.kernel.errors import ReleaseInvalid
from stopline.screening.inline.record import Frame, Word
from stopline.screening.numbers import HASHED, KINDS, SHIFT, WITHHELD
from stopline.screening.records import FeatureValue, Verdict
from stopline.screening.release import VERDICTS, LoadedRelease, reasons_of
from stopline.screening.rules.features import Channel, Column, Table, Type, catalogue, one_of

F64 = NDArray[np.float64]
_BARE: Final = frozenset(place for place, kind in enumerate(KINDS) if kind.value == "short_code")


def table_of_rows(names: Sequence[str], matrix: F64, texts: Mapping[str, NDArray[np.str_]], channel: Channel) -> Table:
    """Return the columns of a matrix whose rows are the features named; `texts` has those that are open texts."""
    features = catalogue(channel)
    table: dict[str, Column] = {}
    for name, row in zip(names, matrix, strict=False):
        feature, known = features[name], ~np.isnan(row)
        if feature.type is Type.NUMBER:
            table[name] = Column(row, known)
        elif feature.type is Type.BOOLEAN:
            table[name] = Column(row == 1.0, known)
        elif feature.values:
            places = np.where(known, row, 0.0).astype(np.int64)
            table[name] = one_of(np.array(feature.values), places, known)
        else:
            table[name] = Column(texts[name], texts[name] != "")
    return table


def number_text(code: int, raw: str) -> str:
    """Return a number as rules and records name it: E.164 with a plus sign, a short code bare, else as it was seen."""
    if code == WITHHELD:
        return ""
    if code & HASHED:
        return raw[:40]
    return f"{'' if code & 7 in _BARE else '+'}{code >> SHIFT}"


def verdicts_of(frame: Frame, release_of: Callable[[str], LoadedRelease], at: datetime) -> list[Verdict]:
    """Return what the ledger keeps of a frame; raises ReleaseInvalid when its release decides otherwise today.

    `release_of` gives a release by its id; `at` is when the ledger takes the frame over, which starts no term anew.
    """
    if not len(frame.records):
        return []
    origin, release = frame.origin, release_of(frame.origin.release_id)
    codes = frame.records[:, Word.CODE].astype(np.int64).tolist()
    raws = [raw.tobytes().rstrip(b"\0").decode("utf-8", "replace") for raw in frame.records[:, Word.TEXT : Word.DEVICE]]
    numbers = [number_text(code, raw) for code, raw in zip(codes, raws, strict=True)]
    texts = {"calling": np.array(numbers, dtype=np.str_)}
    table = table_of_rows(origin.features, np.ascontiguousarray(frame.features.T), texts, origin.channel)
    again, hits = release.decide(origin.channel, table, muted={}), frame.hits()
    if bool((hits & ~again.hits).any()):
        raise ReleaseInvalid(release=release.id, why="a logged verdict cannot be reproduced with its rules")
    references = frame.references()
    rules = release.pack.of(origin.channel)
    found = []
    for row, words in enumerate(frame.records):
        spoke = release.reasons(origin.channel, hits[row])
        began = instant(int(words[Word.AT_US].astype(np.int64)))
        base = float(words[Word.BASE : Word.BASE + 1].view(np.float64)[0])
        muted = tuple(rules[place].id for place in np.flatnonzero(again.hits[row] & ~hits[row]).tolist())
        found.append(
            Verdict(
                id=references[row],
                channel=origin.channel.value,
                at=began,
                verdict=VERDICTS[int(words[Word.STATE]) & 0xFF],
                score=float(words[Word.SCORE : Word.SCORE + 1].view(np.float64)[0]),
                rules=tuple(rule.id for rule in spoke),
                reasons=reasons_of(spoke),
                typology=spoke[0].typology if spoke else "",
                number=numbers[row],
                carrier=origin.carrier,
                release_id=release.id,
                release_digest=release.digest,
                features=_values(table, row),
                parts=release.parts(origin.channel, hits[row], base),
                expires_at=min(began, at) + timedelta(days=release.settings.term_days),
                muted=tuple(sorted(muted)),
            )
        )
    return found


def _values(table: Table, row: int) -> dict[str, FeatureValue]:
    return {name: column.values[row].item() if column.known[row] else None for name, column in table.items()}
