"""Lists in flat arrays say what plain dictionaries would: entries, editions, prefixes, expiry at the instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.clock import micros
from stopline.kernel.phone import NumberKind
from stopline.screening.listed.tables import EntryTable, make_edition
from stopline.screening.lists import KINDS_OF_LIST, VICTIMS, NumberLists
from stopline.screening.numbers import HASHED, HOME, KINDS, SHIFT, NumberCodes
from stopline.screening.records import EntryState, ListKind, NumberEntry, ReportedLine, Snooze

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
NUMBERS = (
    *("+8613800138000", "+8613800138001", "+8613900138000", "+8617012345678", "+862885551234", "+861085551234"),
    *(
        "95588",
        "95589",
        "955881",
        "110",
        "1069123456789",
        "106912345678901",
        "+4420123456",
        "+955881234567",
        "+95912345678",
        "+959",
        "BANK",
        "",
        "\x01abc",
    ),
    *("1" * 40, "+861", "+86138", "+8699999999999", "+8610000000000", "+869999999999"),
)
PREFIXES = (
    "+86138",
    "+861380",
    "+86138001380",
    "+861",
    "955",
    "9558",
    "95588",
    "+959",
    "+9591",
    "0",
    "x",
    "",
    "９５",
    "+²",
)
SHORT_CODE = KINDS.index(NumberKind.SHORT_CODE)
CODES = NumberCodes()
TIMES = st.integers(-2, 2).map(lambda hours: NOON + timedelta(hours=hours))


def entry(kind: ListKind, number: str, until: datetime, *, prefix: bool) -> NumberEntry:
    return NumberEntry(
        id=f"{kind}:{number}",
        list_kind=kind,
        number=number,
        prefix=prefix,
        typology="",
        reason="",
        owner="a",
        owner_session="a",
        state=EntryState.SIGNED,
        created_at=NOON,
        expires_at=until,
    )


ENTRIES = st.one_of(
    st.builds(
        lambda kind, number, until: entry(kind, number, until, prefix=False),
        st.sampled_from(KINDS_OF_LIST),
        st.sampled_from([number for number in NUMBERS if number]),
        TIMES,
    ),
    st.builds(
        lambda kind, number, until: entry(kind, number, until, prefix=True),
        st.sampled_from(KINDS_OF_LIST),
        st.sampled_from(PREFIXES),
        TIMES,
    ),
)


@dataclass
class Plain:
    """The lists as dictionaries and loops."""

    entries: list[NumberEntry] = field(default_factory=list)
    edition: dict[int, tuple[frozenset[int], datetime]] = field(default_factory=dict)

    def on(self, kind: ListKind, text: str, at: datetime) -> bool:
        code = CODES.code(text)
        plus = "" if code & 7 == SHORT_CODE else "+"
        digits = "" if code & HASHED or not code >> SHIFT else f"{plus}{code >> SHIFT}"
        for entry in self.entries:
            if entry.list_kind is not kind or entry.expires_at <= at:
                continue
            if not entry.prefix and CODES.code(entry.number) == code:
                return True
            plain = entry.number.removeprefix("+")
            readable = plain.isascii() and plain.isdigit() and not plain.startswith("0")
            if entry.prefix and readable and digits.startswith(entry.number):
                return True
        codes, until = self.edition.get(KINDS_OF_LIST.index(kind), (frozenset(), NOON))
        return code in codes and at < until


@given(
    st.lists(ENTRIES, max_size=12),
    st.dictionaries(st.integers(0, 2), st.tuples(st.sets(st.sampled_from(NUMBERS[:-6])), TIMES), max_size=3),
    st.lists(st.tuples(st.sampled_from(NUMBERS), TIMES), max_size=8),
)
def test_the_lists_say_what_dictionaries_would(
    entries: list[NumberEntry], editions: dict[int, tuple[set[str], datetime]], asked: list[tuple[str, datetime]]
) -> None:
    lists, plain = NumberLists(CODES), Plain()
    lists.rebuild(entries[::2], [], [])
    for one in entries[1::2]:
        lists.put(one)
    plain.entries = entries
    for which, (numbers, until) in editions.items():
        codes = np.array([CODES.code(number) for number in numbers if number], dtype=np.int64)
        lists.load(which, codes, until)
        plain.edition[which] = (frozenset(codes.tolist()), until)
    codes = np.array([CODES.code(number) for number, _at in asked], dtype=np.int64)
    at_us = np.array([micros(at) for _number, at in asked], dtype=np.int64)
    said = lists.answers(codes, at_us)
    for kind, found in zip(KINDS_OF_LIST, (said.block, said.watch, said.exempt), strict=True):
        assert found.tolist() == [bool(number) and plain.on(kind, number, at) for number, at in asked]


def test_an_entry_lapses_at_its_instant() -> None:
    lists = NumberLists(CODES)
    lists.put(entry(ListKind.BLOCK, "+8613800138000", NOON, prefix=False))
    lists.put(entry(ListKind.WATCH, "+86138001", NOON, prefix=True))
    lists.load(2, np.array([CODES.code("+8613800138000")]), NOON)
    codes = np.full(2, CODES.code("+8613800138000"))
    said = lists.answers(codes, np.array([micros(NOON) - 1, micros(NOON)]))
    assert said.block.tolist() == said.watch.tolist() == said.exempt.tolist() == [True, False]


def test_a_longer_prefix_that_lapsed_leaves_the_shorter_one_in_force() -> None:
    lists = NumberLists(CODES)
    lists.put(entry(ListKind.BLOCK, "+8613800", NOON + timedelta(days=1), prefix=True))
    lists.put(entry(ListKind.BLOCK, "+861380013", NOON, prefix=True))
    codes = np.array([CODES.code("+8613800138000"), CODES.code("+8613801138000")])
    assert lists.answers(codes, np.full(2, micros(NOON))).block.tolist() == [True, False]


def test_reports_count_until_they_lapse_and_the_newest_gives_their_age() -> None:
    lists = NumberLists(CODES)
    until = NOON + timedelta(days=30)
    line = ReportedLine(
        id="+8613800138000",
        typology="",
        reports_count=3,
        first_at=NOON,
        newest_at=NOON,
        expires_at=until,
        sources=(),
    )
    lists.report(line)
    codes = np.full(3, CODES.code(line.id))
    said = lists.answers(codes, np.array([micros(NOON) - 5, micros(NOON + timedelta(hours=2)), micros(until)]))
    assert said.reports_count.tolist() == [3, 3, 0]
    assert said.reports_age_h.tolist()[:2] == [0, 2]
    assert np.isnan(said.reports_age_h[2])
    assert lists.reports_of(line.id, NOON) == 3
    assert lists.reports_of("110", NOON) == 0


def test_two_snoozes_of_a_number_hold_together_until_each_ends() -> None:
    lists = NumberLists(CODES)
    for hours, rule in ((1, "a"), (2, "b")):
        until = NOON + timedelta(hours=hours)
        snooze = Snooze(
            id=rule, number="95588", rules=(rule,), verdict_id="", appeal_id="", from_at=NOON, expires_at=until
        )
        lists.snooze(snooze)
    codes = np.array([CODES.code(text) for text in ("110", "95588", "95588", "95588")])
    at_us = np.array([micros(NOON + timedelta(hours=hours)) for hours in (0, 0, 1, 2)])
    assert lists.snoozed(codes, at_us) == {1: frozenset("ab"), 2: frozenset("b")}


def test_the_victims_are_a_list_of_their_own() -> None:
    lists = NumberLists(CODES)
    codes = np.array([CODES.code(text) for text in ("+8613800138000", "95588", "+8613800138001", "+4420123456")])
    lists.load(VICTIMS, codes[[0, 3]], NOON)
    lists.load(0, codes, NOON + timedelta(days=1))
    at_us = np.full(4, micros(NOON))
    assert lists.on(VICTIMS, codes, at_us - 1).tolist() == [1, 0, 0, 1]
    assert lists.on(VICTIMS, codes, at_us).tolist() == [0, 0, 0, 0]
    assert lists.on(0, codes, at_us).tolist() == [1, 1, 1, 1]


def test_an_edition_takes_pages_only_where_it_holds_numbers() -> None:
    codes = (np.arange(8613800000000, 8613800000000 + 3 * 2**20, 7) << SHIFT) | HOME
    directory, pages, _others = make_edition(codes, 86)
    assert len(pages) == np.count_nonzero(directory) + 1 <= 6
    assert int(np.bitwise_count(pages).sum()) == len(codes)


@given(st.lists(st.integers(1, 2**62), max_size=200))
def test_an_entry_is_found_again_however_many_follow(codes: list[int]) -> None:
    table = EntryTable()
    for code in codes:
        table.row(code)[0] = code
    assert table.count == len(set(codes))
    for code in codes:
        found = table.find(code)
        assert found is not None
        assert found[0] == code
    assert table.find(2**62 + 1) is None
