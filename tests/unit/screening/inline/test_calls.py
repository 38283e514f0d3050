"""The one kernel against the whole path written with NumPy: verdict and score bit for bit, features and hits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopline.bench.gateway import release_of
from stopline.bench.traffic import Written, rules
from stopline.kernel.clock import micros
from stopline.screening.columns import MISSING
from stopline.screening.inline import decide as kernel
from stopline.screening.inline.calls import LAYOUT, NAMES, CallKernel, Decided, odd_values
from stopline.screening.inline.retell import number_text, table_of_rows
from stopline.screening.lists import VICTIMS, NumberLists
from stopline.screening.numbers import HASHED, HOME, KINDS, WITHHELD, NumberCodes
from stopline.screening.records import FailPolicy, ReportedLine, Settings, Snooze
from stopline.screening.release import Decisions, LoadedRelease
from stopline.screening.rules.features import Channel
from stopline.screening.state.layout import FEATURES
from stopline.screening.state.velocity import Velocity

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
CODES = NumberCodes()
NUMBERS = (
    "+8613800000001",
    "+8613800000002",
    "+8613800000003",
    "02885551234",
    "95588",
    "+4420123456",
    "BANK",
    "",
    "1" * 40,
)
OWN_RULES = [
    Written("starts_with(calling, '+44201234') OR calling = 'bank'", "", 1, 0.2),
    Written("spoofed AND NOT listed_exempt", "", 3, 0.97),
    Written("ratio(calls_1h, calls_1m) > 1.5 AND called_victims >= 1", "", 2, 0.7),
    Written("callee_calls_1h >= 3 OR calls_in_progress > 2", "", 1, 0.4),
    Written("reports_age_h < 2 AND reports_count >= 2", "", 2, 0.6),
    Written("calls_1d * 1e308 * 10 > 1 AND callee_stopped_1d >= 0", "", 1, 0.1),
]
RELEASE = release_of([*rules(70, 3), *OWN_RULES])


@st.composite
def columns(draw: st.DrawFn) -> tuple[np.ndarray, list[str]]:
    count = draw(st.integers(0, 30))
    drawn = np.random.default_rng(draw(st.integers(0, 2**32)))
    found = np.zeros((kernel.COLUMNS, count), dtype=np.int64)
    texts = [NUMBERS[place] for place in drawn.integers(0, len(NUMBERS), count)]
    found[kernel.AT] = micros(NOON) + np.cumsum(drawn.integers(-10, 400, count)) * 1_000_000
    found[kernel.CALLING] = CODES.codes(texts, count)
    found[kernel.CALLED] = CODES.codes([NUMBERS[place] for place in drawn.integers(0, 8, count)], count)
    same = drawn.random(count) < 0.5
    shown = CODES.codes([NUMBERS[place] for place in drawn.integers(0, len(NUMBERS), count)], count)
    found[kernel.DISPLAYED] = np.where(same, found[kernel.CALLING], shown)
    found[kernel.DEVICE] = drawn.integers(0, 3, count)
    found[kernel.CELL] = drawn.integers(0, 3, count)
    ended = found[kernel.AT] + drawn.integers(0, 100, count) * 1_000_000
    found[kernel.ENDED] = np.where(drawn.random(count) < 0.6, ended, MISSING)
    found[kernel.ANSWERED] = np.where(drawn.random(count) < 0.3, found[kernel.AT] + 2_000_000, MISSING)
    found[kernel.ABROAD] = drawn.integers(-1, 2, count)
    found[kernel.ATTESTATION] = drawn.integers(-1, 4, count)
    return found, texts


def lists() -> NumberLists:
    found = NumberLists(CODES)
    found.load(0, CODES.codes(["+8613800000001"], 1), NOON + timedelta(hours=1))
    found.load(VICTIMS, CODES.codes(["+8613800000003", "+4420123456"], 2), NOON + timedelta(hours=1))
    line = ReportedLine(id="95588", typology="", reports_count=2, first_at=NOON, newest_at=NOON,
                        expires_at=NOON + timedelta(minutes=40), sources=())  # fmt: skip
    found.report(line)
    for hours, rule in ((0.2, "bench.0"), (1, "bench.71"), (1, "unheard of")):
        until = NOON + timedelta(hours=hours)
        found.snooze(Snooze(id=rule, number="+8613800000001", rules=(rule,), verdict_id="", appeal_id="",
                            from_at=NOON, expires_at=until))  # fmt: skip
    return found


class Reference:
    """The whole path with NumPy and the release's own answer, batch by batch."""

    def __init__(self) -> None:
        self.lists, self.velocity = lists(), Velocity(capacity=64)

    def decide(self, batch: np.ndarray, texts: list[str], release: LoadedRelease) -> tuple[Decisions, np.ndarray]:
        at_us, calling, called = batch[kernel.AT], batch[kernel.CALLING], batch[kernel.CALLED]
        said = self.lists.answers(calling, at_us)
        matrix = np.full((LAYOUT.height, batch.shape[1]), np.nan)
        given = {
            "listed_block": said.block, "listed_watch": said.watch, "listed_exempt": said.exempt,
            "reports_count": said.reports_count, "reports_age_h": said.reports_age_h,
            "block_reports_count": said.block_reports_count,
            "hour": (at_us // 3_600_000_000 + 8) % 24, "calling_kind": calling & 7, "called_kind": called & 7,
        }  # fmt: skip
        displayed, abroad = batch[kernel.DISPLAYED], batch[kernel.ABROAD]
        shown, known = displayed != WITHHELD, abroad >= 0
        desk = [(code & HOME != 0) & (KINDS[0].value == "mobile") & (code & 7 != 0) for code in (calling, displayed)]
        given["displayed_kind"] = np.where(shown, displayed & 7, np.nan)
        given["display_differs"] = np.where(shown, displayed != calling, np.nan)
        given["from_abroad"] = np.where(known, abroad == 1, np.nan)
        given["spoofed"] = np.where(known, (abroad == 1) & (desk[0] | (desk[1] & shown)), np.nan)
        given["attestation"] = np.where(batch[kernel.ATTESTATION] >= 0, batch[kernel.ATTESTATION], np.nan)
        rest = ("called", "device", "cell", "answered_us", "ended_us")
        places = (kernel.CALLED, kernel.DEVICE, kernel.CELL, kernel.ANSWERED, kernel.ENDED)
        moved = {name: batch[place] for name, place in zip(rest, places, strict=True)}
        victim = self.lists.on(VICTIMS, called, at_us)
        state = self.velocity.advance(at_us, calling, **moved, call=batch[kernel.CALL], victim=victim)
        given |= dict(zip(FEATURES, state.T, strict=True))
        for name, values in given.items():
            matrix[LAYOUT.rows[name]] = values
        seen = [number_text(code, text) for code, text in zip(calling.tolist(), texts, strict=True)]
        table = table_of_rows(NAMES, matrix, {"calling": np.array(seen, dtype=np.str_)}, Channel.CALL)
        decisions = release.decide(Channel.CALL, table, muted=self.lists.snoozed(calling, at_us))
        stopped = decisions.verdict >= 2
        self.velocity.stopped(called[stopped], at_us[stopped])
        return decisions, matrix[: len(NAMES)]


def inline(kernel_: CallKernel, batch: np.ndarray, texts: list[str], release: LoadedRelease) -> Decided:
    words = np.array([text.encode()[:24] for text in texts], dtype="S24").view(np.uint64).reshape(len(texts), 3)
    return kernel_.decide(batch, release, odd=odd_values(batch[kernel.CALLING], texts.__getitem__), texts=words)


@pytest.mark.parametrize("policy", FailPolicy)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches=st.lists(columns(), min_size=1, max_size=3))
def test_the_kernel_says_what_the_whole_path_says(
    policy: FailPolicy, batches: list[tuple[np.ndarray, list[str]]]
) -> None:
    release = LoadedRelease(RELEASE.id, "", RELEASE.pack, Settings(fail_calls=policy), "")
    reference, one, again = Reference(), CallKernel(lists(), Velocity(capacity=64)), lists()
    shared = CallKernel(again, Velocity(capacity=64), reuse=True)
    for batch, texts in batches:
        expected, matrix = reference.decide(batch, texts, release)
        for decider in (one, shared):
            said = inline(decider, batch.copy(), texts, release)
            assert said.verdict.tolist() == expected.verdict.tolist()
            assert said.score.tobytes() == expected.score.tobytes()
            assert said.base.tobytes() == expected.base.tobytes()
            assert said.undecided.tolist() == expected.undecided.tolist()
            assert np.array_equal((said.answers == 1).T, expected.hits)
            assert said.undecided_rules.tolist() == expected.undecided_rules.tolist()
            assert said.overflow_rules.tolist() == expected.overflow_rules.tolist()
            read = [row for row in range(len(NAMES)) if NAMES[row] != "calling"]
            assert np.array_equal(said.features[read], matrix[read], equal_nan=True)
            assert said.counts[:4].tolist() == np.bincount(expected.verdict, minlength=4).tolist()
            assert said.counts[4] == np.count_nonzero(expected.undecided)
            assert said.records[:, 5].tolist() == np.flatnonzero(expected.verdict).tolist()


def test_every_feature_of_the_catalogue_is_written() -> None:
    said = CallKernel(lists(), Velocity(capacity=64)).decide(np.zeros((kernel.COLUMNS, 1), dtype=np.int64), RELEASE)
    assert len(said.features) == LAYOUT.height
    own = {name for name in NAMES if name not in FEATURES}
    assert own == {
        *("listed_block", "listed_watch", "listed_exempt", "reports_count", "reports_age_h", "hour", "calling"),
        "block_reports_count",
        *("calling_kind", "called_kind", "displayed_kind", "from_abroad", "spoofed", "display_differs", "attestation"),
    }


def test_a_hashed_number_is_compared_as_it_was_written() -> None:
    codes = np.array([CODES.code("BANK"), CODES.code("+8613800000001")])
    assert codes[0] & HASHED
    assert np.isnan(odd_values(codes, ["BANK", ""].__getitem__)[:, 1]).all()
