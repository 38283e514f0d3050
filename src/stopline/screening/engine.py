"""The engine: live state of both channels, one micro-batch in, features and answers out; no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.phone import read_number
from stopline.screening.campaigns.live import Campaigns, Grown
from stopline.screening.columns import MISSING, CallBatch, MessageBatch, abroad_of
from stopline.screening.identity.columns import Written, identity_columns
from stopline.screening.lists import VICTIMS, ListAnswers, NumberLists
from stopline.screening.moved import Inputs, Moved, What
from stopline.screening.numbers import (
    HASHED,
    HOME,
    KINDS,
    SHIFT,
    WITHHELD,
    Codes,
    Keys,
    NumberCodes,
    kinds,
    text_keys,
)
from stopline.screening.records import FeatureValue
from stopline.screening.release import Decisions, LoadedRelease
from stopline.screening.rules.features import Channel, Column, Table, catalogue, one_of
from stopline.screening.state import FEATURES, Velocity
from stopline.screening.text.fold import fold_all
from stopline.screening.text.model import MessageScores
from stopline.screening.text.template import template_keys
from stopline.screening.text.vocabulary import CODES, Kind

KIND_NAMES: Final = np.array([kind.value for kind in KINDS])
_ROAMING: Final = np.array([kind.value == "mobile" for kind in KINDS])
_E164: Final = np.array([kind.value not in ("short_code", "sender_name", "withheld") for kind in KINDS])
_REMEMBERED: Final = 10_000  # numbers: what is blocked once is blocked again
_OFFSET_US: Final = 8 * 3_600_000_000  # China has one time zone


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch with its features and the answer of the release that decides; the journal and the doors read it."""

    channel: Channel
    rows: NDArray[np.int64]
    at_us: NDArray[np.int64]
    codes: Codes  # of the calling number or the sender
    numbers: list[str | None]
    table: Table
    decisions: Decisions
    release: LoadedRelease | None
    texts: list[str]
    templates: NDArray[np.int64]
    devices: list[str | None] = field(default_factory=list)
    scores: MessageScores | None = None
    grown: Grown | None = None  # the campaigns of messages
    muted: Mapping[int, frozenset[str]] = field(default_factory=dict)
    trial: Decisions | None = None  # of a release in shadow or percentage
    trial_release: LoadedRelease | None = None
    by_trial: NDArray[np.bool_] | None = None  # rows on which the trial decides; none of them in shadow

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def verdict(self) -> NDArray[np.int8]:
        """The verdict of every row, by the release that decides it."""
        return self._chosen("verdict")

    @property
    def score(self) -> NDArray[np.float64]:
        """The score of every row, by the release that decides it."""
        return self._chosen("score")

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """Which rows no rule could decide."""
        return self._chosen("undecided")

    def answer(self, row: int) -> tuple[LoadedRelease | None, Decisions]:
        """Return the release that decided a row, and its decisions."""
        if self.by_trial is not None and self.by_trial[row] and self.trial is not None:
            return self.trial_release, self.trial
        return self.release, self.decisions

    def _chosen(self, name: str) -> NDArray[Any]:
        full: NDArray[Any] = getattr(self.decisions, name)
        if self.by_trial is None or self.trial is None:
            return full
        return np.where(self.by_trial, getattr(self.trial, name), full)

    def features(self, rows: NDArray[np.int64]) -> list[dict[str, FeatureValue]]:
        """Return the features of some rows as plain values, as explanations keep them."""
        columns = []
        for column in self.table.values():
            values: list[FeatureValue] = column.values[rows].tolist()
            known = column.known[rows]
            if not known.all():
                values = [value if sure else None for value, sure in zip(values, known.tolist(), strict=True)]
            columns.append(values)
        names = tuple(self.table)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


