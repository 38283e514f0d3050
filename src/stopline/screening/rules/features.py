"""The catalogue of features that a rule may read: name, type, unit and meaning.

There is no feature for origin, ethnicity, nationality, religion, age, sex or a place of living, and
none from which one could be read; `from_abroad` tells how the signalling entered, not who calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray


class Channel(StrEnum):
    """What a rule is about."""

    CALL = "call"
    MESSAGE = "message"


class Type(StrEnum):
    """What a feature or a part of an expression is."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "yes/no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature; `nullable` says that it can be unknown, and then a rule that asks for it stays undecided."""

    name: str
    type: Type
    meaning: str
    nullable: bool = True
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one feature for many rows, and which of them are known.

    A text that is one of a few may say so: then `values` is `names[places]`, and both are quicker to work on.
    """

    values: NDArray[np.float64] | NDArray[np.bool_] | NDArray[np.str_]
    known: NDArray[np.bool_]
    names: NDArray[np.str_] | None = None
    places: NDArray[np.int64] | None = None


def one_of(names: NDArray[np.str_], places: NDArray[np.int64], known: NDArray[np.bool_]) -> Column:
    """Return a column of texts that are each one of `names`."""
    return Column(names[places], known, names, places)


Table = Mapping[str, Column]

_KINDS = ("mobile", "fixed", "service", "short_code", "sender_name", "foreign", "malformed", "withheld")


_ATTESTED = ("A", "B", "C", "none")


def _number(name: str, meaning: str, *, nullable: bool = True) -> Feature:
    return Feature(name=name, type=Type.NUMBER, meaning=meaning, nullable=nullable)


def _yes_no(name: str, meaning: str, *, nullable: bool = True) -> Feature:
    return Feature(name=name, type=Type.BOOLEAN, meaning=meaning, nullable=nullable)


def _text(name: str, meaning: str, *, nullable: bool = True, values: tuple[str, ...] = ()) -> Feature:
    return Feature(name=name, type=Type.TEXT, meaning=meaning, nullable=nullable, values=values)


_SHARED = (
    _yes_no("listed_block", "a signed list entry or a measure in force names the number", nullable=False),
    _yes_no("listed_watch", "a signed list entry asks to mark the number", nullable=False),
    _yes_no("listed_exempt", "a signed list entry names it a courier, call centre, hospital or bank", nullable=False),
    _number("reports_count", "reports that name the number and have not lapsed", nullable=False),
    _number("reports_age_h", "hours since the newest such report"),
    _number("block_reports_count", "other numbers of its block of a hundred that were reported", nullable=False),
    _number("hour", "hour of the local day, 0 to 23", nullable=False),
    _number("age_h", "hours since this engine first met the number"),
    _number("idle_h", "hours since it was last active"),
)

CALL: Final = (
    *_SHARED,
    _text("calling", "the calling number in E.164, or as it was seen"),
    _text("calling_kind", "kind of the calling number", nullable=False, values=_KINDS),
    _text("called_kind", "kind of the called number", nullable=False, values=_KINDS),
    _text("displayed_kind", "kind of the number shown to the called", values=_KINDS),
    _yes_no("from_abroad", "the signalling entered through an international trunk"),
    _yes_no("spoofed", "a national fixed, service or short number came in from abroad, called or shown"),
    _yes_no("display_differs", "the number shown is not the calling number"),
    _number("calls_1m", "calls made in about the last minute"),
    _number("calls_1h", "calls made in about the last hour"),
    _number("calls_1d", "calls made in about the last day"),
    _number("calls_today", "calls made since local midnight"),
    _number("callees_today", "different numbers called since local midnight (estimate)"),
    _number("callee_ratio", "callees_today divided by calls_today, 0 to 1"),
    _number("outgoing_ratio", "share of calls made among calls made and received in about a day"),
    _number("answered_ratio", "share of its finished calls that were answered; known from five on"),
    _number("answered_mean_s", "mean seconds of its answered calls"),
    _number("short_ring_ratio", "share of its finished calls given up unanswered within five seconds"),
    _number("sequence_run", "calls in a row to neighbouring numbers"),
    _number("device_numbers", "different numbers that called from this device today (estimate)"),
    _number("device_cells", "different cells in which this device was seen today (estimate)"),
    _number("device_calls_1h", "calls from this device in about the last hour"),
    _number("number_devices", "different devices this number called from today (estimate)"),
    _number("calls_in_progress", "calls under way, this one included; without an end a call ages out in four hours"),
    _number(
        "exact_calls_1m", "exact calls in this and the last five spans of ten seconds; known after a minute's watch"
    ),
    _number(
        "exact_calls_1h", "exact calls in this and the last five spans of ten minutes; known after an hour's watch"
    ),
    _number("exact_calls_1d", "exact calls in this and the last 23 spans of an hour; known after a day's watch"),
    _number("gap_mean_s", "mean seconds between its calls, pauses of an hour left out; known from four gaps on"),
    _number("gap_even", "how even these gaps are, 1 as a machine's, about .4 as by chance; known from four gaps on"),
    _number("office_ratio", "share of about a day's calls made from Monday to Friday, 9 to 18 o'clock"),
    _number("night_ratio", "share of about a day's calls made from 22 to 6 o'clock"),
    _number("callee_calls_1h", "calls that the called number got in about the last hour"),
    _number("callee_strangers_1d", "different numbers that called the called number since midnight (estimate)"),
    _number("callee_stopped_1d", "stopped attempts at the called number in about the last day"),
    _number(
        "called_victims", "different numbers named in cases as called by criminals, called since midnight (estimate)"
    ),
    _number("device_new_numbers_1h", "numbers new to this device today and yesterday, in about the last hour"),
    _number("shared_digits", "leading digits that calling and called have in common; known for numbers of one length"),
    _text(
        "attestation", "right to the number, verified by the carrier; unknown where nothing is said", values=_ATTESTED
    ),
)

