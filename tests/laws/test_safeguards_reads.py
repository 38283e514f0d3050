"""Safeguard 40: reads are drawn by a lot that nobody can steer, and whoever looks himself or a colleague up is seen."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable
from dataclasses import make_dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

import stopline
from stopline.console.scope import bounds, sees
from stopline.kernel.actors import machine
from stopline.kernel.errors import (
    BadField,
    MachineMayNotSign,
    NotYours,
    PowerMissing,
    SameHand,
    StoplineError,
    WrongState,
)
from stopline.kernel.ledger import Record
from stopline.law.acts import Act
from stopline.law.organisation import Power, Signer
from stopline.law.read_desk import ANSWER_WITHIN, ReadDesk
from stopline.law.reads import (
    PERSON_COLUMNS,
    AlertState,
    Lookup,
    OfficerTie,
    Read,
    ReadAlert,
    ReadSample,
    SampleState,
    TieSort,
    asked_values,
    drawn,
    person_values,
)
from tests.factories import World, examples, signer, world

KEYS = st.binary(min_size=32, max_size=32)
ALWAYS, KEY = ReadDesk(b"k" * 32, one_in=1), b"k" * 32
NEVER = ReadDesk(KEY, one_in=1 << 62)
OTHER_POWERS = tuple(power for power in Power if power is not Power.AUDIT)
READER, COLLEAGUE, AUDITOR = signer("reader"), signer("colleague"), signer("auditor")
NAMES = {"reader": "王小明", "colleague": "Li Na", "auditor": "Zhao Min"}


def staffed(w: World) -> None:
    """Put the three officers into the register, and what it knows of two of them."""
    with w.act() as ledger:
        for hand in (READER, COLLEAGUE, AUDITOR):
            name = NAMES[hand.officer.id]
            ledger.save(replace(hand.officer, name=name, login=f"{hand.officer.id}-login"), act="officer.new")
    for officer_id, sort, value in (
        ("reader", TieSort.LINE, "+86 138 0000 0001"),
        ("reader", TieSort.ACCOUNT, "6222 0212 3456 7890 123"),
        ("colleague", TieSort.LINE, "13800000002"),
        ("colleague", TieSort.DOCUMENT, "E1234567X"),
        ("colleague", TieSort.NAME, "LI, Na"),
    ):
        body = {"officer_id": officer_id, "sort": sort.value, "value": value}
        take(w, AUDITOR, "officer_tie", "new", "", **body)


def act_of(thing: str, name: str) -> Act:
    (found,) = [act for act in NEVER.acts() if act.thing == thing and act.name == name]
    return found


def take(w: World, by: Signer, thing: str, name: str, record_id: str, **body: str) -> str:
    with w.act(by.actor) as ledger:
        return str(act_of(thing, name).run(ledger, by, record_id, body))


def look(w: World, desk: ReadDesk, by: Signer, values: frozenset[str], *, thing: str = "report") -> None:
    with w.act(by.actor) as ledger:
        desk.log(ledger, by, Read(act="read", thing=thing, thing_id="r1", values=values))


def samples(w: World) -> list[ReadSample]:
    with w.store.read(machine("test")) as ledger:
        return ledger.find(ReadSample)


def alerts(w: World) -> list[ReadAlert]:
    with w.store.read(machine("test")) as ledger:
        return ledger.find(ReadAlert)


# ------------------------------------------------------------------ the lot


@profile(max_examples=30)
@given(key=KEYS, start=st.integers(0, 1 << 40), one_in=st.sampled_from([1, 2, 10, 100]))
def test_40_the_lot_falls_on_its_share_of_reads_wherever_the_chain_stands(key: bytes, start: int, one_in: int) -> None:
    count = 20_000
    found = sum(drawn(key, seq, one_in=one_in) for seq in range(start, start + count))
    expected, deviation = count / one_in, (count * (1 / one_in) * (1 - 1 / one_in)) ** 0.5
    assert abs(found - expected) <= 6 * deviation


@given(key=KEYS, other=KEYS, seq=st.integers(0, 1 << 62))
def test_40_the_lot_is_the_same_whenever_it_is_drawn_again_and_another_without_the_key(
    key: bytes, other: bytes, seq: int
) -> None:
    assert drawn(key, seq, one_in=7) == drawn(key, seq, one_in=7)
    row = [drawn(key, place, one_in=2) for place in range(seq, seq + 64)]
    if key != other:
        assert row != [drawn(other, place, one_in=2) for place in range(seq, seq + 64)]


@profile(max_examples=examples(25))
@given(key=KEYS, reads=st.lists(st.sampled_from(["read", "read.list", "read.export", "read.search"]), max_size=30))
def test_40_exactly_the_drawn_reads_leave_one_record_and_the_others_none(key: bytes, reads: list[str]) -> None:
    desk = ReadDesk(key, one_in=3)
    with world() as w:
        for act in reads:
            with w.act(READER.actor) as ledger:
                desk.log(ledger, READER, Read(act=act, thing="report", thing_id="r1"))
        logged = [row for row in w.store.audit_rows() if row.act.startswith("read") and row.subject_kind == "report"]
        kept = samples(w)
        assert [row.act for row in logged] == reads
        assert [sample.read_seq for sample in kept] == [row.seq for row in logged if drawn(key, row.seq, one_in=3)]
        assert all(sample.state is SampleState.ASKED and sample.told for sample in kept)
        assert {sample.due_at for sample in kept} <= {w.clock.now() + ANSWER_WITHIN}
        assert len([row for row in w.store.audit_rows() if row.act == "read_sample.draw"]) == len(kept)


def test_40_a_read_that_is_undone_and_repeated_meets_the_same_lot() -> None:
    with world() as w:
        head = w.store.audit_head()[0]
        desk = ReadDesk(_key_that_draws(head + 1), one_in=50)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                _undone(w, desk)
        assert samples(w) == []
        look(w, desk, READER, frozenset())
        assert [sample.read_seq for sample in samples(w)] == [head + 1]


def _undone(w: World, desk: ReadDesk) -> None:
    with w.act(READER.actor) as ledger:
        desk.log(ledger, READER, Read(act="read", thing="report", thing_id="r1"))
        _ = 1 // 0


def _key_that_draws(seq: int) -> bytes:
    keys = (number.to_bytes(32, "big") for number in range(10_000))
    return next(key for key in keys if drawn(key, seq, one_in=50))


def test_40_a_read_that_nobody_justifies_is_marked_without_any_hand() -> None:
    with world() as w:
        look(w, ALWAYS, READER, frozenset())
        for span, state in ((ANSWER_WITHIN, SampleState.ASKED), (timedelta(seconds=1), SampleState.UNANSWERED)):
            w.clock.move_to(w.clock.now() + span)
            with w.act() as ledger:
                ALWAYS.tick(ledger)
                assert ALWAYS.for_auditors(ledger) == (
                    [] if state is SampleState.ASKED else [("read_sample", "unanswered", 1)]
                )
            assert [sample.state for sample in samples(w)] == [state]
        sample_id = samples(w)[0].id
        take(w, READER, "read_sample", "justify", sample_id, justification="case 7, late")
        take(w, AUDITOR, "read_sample", "accept", sample_id, remark="case 7 names this report")
        assert samples(w)[0].state is SampleState.ACCEPTED


# ------------------------------------------------------------------ who looks whom up


def spelled(*ways: str) -> st.SearchStrategy[str]:
    return st.sampled_from(ways)


OWN = spelled("+8613800000001", "13800000001", "0086 138-0000-0001", "6222021234567890123", "reader", "王小明")
THEIRS = spelled("+86 138 0000 0002", "13800000002", "e1234567x", "E1234567-X", "li na", "Li Na", "colleague-login")
STRANGERS = spelled("+8613900000003", "王大明", "E7654321X", "622202999", "r1", "case-1")


def record_with(column: str, value: str, how: str) -> Record:
    """Return a record of some kind that holds a value in a column: by itself, among others, or in a part."""
    part = make_dataclass("Part", [(column, str)], frozen=True)
    others = {"text": "13800000001 王小明", "drafted_by": "colleague", "officer_id": "reader"}
    held: object
    match how:
        case "alone":
            held = {column: value}
        case "among others":
            held = {column: ("other", value)}
        case _:
            held = {"inside": (part(value),)}
    fields = {"id": "r1", **others, **held}
    made: Record = make_dataclass("Seen", list(fields), frozen=True)(**fields)
    return made


HOW = st.sampled_from(["alone", "among others", "inside"])
COLUMN = st.sampled_from(sorted(PERSON_COLUMNS - {"id"}))


@profile(max_examples=examples(60))
@given(value=OWN, column=COLUMN, how=HOW, by_lot=st.booleans())
def test_40_every_look_at_oneself_raises_an_alert_in_the_same_act(
    value: str, column: str, how: str, *, by_lot: bool
) -> None:
    with world() as w:
        staffed(w)
        look(w, ALWAYS if by_lot else NEVER, READER, person_values("report", record_with(column, value, how)))
        (alert,) = alerts(w)
        assert (alert.lookup, alert.about, alert.officer_id) == (Lookup.OWN, ("reader",), "reader")
        assert (alert.state, alert.told, alert.drawn) == (
            (AlertState.ASKED, True, True) if by_lot else (AlertState.RAISED, False, False)
        )
        assert samples(w) == []  # one record, whatever a read is watched for


@profile(max_examples=examples(60))
@given(value=THEIRS, column=COLUMN, how=HOW)
def test_40_every_look_at_a_colleague_raises_an_alert_and_their_own_look_is_their_own(
    value: str, column: str, how: str
) -> None:
    with world() as w:
        staffed(w)
        values = person_values("report", record_with(column, value, how))
        look(w, NEVER, READER, values)
        look(w, NEVER, COLLEAGUE, values)
        assert [(alert.lookup, alert.about) for alert in alerts(w)] == [
            (Lookup.COLLEAGUE, ("colleague",)),
            (Lookup.OWN, ("colleague",)),
        ]


@profile(max_examples=examples(40))
@given(value=STRANGERS, column=COLUMN, how=HOW)
def test_40_a_stranger_and_the_hands_that_worked_on_a_record_raise_none(value: str, column: str, how: str) -> None:
    with world() as w:
        staffed(w)
        look(w, NEVER, READER, person_values("report", record_with(column, value, how)))
        assert alerts(w) == []


@given(column=COLUMN, value=OWN)
def test_40_a_list_narrowed_to_a_person_is_a_look_at_that_person(column: str, value: str) -> None:
    assert asked_values("report", {column: value, "state": "received"}) == {value}
    assert asked_values("report", {column: (value, "b"), "limit": 3}) == {value, "b"}
    assert asked_values("visit", {"officer_id": "reader", "drafted_by": "reader"}) == frozenset()
    assert asked_values("officer", {"login": "reader", "unit_id": "u"}) == {"reader"}


def test_40_the_register_page_of_an_officer_is_that_officer() -> None:
    with world() as w:
        staffed(w)
        look(w, NEVER, READER, person_values("officer", COLLEAGUE.officer), thing="officer")
        look(w, NEVER, READER, person_values("officer", READER.officer), thing="officer")
        assert [alert.lookup for alert in alerts(w)] == [Lookup.COLLEAGUE, Lookup.OWN]


def test_40_what_the_register_knows_of_an_officer_stands_nowhere_in_the_clear() -> None:
    with world() as w:
        staffed(w)
        with w.store.read(machine("test")) as ledger:
            ties = ledger.find(OfficerTie)
        shown = str(ties) + str(list(w.store.audit_rows()))
        assert len(ties) == 5
        assert not re.search(r"1380000000|E1234567|6222", shown)
        own = next(tie for tie in ties if tie.officer_id == "reader")
        with pytest.raises(SameHand):
            take(w, READER, "officer_tie", "end", own.id)
        with pytest.raises(BadField):
            take(w, AUDITOR, "officer_tie", "new", "", officer_id="reader", sort="line", value=" - ")


# ------------------------------------------------------------------ who decides

DECISIONS = {"read_sample": ("accept", "reject"), "read_alert": ("ask", "confirm", "dismiss")}


@pytest.mark.parametrize(("thing", "name"), [(thing, name) for thing, names in DECISIONS.items() for name in names])
@profile(max_examples=examples(20))
@given(data=st.data())
def test_40_nobody_decides_on_a_read_of_their_own_or_one_that_looked_them_up(
    thing: str, name: str, data: st.DataObject
) -> None:
    concerned: list[tuple[Signer, type[StoplineError]]] = [
        (READER, SameHand),
        (replace(READER, session="another"), SameHand),
        (replace(AUDITOR, session=READER.session), SameHand),
        (signer("clerk", powers=OTHER_POWERS), PowerMissing),
        (replace(AUDITOR, session=""), MachineMayNotSign),
    ]
    if thing == "read_alert":
        concerned.append((COLLEAGUE, SameHand))
    with world() as w:
        staffed(w)
        record_id = _open_read(w, thing, name)
        before = (samples(w), alerts(w))
        hand, refusal = data.draw(st.sampled_from(concerned))
        with pytest.raises(refusal):
            take(w, hand, thing, name, record_id, remark="seen")
        assert (samples(w), alerts(w)) == before
        take(w, AUDITOR, thing, name, record_id, remark="seen")
        assert (samples(w), alerts(w)) != before


def _open_read(w: World, thing: str, name: str) -> str:
    """Make a read that waits for one decision of an auditor and return its id."""
    if thing == "read_sample":
        look(w, ALWAYS, READER, frozenset())
        record_id = samples(w)[0].id
        take(w, READER, thing, "justify", record_id, justification="case 7")
        return record_id
    look(w, NEVER, READER, frozenset({"Li Na"}))
    record_id = alerts(w)[0].id
    if name == "confirm":
        take(w, AUDITOR, thing, "ask", record_id, remark="why?")
        take(w, READER, thing, "justify", record_id, justification="curious")
    return record_id


@pytest.mark.parametrize("thing", ["read_sample", "read_alert"])
def test_40_only_the_reader_answers_and_only_with_words(thing: str) -> None:
    with world() as w:
        staffed(w)
        look(w, ALWAYS, READER, frozenset({"Li Na"} if thing == "read_alert" else ()))
        record_id = (samples(w) or alerts(w))[0].id
        for hand in (AUDITOR, COLLEAGUE):
            with pytest.raises(NotYours):
                take(w, hand, thing, "justify", record_id, justification="for a colleague")
        with pytest.raises(BadField):
            take(w, READER, thing, "justify", record_id, justification="  ")
        take(w, READER, thing, "justify", record_id, justification="case 7")
        assert (samples(w) or alerts(w))[0].justification == "case 7"


@profile(max_examples=examples(40))
@given(steps=st.lists(st.sampled_from(["ask", "confirm", "dismiss", "justify", "wait"]), max_size=8))
def test_40_nothing_is_confirmed_against_a_reader_who_was_not_asked(steps: list[str]) -> None:
    """In any order of hands and clock: a confirmed alert was told, and answered or left unanswered beyond its term."""
    with world() as w:
        staffed(w)
        look(w, NEVER, READER, frozenset({"Li Na"}))
        (raised,) = alerts(w)
        asked_at = None
        for step in steps:
            _step(w, step, raised.id)
            (alert,) = alerts(w)
            asked_at = asked_at or (w.clock.now() if alert.told else None)
            if not alert.told:
                assert not sees(signer("reader", powers=OTHER_POWERS), alert)  # an alert warns nobody
                assert alert.state in {AlertState.RAISED, AlertState.DISMISSED}
            if alert.state is AlertState.CONFIRMED:
                assert asked_at is not None
                assert alert.justification or w.clock.now() > asked_at + ANSWER_WITHIN


def _step(w: World, step: str, alert_id: str) -> None:
    if step == "wait":
        w.clock.move_to(w.clock.now() + ANSWER_WITHIN + timedelta(seconds=1))
        with w.act() as ledger:
            NEVER.tick(ledger)
        return
    body = {"justification": "case 7"} if step == "justify" else {"remark": "seen"}
    with contextlib.suppress(WrongState, NotYours):
        take(w, READER if step == "justify" else AUDITOR, "read_alert", step, alert_id, **body)


def test_40_readers_see_only_their_own_that_they_were_asked_about() -> None:
    plain: Callable[[str], Signer] = lambda name: signer(name, powers=OTHER_POWERS)  # noqa: E731 - named once, here
    with world() as w:
        staffed(w)
        look(w, ALWAYS, READER, frozenset())
        look(w, NEVER, READER, frozenset({"Li Na"}))
        for record in (*samples(w), *alerts(w)):
            assert sees(AUDITOR, record)
            assert not sees(plain("colleague"), record)
            assert sees(plain("reader"), record) == record.told
            held = bounds(plain("reader"), type(record))
            assert all(getattr(record, name) == value for name, value in held.items()) == record.told
        assert bounds(AUDITOR, ReadAlert) == {}


def test_40_every_read_is_logged_at_the_one_desk_that_draws() -> None:
    folder = Path(stopline.__file__).parent
    logging = re.compile(r"""note\(\s*act=["']read(?!\.own)""")  # read.own: the public asks what concerns it alone
    assert [path.name for path in folder.rglob("*.py") if logging.search(path.read_text("utf-8"))] == []
    assert {field.name for field in dataclasses.fields(Read)} >= {"act", "thing", "thing_id", "values"}
