"""A release as it decides: loaded whole or not at all, and its answer to a table of features."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from stopline.kernel.errors import ReleaseInvalid
from stopline.screening.records import FailPolicy, Reason, Release, Settings, VerdictKind
from stopline.screening.rules.features import Channel, Table
from stopline.screening.rules.matrix import Layout, matrix_of
from stopline.screening.rules.pack import Pack, Rule, Severity, load_pack
from stopline.screening.rules.program import Program, program_of
from stopline.screening.rules.tree import Outcome
from stopline.screening.scores import CONDUCT, base_scores, combined_scores

VERDICTS: Final = tuple(VerdictKind)
_LEVEL: Final = {Severity.FLAG: 1, Severity.HOLD: 2, Severity.BLOCK: 3}


@dataclass(frozen=True, slots=True)
class Decisions:
    """The answer of one release to one table: a verdict, a score and the rules that spoke, a row each."""

    verdict: NDArray[np.int8]  # index into VERDICTS
    score: NDArray[np.float64]
    base: NDArray[np.float64]
    hits: NDArray[np.bool_]  # row x rule
    undecided: NDArray[np.bool_]  # no rule at all could be decided: the fail policy answered
    undecided_rules: NDArray[np.int64]  # per rule, rows on which it stayed undecided
    overflow_rules: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Per rule, rows on which a number in it overflowed: undecided as well, but counted apart."""


