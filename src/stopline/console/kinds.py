"""Which columns each kind of record shows in its list, where it stands in the menu, and what a state looks like."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of record is listed: its columns, the columns that a search looks into, and its headline."""

    columns: tuple[str, ...]
    lookup: tuple[str, ...] = ()
    title: tuple[str, ...] = ()


def _kind(columns: str, lookup: str = "", title: str = "") -> Kind:
    return Kind(tuple(columns.split()), tuple(lookup.split()), tuple(title.split()))


# The first column links to the record's page. A name that the record does not have is left out.
KINDS: dict[str, Kind] = {
    "measure": _kind(
        "kind state subject_label holder amount_minor entry_id starts_at expires_at drafted_by",
        "subject_ref person_ref case_id authorization_id",
        "subject_label subject_ref",
    ),
    "enforcement": _kind(
        "measure_id point state order_act applied_minor told_at answered_at answer_due_at", "measure_id"
    ),
    "appeal": _kind("filed_at target_kind state due_at channel assigned_to decided_by", "code target_id"),
    "authorization": _kind("measure_id entry_id level issued_by from_at to_at", "measure_id subject_ref"),
    "override": _kind("entry_id reason first_by second_by from_at to_at", "entry_id"),
    "notification": _kind("measure_id made_at due_at told_at channel delay_ground", "code measure_id"),
    "transition": _kind("at machine subject_id act state_from state_to by", "subject_id"),
    "verdict": _kind("at channel verdict score typology number carrier release_id", "number", "number"),
    "campaign": _kind(
        "id typology first_at last_at messages_count recipients_count senders_count block_count hold_count", "", "id"
    ),
    "stopped_text": _kind("at text expires_at"),
    "screening_hour": _kind("hour_at channel carrier screened_count block_count hold_count flag_count undecided_count"),
    "release": _kind("title state percentage created_by signed_by staged_at", "", "title"),
    "number_entry": _kind("number list_kind brand state typology owner signed_by expires_at", "number", "number"),
    "reported_line": _kind("id typology reports_count first_at newest_at"),
    "snooze": _kind("number state verdict_id appeal_id granted_by from_at expires_at", "number release_id", "number"),
    "back_test": _kind("asked_at state title channel asked_by purpose from_at to_at", "release_id", "title"),
    "shadow_tally": _kind(
        "release_id channel since_at rows_count newly_count freed_count agree_count", "release_id", "release_id"
    ),
    "report": _kind(
        "received_at state typology district loss_minor outcome case_id series_id", "receipt phone", "typology"
    ),
    "case_file": _kind("opened_at state outcome typology district loss_minor update_due_at series_id", "series_id"),
    "series": _kind("created_at state typology member_ids lines accounts changed_at"),
    "series_join": _kind("proposed_at state series_id report_id weight decided_by", "series_id report_id other_id"),
    "series_member": _kind("id series_id stage", "series_id"),
    "identifier_use": _kind("value sort report_id at", "value report_id"),
    "warning": _kind("issued_at state level typology district contacts_count outcome", "code person"),
    "visit": _kind("issued_at state typology district officer_id meet_by_at outcome", "code warning_id"),
    "telling": _kind("created_at sort state carrier sent_at delivered_at", "about_id"),
    "network": _kind("created_at typology series_id report_ids nodes ties hidden_count changed_at", "series_id"),
    "role_claim": _kind("claimed_at role state node network_id claimed_by", "network_id node", "node"),
    "suspect": _kind("name name_latin sex network_id case_id identified_at", "document_no network_id case_id", "name"),
    "operation": _kind("title aim state network_id lead_by started_at closed_at result", "network_id", "title"),
    "operation_target": _kind(
        "ref kind operation_id holder amount_minor answer answered_at", "ref operation_id", "ref"
    ),
    "notice": _kind("name number state area reward_minor published_at ended_at", "number measure_id case_id", "name"),
    "tip": _kind("received_at kind state notice_id place due_at judgement", "notice_id"),
    "border_order": _kind(
        "name name_latin state measure_id drafted_at live_at ended_at", "document_no measure_id", "name"
    ),
    "hit": _kind("name raised_at state port direction closeness resolve_by_at resolved_by action", "order_id", "name"),
    "organiser_lead": _kind("raised_at state trip port escorted reviewed_by decided_by", "trip"),
    "trip_leg": _kind("at trip traveller out kept", "trip traveller"),
    "cooperation_request": _kind(
        "drafted_at partner assistance state purpose deadline_at sent_at answered_at", "case_id"
    ),
    "den": _kind("reported_at partner place state persons joined_at", "", "place"),
    "disclosure": _kind("sent_at recipient object_kind purpose handling retention_until_at recalled_at", "measure_id"),
    "transfer": _kind(
        "name name_latin partner state role_claimed minor nominated_at outcome", "den_id measure_id", "name"
    ),
    "handover": _kind("on_day partner state manifest_count boarded_count landed_count received_count at", "den_id"),
    "incident": _kind("happened_at kind state handover_id transfer_id explained_by"),
    "victim_screening": _kind("opened_at state result transfer_id language screened_by screened_at", "transfer_id"),
    "edition": _kind("from_at to_at state revision drafted_by verified_by released_at"),
    "watched_line": _kind("id typology confirmed since_at until_at"),
    "lesson": _kind("title_en title_zh state typology district published_at", "", "title_en"),
    "trace": _kind("reported_at state rule reported_minor loss_minor sunk returned_minor", "report_id case_id"),
    "traced_account": _kind("account bank tier claimed_minor most_minor reached_at", "account report_id", "account"),
    "hold": _kind(
        "drafted_at sort account bank tier amount_minor applied_minor answer", "account report_id", "account"
    ),
    "recovery": _kind("id reported_minor stopped_minor frozen_minor returned_minor first_stop_at minutes_count"),
    "payment": _kind("at reference source target amount_minor told_by", "reference source target", "reference"),
    "statement": _kind("account bank balance_minor as_of_at", "account", "account"),
    "channel": _kind("id bank amount_minor said_count suspected_at"),
    "officer": _kind("name login unit_id level powers from_at to_at", "login", "name"),
    "unit": _kind("name_zh name_en level area parent_id", "", "name_en"),
    "institution": _kind("code kind name_zh name_en", "code", "name_en"),
    "read_sample": _kind("read_at state officer_id thing read_act purpose due_at decided_by", "thing_id"),
    "read_alert": _kind("read_at state lookup officer_id about known_by thing due_at decided_by", "thing_id"),
    "officer_tie": _kind("registered_at officer_id sort registered_by ended_at"),
}