class Engine:
    """State of calls and messages, the lists, and the way from a batch to its features."""

    def __init__(self, *, capacity: int = 1 << 19, salt: int = 0x5DEECE66D, country: str = "CN") -> None:
        """Reserve room for `capacity` numbers a channel; `salt` keeps the sketches from being read back."""
        self.codes = NumberCodes(country)
        self.keys = Keys()
        self.lists = NumberLists(self.codes)
        self.calls = Velocity(capacity=capacity, salt=salt)
        self.messages = Velocity(capacity=max(1 << 12, capacity >> 2), salt=salt, opening=False)
        self.campaigns = Campaigns(capacity=max(1 << 10, capacity >> 3), salt=salt)
        self.inputs: Inputs | None = None  # where what moves the counters is kept
        self.moves = 0  # how many batches have changed the state: a snapshot is due when it grew
        self._abroad = abroad_of(country)
        self._normalised: dict[str, str] = {}

    def normalised(self, raw: str) -> str:
        """Return a number as the engine names it, so that lists and reports meet the calls they are about."""
        known = self._normalised.get(raw)
        if known is None:
            if len(self._normalised) >= _REMEMBERED:
                self._normalised.clear()
            known = read_number(raw, country=self.codes.country).normalised or raw.strip()
            self._normalised[raw] = known
        return known

    def call_features(self, batch: CallBatch) -> tuple[Table, Codes]:
        """Move the state over a batch of calls; returns the features of every row and the calling numbers' codes."""
        count = len(batch)
        calling, called = self.codes.codes(batch.calling, count), self.codes.codes(batch.called, count)
        device, cell = text_keys(batch.device, count), self.keys.keys(batch.cell, count)
        names, victim = text_keys(batch.call_id, count), self.lists.on(VICTIMS, called, batch.at_us)
        keys = (calling, called, device, cell, names)
        moved = Moved(What.CALLS, keys, (batch.at_us, batch.answered_us, batch.ended_us, victim))
        velocity = _by_feature(self._move(moved))
        table = _shared(self.lists.answers(calling, batch.at_us), batch.at_us)
        for place, name in enumerate(FEATURES):
            table[name] = velocity[place]
        self._signalling(table, batch, calling, called)
        return table, calling

    def call_outcomes(self, batch: CallBatch) -> None:
        """Take the ends of earlier attempts into account; they are not kept."""
        count = len(batch)
        calling, called = self.codes.codes(batch.calling, count), self.codes.codes(batch.called, count)
        keys = (calling, called, text_keys(batch.call_id, count))
        self._move(Moved(What.ENDS, keys, (batch.at_us, batch.answered_us, batch.ended_us)))

    def call_stops(self, batch: CallBatch, rows: NDArray[np.int64]) -> None:
        """Count the attempts that were stopped at the numbers they called."""
        if len(rows):
            called = self.codes.codes([batch.called[row] for row in rows.tolist()], len(rows))
            self._move(Moved(What.STOPS, (called,), (batch.at_us[rows],)))

    def replay(self, moved: Moved) -> None:
        """Move the counters by what was kept of an earlier batch."""
        inputs, self.inputs = self.inputs, None
        self._move(moved)
        self.inputs = inputs

    def _move(self, moved: Moved) -> NDArray[np.float64]:
        """Move the counters over a batch and keep it; returns the features of calls and messages, a row each."""
        features = np.zeros((0, len(FEATURES)))
        match moved.what:
            case What.CALLS:
                calling, called, device, cell, call = moved.keys
                at_us, answered_us, ended_us, victim, *stopped = moved.plain
                features = self.calls.advance(
                    at_us, calling, called=called, device=device, cell=cell, answered_us=answered_us, ended_us=ended_us,
                    call=call, victim=victim,
                )  # fmt: skip
                for rows in map(np.flatnonzero, stopped):
                    self.calls.stopped(called[rows], at_us[rows])
            case What.ENDS:
                (calling, called, call), (at_us, answered_us, ended_us) = moved.keys, moved.plain
                self.calls.outcomes(
                    at_us, calling, called=called, answered_us=answered_us, ended_us=ended_us, call=call
                )
            case What.STOPS:
                (called,), (at_us,) = moved.keys, moved.plain
                self.calls.stopped(called, at_us)
            case What.MESSAGES:
                (sender, recipient, template), (at_us,) = moved.keys, moved.plain
                none, nowhere = np.full(len(at_us), MISSING, dtype=np.int64), np.zeros(len(at_us), dtype=np.int64)
                features = self.messages.advance(
                    at_us, sender, called=recipient, device=template, cell=nowhere, answered_us=none, ended_us=none
                )
        self.moves += 1
        if self.inputs is not None:
            self.inputs.take(moved)
        return features

    def message_features(self, batch: MessageBatch, scores: MessageScores | None) -> MessageFeatures:
        """Move the state over a batch of messages and put what the text model said beside it."""
        count = len(batch)
        at_us = np.where(batch.at_us == MISSING, _latest(batch.at_us), batch.at_us)
        sender, recipient = self.codes.codes(batch.sender, count), self.codes.codes(batch.recipient, count)
        folded = scores.folded if scores is not None else fold_all(batch.text)
        templates = template_keys(folded)
        velocity = _by_feature(self._move(Moved(What.MESSAGES, (sender, recipient, templates), (at_us,))))
        table = _shared(self.lists.answers(sender, at_us), at_us)
        for name, of in _MESSAGE_VELOCITY.items():
            table[name] = velocity[FEATURES.index(of)]
        table["sender"] = _number_column(sender, batch.sender)
        table["sender_kind"] = one_of(KIND_NAMES, kinds(sender), sender != WITHHELD)
        _text_columns(table, count, scores)
        written = Written(texts=batch.text, folded=folded, sender=sender, raw_sender=batch.sender, at_us=at_us)
        table |= identity_columns(written, self.lists.senders)
        grown = self.campaigns.grow(folded, at_us, _given(sender), _given(recipient))
        _campaign_columns(table, grown, at_us)
        return MessageFeatures(table, sender, templates, grown)

    def _signalling(self, table: dict[str, Column], batch: CallBatch, calling: Codes, called: Codes) -> None:
        count = len(batch)
        everything = np.ones(count, dtype=np.bool_)
        displayed = self.codes.codes(batch.displayed, count)
        shown = displayed != WITHHELD
        abroad = self._abroad(batch.trunk, batch.origin_network)
        from_abroad, known = abroad == 1, abroad >= 0
        desk = _desk(calling) | (_desk(displayed) & shown)
        table["calling"] = _number_column(calling, batch.calling)
        table["calling_kind"] = one_of(KIND_NAMES, kinds(calling), everything)
        table["called_kind"] = one_of(KIND_NAMES, kinds(called), everything)
        table["displayed_kind"] = one_of(KIND_NAMES, kinds(displayed), shown)
        table["from_abroad"] = Column(from_abroad, known)
        table["spoofed"] = Column(from_abroad & desk, known)
        table["display_differs"] = Column(displayed != calling, shown)
        table["attestation"] = _attestations(batch.identity)


