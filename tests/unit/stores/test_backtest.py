"""A back-test says of what is kept what the engine would have said, holds it against outcomes, and sees no further."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from stopline.kernel.actors import machine
from stopline.kernel.errors import BadField, PowerMissing, ReleaseInvalid
from stopline.kernel.facts import Fact
from stopline.law.appeal import Appeal, AppealChannel, AppealTarget
from stopline.law.machines import AppealState
from stopline.law.organisation import Power
from stopline.screening.records import FailPolicy, Settings, StoppedText, Verdict
from stopline.screening.release import LoadedRelease
from stopline.screening.rules.features import Channel
from stopline.screening.rules.pack import load_pack
from stopline.screening.trial import BackTest, BackTestState, TrialReport, distinct_of, mark, share
from stopline.stores.backtest.jobs import BackTests
from stopline.stores.backtest.lines import UNSEEN, lines_of
from stopline.stores.backtest.of_calls import Outcomes, try_on_calls
from stopline.stores.lake import Lake
from tests.factories import REGISTER, signer
from tests.unit.screening.desks import PACK, Screening, make_screening, spoofed

ENTRIES = tuple(entry.id for entry in REGISTER.current())
MILD = re.sub(r"severity: (?:block|hold)\n  precision: 0\.\d+", "severity: flag\n  precision: 0.4", PACK)


@dataclass(slots=True)
class Tried:
    """A desk, its lake and what runs its back-tests."""

    screening: Screening
    lake: Lake
    jobs: BackTests

    def calls(self, **columns: object) -> None:
        judged, rejects = self.screening.desk.judge_calls(columns)  # type: ignore[arg-type]  # plain columns
        assert not rejects
        with self.screening.store.act(machine("door")) as ledger:
            self.screening.desk.record(ledger, judged, rejects, carrier="C1")
        self.lake.append(judged)

    def ask(self, **body: object) -> BackTest:
        asked = self.screening.do("rules-owner", "back_test", "new", purpose="review", **{"channel": "call", **body})
        self.jobs.run_waiting()
        with self.screening.store.read(machine("test")) as ledger:
            return ledger.get(BackTest, asked)

    def verdicts(self) -> list[Verdict]:
        with self.screening.store.read(machine("test")) as ledger:
            return ledger.find(Verdict)


def made(folder: Path, *, text: bool = False) -> Tried:
    screening = make_screening(folder / "store", text=text)
    lake = Lake(folder / "lake", random_bytes=random.Random(1).randbytes, days=7)
    jobs = BackTests(store=screening.store, lake=lake, live=screening.desk.live, entries=ENTRIES, turn=threading.Lock())
    return Tried(screening, lake, jobs)


@pytest.fixture
def tried(tmp_path: Path) -> Iterator[Tried]:
    one = made(tmp_path)
    yield one
    one.screening.store.close()


@pytest.fixture
def with_text(tmp_path: Path) -> Iterator[Tried]:
    one = made(tmp_path, text=True)
    yield one
    one.screening.store.close()


def mixed(tried: Tried) -> dict[str, list[object]]:
    """Return bursts, spoofed and quiet calls of many numbers, some without what rules ask for."""
    chance, now = random.Random(7), tried.screening.clock.now()
    rows = [
        {
            "at": now + timedelta(seconds=row * 3),
            "calling": chance.choice(["+8617012345678", "02885551234", "+447700900123", "4008001234", "13900001111"]),
            "called": f"+861390{chance.randrange(10**7):07d}",
            "trunk": chance.choice([None, "intl-1", "gw-2"]),
            "device": chance.choice([None, "imei-1"]),
            "cell": f"c{chance.randrange(5)}",
            "ended_at": now + timedelta(seconds=row * 3 + chance.choice([2, 40])),
        }
        for row in range(600)
    ]
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("policy", list(FailPolicy))
def test_duckdb_answers_of_kept_rows_what_the_engine_answers(tried: Tried, policy: FailPolicy) -> None:
    tried.screening.release()
    judged, _rejects = tried.screening.desk.judge_calls(mixed(tried))
    tried.lake.append(judged)
    tried.lake.flush()
    pack = load_pack(PACK.replace("precision: 0.6", "precision: 0.61"), source="trial", entries=ENTRIES)
    release = LoadedRelease("trial", "digest", pack, Settings(fail_calls=policy), "")
    now = tried.screening.clock.now()
    told: list[float] = []
    report = try_on_calls(
        release,
        tried.lake,
        Outcomes(),
        from_at=now,
        to_at=now + timedelta(days=1),
        now=now,
        code=int,
        progress=told.append,
    )
    kept = {**judged.table, "calling": replace(judged.table["calling"], known=np.zeros(600, dtype=np.bool_))}
    inline = release.decide(Channel.CALL, kept, muted={})
    before, then = judged.verdict >= 2, inline.verdict >= 2
    assert then.any()
    assert not then.all()
    assert (report.rows_count, report.stopped_before_count, report.stopped_then_count) == (
        600,
        before.sum(),
        then.sum(),
    )
    assert report.undecided_count == inline.undecided.sum()
    for place, rule in enumerate(report.rules):
        hit = inline.hits[:, place]
        assert rule.hits_count == hit.sum(), rule.rule
        assert rule.numbers_count == len(set(judged.codes[hit].tolist())), rule.rule
        assert rule.undecided_count == inline.undecided_rules[place], rule.rule
        assert rule.newly_count == (hit & then & ~before).sum()
    assert report.numbers_count == 5


def test_a_milder_pack_frees_what_was_stopped_and_says_for_how_many_and_which_verdicts(tried: Tried) -> None:
    tried.screening.release()
    tried.calls(**spoofed(4), at=[tried.screening.clock.now()] * 4, called=["95588"] * 4)
    done = tried.ask(pack=MILD)
    assert (done.state, done.failed_why) == (BackTestState.DONE, "")
    report = done.report
    assert (report.stopped_before_count, report.stopped_then_count, report.freed_count) == (4, 0, 4)
    assert report.freed_numbers_count == 1
    (touched,) = report.most
    assert set(touched.references) == {verdict.id for verdict in tried.verdicts()}
    assert "02885551234" not in repr(report)
    assert "2885551234" not in repr(report)
    assert any(line.startswith("stopped 0, before 4") for line in lines_of(report))


def test_precision_recall_and_false_stops_come_from_appeals_and_cases(tried: Tried) -> None:
    tried.screening.release()
    now = tried.screening.clock.now()
    for calling in ("02885551234", "02885551235"):
        tried.calls(**spoofed(3, calling=calling), at=[now] * 3, called=["95588"] * 3)
    tried.calls(calling=["13900001111"], called=["95588"], at=[now])
    wronged = next(one for one in tried.verdicts() if one.number.endswith("2885551235"))
    appeal = Appeal(
        id="A1", code="c", target_kind=AppealTarget.VERDICT, target_id=wronged.id, channel=AppealChannel.NOTICE_CODE,
        statement="", contact="", state=AppealState.GRANTED, filed_at=now, acknowledged_at=now, due_at=now,
    )  # fmt: skip
    with tried.screening.store.act(machine("test")) as ledger:
        ledger.save(appeal, act="appeal.file")
        body: dict[str, object] = {"lines": ["02885551234", "13900001111", "13900009999"]}
        tried.screening.desk.case_lines(ledger, Fact(id="f", kind="case.lines", at=now, by="test", body=body))
    shares = {one.name: (one.part_count, one.whole_count) for one in tried.ask(pack=PACK).report.shares}
    assert shares["precision"] == (1, 2)
    assert shares["recall"] == (1, 2), "a line that never called in the period is not counted against the rules"
    assert shares["false_blocks"] == (1, 1)


def test_after_their_term_neither_rows_nor_texts_can_be_seen(with_text: Tried) -> None:
    tried, fraud = with_text, "恭喜您中奖，请登录 http://a.bc/x 领取12万元奖金"
    tried.screening.release()
    start = tried.screening.clock.now()
    period = {"from_at": start - timedelta(days=1), "to_at": start + timedelta(days=1)}
    tried.calls(**spoofed(3), at=[start] * 3, called=["95588"] * 3)
    assert "PASS" not in tried.screening.messages([fraud] * 3).columns["verdict"]
    assert tried.ask(pack=PACK, **period).report.rows_count == 3
    messages = tried.ask(pack=PACK, channel="message", **period).report
    assert messages.rows_count == 3
    assert messages.stopped_then_count == messages.stopped_before_count
    tried.screening.clock.move_to(start + timedelta(days=8, hours=1))  # nothing has been deleted yet
    unseen = tried.ask(pack=PACK, **period)
    assert (unseen.state, "no calls" in unseen.failed_why) == (BackTestState.FAILED, True)
    assert len(tried.lake.expire(tried.screening.clock.now())) == 1
    tried.screening.clock.move_to(start + timedelta(days=31))
    unseen = tried.ask(pack=PACK, channel="message", **period)
    assert (unseen.state, "no stopped messages" in unseen.failed_why) == (BackTestState.FAILED, True)
    tried.screening.later(timedelta(hours=1))
    with tried.screening.store.read(machine("test")) as ledger:
        assert [text.text for text in ledger.find(StoppedText)] == ["", "", ""]
        assert [verdict.features for verdict in ledger.find(Verdict)] == [{}] * 6
    assert not list((tried.lake.folder).rglob("*.parquet"))


def test_it_is_an_act_with_a_purpose_by_who_may_release_rules(tried: Tried) -> None:
    with pytest.raises(ReleaseInvalid):
        tried.ask(pack=PACK.replace("when: spoofed", "when: spoofd"))
    with pytest.raises(BadField):
        tried.ask(pack=PACK, release_id="X")
    weak = signer("clerk", powers=(Power.DRAFT,))
    act = next(one for one in tried.screening.desk.acts() if one.thing == "back_test")
    with tried.screening.store.act(weak.actor) as ledger, pytest.raises(PowerMissing):
        act.run(ledger, weak, "", {"channel": "call", "pack": PACK, "purpose": "curious"})
    asked = tried.ask(pack=PACK)
    rows = [row for row in tried.screening.store.audit_rows() if row.subject_kind == "back_test"]
    assert [(row.act, row.actor_id) for row in rows] == [
        ("back_test.ask", "rules-owner"),
        ("back_test.start", "back-test"),
        ("back_test.fail", "back-test"),  # nothing is kept yet
    ]
    assert rows[0].reason == "review"
    assert asked.state is BackTestState.FAILED


def test_a_report_names_in_words_all_that_it_could_not_see(tried: Tried) -> None:
    tried.screening.release()
    tried.calls(calling=["13900001111"], called=["95588"], at=[tried.screening.clock.now()])
    pack = PACK.replace("when: spoofed", "when: spoofed AND starts_with(calling, '+86288555')")
    pack = pack.replace("{given: {spoofed: true}", "{given: {spoofed: true, calling: '+862885551234'}")
    report = tried.ask(pack=pack).report
    said = "\n".join(lines_of(report))
    assert "features that the rows of some days do not hold: calling" in said
    assert all(key.partition(": ")[0] in UNSEEN for key in report.unseen)


def test_intervals_are_wilsons() -> None:
    one = share("precision", 8, 10)
    assert (round(one.low_ratio, 4), round(one.high_ratio, 4)) == (0.4902, 0.9433)
    assert share("precision", 0, 0) == replace(one, part_count=0, whole_count=0, ratio=0.0, low_ratio=0, high_ratio=1)


@pytest.mark.parametrize("count", [0, 1, 40, 900, 30_000])
def test_the_sketch_counts_different_numbers_within_what_it_says(count: int) -> None:
    sketch = np.zeros(1024, dtype=np.uint8)
    codes = (np.arange(count, dtype=np.int64) * 7 + 8_613_800_000_000) << 5
    mark(sketch, codes)
    mark(sketch, codes)
    assert distinct_of(sketch) == pytest.approx(count, rel=0.09, abs=1)
    assert TrialReport().rows_count == 0