# The menu: a heading and its kinds, in the order of the work. What is registered and not named comes last.
MENU: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("screening", ("verdict", "campaign", "number_entry", "release", "back_test", "snooze", "screening_hour")),
    ("funds", ("trace", "hold", "recovery", "channel")),
    ("dissuasion", ("warning", "visit", "lesson")),
    ("cases", ("report", "case_file", "series", "series_join")),
    ("syndicates", ("network", "role_claim", "suspect", "operation", "notice", "tip")),
    ("borders", ("border_order", "hit", "organiser_lead")),
    ("alliance", ("cooperation_request", "den", "transfer", "victim_screening", "handover", "incident", "disclosure")),
    ("law", ("measure", "enforcement", "appeal", "notification", "authorization", "override")),
    ("bulletin", ("edition",)),
    ("audit", ("read_sample", "read_alert")),
    ("house", ("officer", "unit", "institution", "officer_tie")),
)

IMPERSONAL = frozenset({"unit", "institution", "release", "shadow_tally", "edition", "lesson", "screening_hour"})
"""Kinds that tell nothing about a person: opening one is not recorded as a read."""

# State = word + shape + colour. The shape is drawn by the style sheet from the tone's name.
TONES: dict[str, str] = {
    **dict.fromkeys(
        ("in_force", "renewed", "active_full", "active", "live", "full", "open", "opened", "joined"), "live"
    ),
    **dict.fromkeys(("published", "signed", "running", "confirmed", "same", "found", "named", "referred"), "live"),
    **dict.fromkeys(("drafted", "received", "filed", "pending", "issued", "proposed", "created", "requested"), "new"),
    **dict.fromkeys(("reviewed", "approved", "assigned", "accepted", "sent", "delivered", "queued", "linked"), "going"),
    **dict.fromkeys(("dispatched", "active_part", "shadow", "staged", "percentage", "reopened", "prepared"), "going"),
    **dict.fromkeys(
        ("cleared", "granted", "dissuaded", "done", "completed", "closed", "met", "safe", "pass", "landed"), "done"
    ),
    **dict.fromkeys(
        ("hold", "flag", "closing_proposed", "refusal_proposed", "unsure", "suspended", "mismatch"), "warn"
    ),
    **dict.fromkeys(("late", "unanswered", "unconvinced", "unreachable", "overdue", "timed_out", "empty"), "warn"),
    **dict.fromkeys(("block", "refused", "rejected", "revoked", "had_paid", "paid", "broken", "objected"), "bad"),
    **dict.fromkeys(
        ("lifted", "expired", "released", "dissolved", "withdrawn", "undone", "different", "erased"), "ended"
    ),
}
STATE_COLUMNS = ("state", "verdict", "outcome", "level", "decision")
DEADLINES = ("due_at", "answer_due_at", "expires_at", "update_due_at", "meet_by_at", "sign_by_at", "ratify_by_at")
ENDED = frozenset({"lifted", "expired", "revoked", "released", "granted", "rejected", "closed", "dissolved", "done"})