MESSAGE: Final = (
    *_SHARED,
    _text("sender", "the sender's number in E.164, or its name"),
    _text("sender_kind", "kind of the sender", values=_KINDS),
    _text("kind", "what the text is", values=("pass", "commercial", "fraud")),
    _text("typology", "the trick that the text resembles"),
    _number("text_score", "probability that the text is fraud or illegal trade, 0 to 1"),
    _number("sends_1m", "messages sent in about the last minute"),
    _number("sends_1h", "messages sent in about the last hour"),
    _number("sends_1d", "messages sent in about the last day"),
    _number("sends_today", "messages sent since local midnight"),
    _number("recipients_today", "different recipients since local midnight (estimate)"),
    _number("recipient_ratio", "recipients_today divided by sends_today, 0 to 1"),
    _number("template_1h", "messages of the same template in about the last hour, from any sender"),
    _number("template_senders", "different senders of the same template today (estimate)"),
    _number(
        "campaign_size", "messages of its campaign so far: near-copies, up to edits; 0 for a short text", nullable=False
    ),
    _number("campaign_senders", "different senders of its campaign so far (estimate)", nullable=False),
    _number("campaign_age_h", "hours since the first message of its campaign", nullable=False),
    _yes_no(
        "names_brand", "the text names or is signed with a known brand, or its sender is called so", nullable=False
    ),
    _yes_no(
        "brand_own_sender",
        "the sender is registered for the brand that the text speaks as; known where a sender was given and anybody is",
    ),
    _yes_no("link_foreign_to_brand", "a link leads elsewhere than to a brand it names; known where it names one"),
    _yes_no(
        "own_template", "the text is a registered notice of its own sender; known where that sender has registered any"
    ),
    _yes_no(
        "own_notice",
        "an own sender of the brand writes, no link is foreign, and it is a registered notice or asks for no answer"
        " by messenger or at somebody's line",
        nullable=False,
    ),
)


def catalogue(channel: Channel) -> dict[str, Feature]:
    """Return the features of a channel by name."""
    match channel:
        case Channel.CALL:
            return {feature.name: feature for feature in CALL}
        case Channel.MESSAGE:
            return {feature.name: feature for feature in MESSAGE}


# A rule that names one of these is refused with the reason, not merely as an unknown name.
# fmt: off
FORBIDDEN_WORDS: Final = frozenset((
    "age", "ancestry", "birth", "birthplace", "caste", "citizenship", "city", "colour", "country", "county",
    "creed", "dialect", "domicile", "ethnic", "ethnicity", "faith", "female", "gender", "hometown", "hukou",
    "language", "male", "migrant", "minority", "nation", "national", "nationality", "native", "origin",
    "passport", "place", "political", "prefecture", "province", "race", "region", "religion", "residence",
    "sex", "tribe", "village",
    "信仰", "出生地", "国籍", "地域", "宗教", "年龄", "性别", "户口", "户籍", "方言", "族群", "民族", "省份",
    "籍贯", "老家",
))
# fmt: on