@dataclass(frozen=True, slots=True)
class LoadedRelease:
    """A signed release in memory."""

    id: str
    digest: str
    pack: Pack
    settings: Settings
    model_digest: str
    programs: dict[Channel, Program] = field(init=False, repr=False, compare=False)
    """The rules of each channel for the machine, made when the release is loaded: whole, or the load fails."""

    def __post_init__(self) -> None:
        made = {channel: _program(self.pack.of(channel), channel) for channel in Channel}
        object.__setattr__(self, "programs", made)

    def program(self, channel: Channel) -> Program:
        """Return the rules of a channel for the machine, in the order of `pack.of(channel)`."""
        return self.programs[channel]

    def decide(
        self, channel: Channel, table: Table, *, muted: Mapping[int, frozenset[str]], judged: bool = True
    ) -> Decisions:
        """Answer every row: the strongest rule that hit decides; `muted` names rules that may not stop a row.

        `judged=False` says that what the channel rests on (the text model) was not there: where no rule hits,
        the row is undecided, whatever the other rules would say.
        """
        rules, program = self.pack.of(channel), self.programs[channel]
        answers = program.answers(matrix_of(table, Layout.of(channel), program.columns))
        hits = np.ascontiguousarray((answers == Outcome.HIT).T)
        unsure = np.count_nonzero(answers == Outcome.UNDECIDED, axis=1)
        overflowed = np.count_nonzero(answers == Outcome.OVERFLOW, axis=1)
        settled = answers[program.judging] & (Outcome.HIT | Outcome.NOT)
        decided = np.logical_or.reduce(settled != 0, axis=0)
        for row, names in muted.items():
            for place, rule in enumerate(rules):
                if rule.id in names:
                    hits[row, place] = False
        base = _message_base(table) if channel is Channel.MESSAGE else _call_base(table)
        undecided = ~decided if judged else np.ones_like(decided)
        return self._combine(channel, rules, hits, base, undecided=undecided, unsure=(unsure, overflowed))

    def reasons(self, channel: Channel, row_hits: NDArray[np.bool_]) -> tuple[Rule, ...]:
        """Return the rules that hit a row, strongest first."""
        rules = self.pack.of(channel)
        found = [rules[place] for place in np.flatnonzero(row_hits).tolist()]
        return tuple(sorted(found, key=lambda rule: (-_LEVEL[rule.severity], -rule.precision, rule.id)))

    def parts(self, channel: Channel, row_hits: NDArray[np.bool_], base: float) -> dict[str, float]:
        """Return what a row's score is made of."""
        return {"base": base, **{rule.id: rule.precision for rule in self.reasons(channel, row_hits)}}

    def _combine(
        self,
        channel: Channel,
        rules: tuple[Rule, ...],
        hits: NDArray[np.bool_],
        base: NDArray[np.float64],
        *,
        undecided: NDArray[np.bool_],
        unsure: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> Decisions:
        levels = np.array([_LEVEL[rule.severity] for rule in rules], dtype=np.int8)
        verdict = (hits * levels).max(axis=1, initial=0).astype(np.int8)
        score = combine(base, hits, np.array([rule.precision for rule in rules], dtype=np.float64), verdict)
        undecided = undecided & (verdict == 0)
        policy = self.settings.fail_calls if channel is Channel.CALL else self.settings.fail_messages
        match policy:
            case FailPolicy.OPEN:
                pass
            case FailPolicy.CLOSED:
                verdict[undecided] = 2
                score[undecided] = 0.5
        return Decisions(verdict, score, base, hits, undecided, *unsure)


def _program(rules: tuple[Rule, ...], channel: Channel) -> Program:
    return program_of(
        [rule.condition.tree for rule in rules],
        Layout.of(channel),
        columns=[rule.condition.columns for rule in rules],
        given=_GIVEN,
    )


# Always known, so they cannot show that a row was judged at all.
_GIVEN: Final = frozenset(
    {"listed_block", "listed_watch", "listed_exempt", "reports_count", "hour", "names_brand", "own_notice"}
)


def combine(
    base: NDArray[np.float64], hits: NDArray[np.bool_], precisions: NDArray[np.float64], verdict: NDArray[np.int8]
) -> NDArray[np.float64]:
    """Return scores: one minus the product of what each part leaves open, kept within the verdict's bounds."""
    score = np.empty(len(base), dtype=np.float64)
    combined_scores(base, np.ascontiguousarray(hits), precisions, verdict, score)
    return score


def content_digest(pack: str, model_digest: str, settings: Settings) -> str:
    """Return the SHA-256 under which a release is signed."""
    whole = {"model": model_digest, "pack": pack, "settings": settings}
    return hashlib.sha256(msgspec.json.encode(whole, order="sorted")).hexdigest()


def load_release(release: Release, *, model_digest: str, entries: Collection[str] | None = None) -> LoadedRelease:
    """Load a release whole; raises ReleaseInvalid when its content, its model or a rule is not what was signed."""
    if release.signed_by is None:
        raise ReleaseInvalid(release=release.id, why="it lacks the second signature")
    return load_draft(release, model_digest=model_digest, entries=entries)


def load_draft(release: Release, *, model_digest: str, entries: Collection[str] | None = None) -> LoadedRelease:
    """Load a release that nobody may have signed yet, to try it on files; raises ReleaseInvalid."""
    if content_digest(release.pack, release.model_digest, release.settings) != release.digest:
        raise ReleaseInvalid(release=release.id, why="its content does not match its digest")
    if release.model_digest != model_digest:
        raise ReleaseInvalid(release=release.id, why=f"it names the text model {release.model_digest[:12] or 'none'}, "
                             f"here is {model_digest[:12] or 'none'}")  # fmt: skip
    known = None if entries is None else tuple(entries)
    return _loaded(release.id, release.title, release.digest, release.pack, release.settings, model_digest, known)


@lru_cache(maxsize=8)  # what is signed, staged and rolled back within a day, so that neither act reads it again
def _loaded(  # noqa: PLR0913, PLR0917 - the key is all that a release holds
    id_: str, title: str, digest: str, text: str, settings: Settings, model_digest: str, entries: tuple[str, ...] | None
) -> LoadedRelease:
    return LoadedRelease(id_, digest, load_pack(text, source=title, entries=entries), settings, model_digest)


def reasons_of(rules: tuple[Rule, ...]) -> tuple[Reason, ...]:
    """Return what the person concerned is told of the rules that spoke."""
    return tuple(Reason(rule=rule.id, zh=rule.reason["zh"], en=rule.reason["en"], entry=rule.entry) for rule in rules)


def _call_base(table: Table) -> NDArray[np.float64]:
    conduct = np.array([_number(table, name, np.nan) for name in CONDUCT])
    base = np.empty(conduct.shape[1], dtype=np.float64)
    base_scores(conduct, base)
    return base


def _message_base(table: Table) -> NDArray[np.float64]:
    return _number(table, "text_score", 0.0)


def _number(table: Table, name: str, unknown: float) -> NDArray[np.float64]:
    column = table[name]
    found: NDArray[np.float64] = np.where(column.known, column.values.astype(np.float64), unknown)
    return found
