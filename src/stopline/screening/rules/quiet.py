"""A number that does nothing out of the ordinary: what is left out of a row, and whom no rule may hit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from stopline.screening.rules.expression import Expression
from stopline.screening.rules.features import Channel, Feature, Type, catalogue
from stopline.screening.rules.oracle import Row
from stopline.screening.rules.tree import Outcome


def row_of(given: Mapping[str, object], features: Mapping[str, Feature]) -> Row:
    """Return a whole row from a part of one: what is left out is unknown, or quiet where it is always known."""
    left_out = {name: None if feature.nullable else _QUIET[feature.type] for name, feature in features.items()}
    return cast("Row", {**left_out, **given})


_QUIET: Final[dict[Type, object]] = {Type.NUMBER: 0.0, Type.BOOLEAN: False, Type.TEXT: ""}


def hits_the_quiet(condition: Expression, channel: Channel) -> bool:
    """Return whether a condition hits a number that does nothing, for the way its signalling came in alone."""
    features = catalogue(channel)
    quiet = {name: _QUIET_CONDUCT.get(name, _QUIET[feature.type]) for name, feature in features.items()}
    kind = "calling_kind" if channel is Channel.CALL else "sender_kind"
    rows = [
        {**quiet, kind: value, "from_abroad": abroad, "calling": number, "sender": number}
        for value, number in (("mobile", "+8613800138000"), ("fixed", "+861062345678"), ("foreign", "+95912345678"))
        for abroad in (True, False)
    ]
    ask = condition.oracle()
    return any(ask(row_of(row, features)) is Outcome.HIT for row in rows)


_QUIET_CONDUCT: Final[dict[str, object]] = {
    "age_h": 10_000.0,
    "answered_mean_s": 90.0,
    "answered_ratio": 0.9,
    "attestation": "A",
    "called_kind": "mobile",
    "callee_calls_1h": 1.0,
    "callee_ratio": 0.2,
    "callee_strangers_1d": 2.0,
    "callees_today": 2.0,
    "calls_1d": 5.0,
    "calls_1h": 1.0,
    "calls_1m": 1.0,
    "calls_in_progress": 1.0,
    "calls_today": 5.0,
    "campaign_age_h": 0.0,
    "device_calls_1h": 1.0,
    "device_cells": 2.0,
    "device_numbers": 1.0,
    "displayed_kind": "mobile",
    "exact_calls_1d": 5.0,
    "exact_calls_1h": 1.0,
    "exact_calls_1m": 1.0,
    "gap_even": 0.4,
    "gap_mean_s": 1800.0,
    "hour": 12.0,
    "idle_h": 3.0,
    "kind": "pass",
    "night_ratio": 0.1,
    "number_devices": 1.0,
    "office_ratio": 0.6,
    "outgoing_ratio": 0.5,
    "recipient_ratio": 0.2,
    "recipients_today": 2.0,
    "sends_1d": 3.0,
    "sends_1h": 1.0,
    "sends_1m": 1.0,
    "sends_today": 3.0,
    "sequence_run": 1.0,
    "shared_digits": 4.0,
    "short_ring_ratio": 0.05,
    "template_1h": 1.0,
    "template_senders": 1.0,
    "text_score": 0.03,
    "typology": "none",
}