BY_TIME = {"verdict": "at", "screening_hour": "hour_at", "campaign": "last_at", "edition": "from_at"}
"""Kinds whose ids do not grow with time, and the column by which their newest come first."""


def tone(state: object) -> str:
    """Return the tone that a state is shown in; one that nobody named is neutral."""
    return TONES.get(str(state), "plain")


def kind_of(name: str, record_type: type) -> Kind:
    """Return how a kind is listed, made up from its fields where nobody has said."""
    known = KINDS.get(name)
    fields = {field.name for field in dataclasses.fields(record_type)}
    if known is None:
        flat = [column for column in _flat(record_type) if column != "id"]
        first = sorted(flat, key=lambda column: (column not in STATE_COLUMNS, flat.index(column)))
        return Kind(tuple(first[:7]) or ("id",))
    return Kind(
        tuple(column for column in known.columns if column in fields) or ("id",),
        tuple(column for column in known.lookup if column in fields),
        tuple(column for column in known.title if column in fields),
    )


@cache
def hints(record_type: type) -> dict[str, object]:
    """Return the types of a record's fields, without their None."""
    told = typing.get_type_hints(record_type)
    return {field.name: without_none(told[field.name]) for field in dataclasses.fields(record_type)}


def without_none(hint: object) -> object:
    """Return a type without its None."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        return rest[0] if len(rest) == 1 else hint
    return hint


def choices(record_type: type, column: str) -> tuple[str, ...]:
    """Return the values a column can have, when it is an enum."""
    hint = hints(record_type).get(column)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return tuple(str(member.value) for member in hint)
    return ()


def facets(record_type: type) -> tuple[str, ...]:
    """Return the columns that a list can be narrowed by: enums first, then short codes."""
    enums = [name for name in hints(record_type) if choices(record_type, name)]
    codes = [
        name
        for name in ("typology", "district", "area", "bank", "carrier", "point", "port")
        if name in hints(record_type)
    ]
    return (*sorted(enums, key=lambda name: name != "state"), *codes)


def instants(record_type: type) -> tuple[str, ...]:
    """Return the columns that hold an instant."""
    return tuple(name for name, hint in hints(record_type).items() if hint is datetime)


def _flat(record_type: type) -> list[str]:
    flat = (str, int, float, bool, datetime)
    return [
        name
        for name, hint in hints(record_type).items()
        if hint in flat or (isinstance(hint, type) and issubclass(hint, Enum))
    ]