@dataclass(frozen=True, slots=True)
class MessageFeatures:
    """Features of messages, the senders' codes, the keys of the templates and the campaigns."""

    table: Table
    sender: Codes
    templates: NDArray[np.int64]
    grown: Grown


class Idle:
    """No release is in force: nothing can be decided, and the fail policy answers."""

    @staticmethod
    def decisions(count: int) -> Decisions:
        """Return rows that were not decided; without a signed release nothing may be stopped."""
        return Decisions(
            verdict=np.zeros(count, dtype=np.int8),
            score=np.zeros(count, dtype=np.float64),
            base=np.zeros(count, dtype=np.float64),
            hits=np.zeros((count, 0), dtype=np.bool_),
            undecided=np.ones(count, dtype=np.bool_),
            undecided_rules=np.zeros(0, dtype=np.int64),
        )


def table_from(features: dict[str, FeatureValue], channel: Channel) -> Table:
    """Return one row of columns from kept features, so that an explanation decides on what was decided on."""
    table = {}
    for feature in catalogue(channel).values():
        value = features.get(feature.name)
        known = np.array([value is not None])
        match feature.type.value:
            case "number":
                values = np.array([np.nan if value is None else value], dtype=np.float64)
                table[feature.name] = Column(values, known)
            case "text":
                table[feature.name] = Column(np.array(["" if value is None else str(value)], dtype=np.str_), known)
            case _:
                table[feature.name] = Column(np.array([bool(value)], dtype=np.bool_), known)
    return table


_MESSAGE_VELOCITY: Final = {
    "sends_1m": "calls_1m",
    "sends_1h": "calls_1h",
    "sends_1d": "calls_1d",
    "sends_today": "calls_today",
    "recipients_today": "callees_today",
    "recipient_ratio": "callee_ratio",
    "template_1h": "device_calls_1h",
    "template_senders": "device_numbers",
    "age_h": "age_h",
    "idle_h": "idle_h",
}


def _shared(answers: ListAnswers, at_us: NDArray[np.int64]) -> dict[str, Column]:
    everything = np.ones(len(at_us), dtype=np.bool_)
    hour = ((at_us + _OFFSET_US) // 3_600_000_000 % 24).astype(np.float64)
    return {
        "listed_block": Column(answers.block, everything),
        "listed_watch": Column(answers.watch, everything),
        "listed_exempt": Column(answers.exempt, everything),
        "reports_count": Column(answers.reports_count, everything),
        "reports_age_h": _known(answers.reports_age_h),
        "block_reports_count": Column(answers.block_reports_count, everything),
        "hour": Column(hour, everything),
    }


_ATTESTATIONS: Final = np.array(["A", "B", "C", "none"])
_NO_ATTESTATION: Final = 3


def _attestations(identity: list[str | None]) -> Column:
    """Return what the carrier says of the right to the number (ATIS-1000074): a letter it has verified, or none.

    A token that nobody has verified says nothing, and where no row has one the column was not given.
    """
    letters = {"A": 0, "B": 1, "C": 2, "none": _NO_ATTESTATION, "": _NO_ATTESTATION}
    places = np.fromiter((letters.get((text or "").strip(), -1) for text in identity), np.int64, len(identity))
    given = any(text is not None for text in identity)
    return one_of(_ATTESTATIONS, np.maximum(places, 0), (places >= 0) & given)


def _known(values: NDArray[np.float64]) -> Column:
    return Column(values, ~np.isnan(values))


def _by_feature(features: NDArray[np.float64]) -> list[Column]:
    """Return the features of rows as columns that lie in one piece each."""
    values = np.ascontiguousarray(features.T)
    return list(map(Column, values, ~np.isnan(values)))


def _number_column(codes: Codes, raw: list[str | None]) -> Column:
    """Return numbers as rules compare them: E.164 with a plus sign, or as they were seen."""
    values = np.array(["" if text is None else text[:40] for text in raw], dtype=np.str_)
    rewritten = (codes & HASHED == 0) & _E164[kinds(codes)] & ~np.strings.startswith(values, "+")
    for row in np.flatnonzero(rewritten & (values != "")).tolist():
        text = f"+{int(codes[row]) >> SHIFT}"
        if len(text) > values.dtype.itemsize // 4:
            values = values.astype(f"U{len(text)}")
        values[row] = text
    return Column(values, codes != WITHHELD)


def _desk(codes: Codes) -> NDArray[np.bool_]:
    """Return which numbers are national and stand on a desk: a mobile can roam, a desk cannot."""
    desk: NDArray[np.bool_] = (codes & HOME != 0) & ~_ROAMING[kinds(codes)]
    return desk


def _latest(at_us: NDArray[np.int64]) -> int:
    given = at_us[at_us != MISSING]
    return int(given.max()) if len(given) else 0


def _given(codes: Codes) -> NDArray[np.int64]:
    """Return the codes of numbers that were given, 0 for the others."""
    return np.where(codes == WITHHELD, 0, codes)


def _campaign_columns(table: dict[str, Column], grown: Grown, at_us: NDArray[np.int64]) -> None:
    everything = np.ones(len(at_us), dtype=np.bool_)
    age_h = np.where(grown.ids != 0, np.maximum(at_us - grown.first_us, 0) / 3_600_000_000, 0.0)
    table["campaign_size"] = Column(grown.size.astype(np.float64), everything)
    table["campaign_senders"] = Column(grown.senders.astype(np.float64), everything)
    table["campaign_age_h"] = Column(age_h, everything)


_KINDS_OF_TEXT: Final = np.array([kind.name.lower() for kind in Kind])
_TYPOLOGIES: Final = np.array([typology.value for typology in CODES])


def _text_columns(table: dict[str, Column], count: int, scores: MessageScores | None) -> None:
    if scores is None:
        unknown = np.zeros(count, dtype=np.bool_)
        table["kind"] = table["typology"] = Column(np.full(count, "", dtype=np.str_), unknown)
        table["text_score"] = Column(np.full(count, np.nan), unknown)
        return
    everything = np.ones(count, dtype=np.bool_)
    table["kind"] = one_of(_KINDS_OF_TEXT, scores.kind.astype(np.int64), everything)
    table["typology"] = one_of(_TYPOLOGIES, scores.typology.astype(np.int64), scores.typology > 0)
    table["text_score"] = Column(np.round(scores.score, 9), everything)
