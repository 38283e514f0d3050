"""The desk: releases, lists, verdicts with references, and what facts change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stopline.kernel.actors import machine
from stopline.kernel.errors import (
    AuthorizationMissing,
    BadField,
    GroundForbidden,
    MachineMayNotSign,
    NotFound,
    PowerMissing,
    ReleaseInvalid,
    SameHand,
    WrongState,
)
from stopline.law.machines import MeasureState
from stopline.law.measure import Measure
from stopline.law.organisation import Power
from stopline.law.register import MeasureKind
from stopline.screening.records import (
    EntryState,
    NumberEntry,
    Release,
    ReleaseState,
    ReportedLine,
    ScreeningHour,
    Snooze,
    StoppedText,
    Verdict,
    VerdictKind,
)
from stopline.screening.release_acts import ReleaseOffice
from tests.factories import REGISTER, draft_for, make_office, signer
from tests.unit.screening.desks import CARRIER, PACK, Screening, burst, make_screening, spoofed

FRAUD = "恭喜您中奖，请登录 http://a.bc/x 领取12万元奖金"


@pytest.fixture
def screening(tmp_path: Path) -> Iterator[Screening]:
    made = make_screening(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def with_text(tmp_path: Path) -> Iterator[Screening]:
    made = make_screening(tmp_path, text=True)
    yield made
    made.store.close()


def kept(screening: Screening, kind: type[Verdict] = Verdict) -> list[Verdict]:
    with screening.store.read(machine("test")) as ledger:
        return ledger.find(kind)


# ---------------------------------------------------------------- releases


def test_without_a_signed_release_nothing_is_stopped_and_it_is_counted(screening: Screening) -> None:
    answers = screening.calls(**spoofed(3))
    assert answers.columns["verdict"] == ["PASS"] * 3
    assert all("undecided" in str(reason) for reason in answers.columns["reasons"])
    with screening.store.read(machine("test")) as ledger:
        (hour,) = ledger.find(ScreeningHour)
    assert (hour.screened_count, hour.undecided_count, hour.block_count) == (3, 3, 0)


def test_a_release_needs_two_officers_and_then_decides(screening: Screening) -> None:
    release = screening.do("owner", "release", "new", title="first")
    with pytest.raises(SameHand):
        screening.do("owner", "release", "sign", release)
    with pytest.raises(WrongState):
        screening.do("owner", "release", "full", release)
    screening.do("reviewer", "release", "sign", release)
    screening.do("owner", "release", "full", release)
    assert screening.calls(**spoofed(1)).columns["verdict"] == ["BLOCK"]


def test_the_machine_signs_no_release_and_nobody_without_the_power(screening: Screening) -> None:
    release = screening.do("owner", "release", "new", title="first")
    office = ReleaseOffice("", [entry.id for entry in REGISTER.current()], lambda _ledger: None)
    with screening.store.act(machine("screening")) as ledger, pytest.raises(MachineMayNotSign):
        office.sign(ledger, signer("reviewer"), release)
    weak = signer("clerk", powers=(Power.DRAFT,))
    with screening.store.act(weak.actor) as ledger, pytest.raises(PowerMissing):
        office.sign(ledger, weak, release)


def test_a_release_whose_content_changed_is_not_loaded(screening: Screening) -> None:
    release = screening.release()
    with screening.store.act(machine("test")) as ledger:
        record = ledger.get(Release, release)
        ledger.save(replace(record, pack=record.pack.replace("0.97", "0.98")), act="test.tamper")
    screening.desk.live.loaded = None
    with screening.store.read(machine("test")) as ledger, pytest.raises(ReleaseInvalid, match="digest"):
        screening.desk.reload(ledger)
    assert screening.calls(**spoofed(1)).columns["verdict"] == ["BLOCK"], "what was in force stays"


def test_a_release_is_read_once_and_leaves_the_lists_alone(screening: Screening) -> None:
    first = screening.release()
    one = screening.desk.live.full
    second = screening.release(pack=PACK.replace("0.97", "0.98"))
    lists = screening.desk.live.engine.lists.version
    screening.do("owner", "release", "roll_back", second)
    assert screening.desk.live.full is not None
    assert screening.desk.live.full.id == first
    assert screening.desk.live.full is one, "what was read before is not read again"
    assert screening.desk.live.engine.lists.version == lists


def test_a_bad_pack_is_refused_when_it_is_drafted(screening: Screening) -> None:
    with pytest.raises(ReleaseInvalid):
        screening.do("owner", "release", "new", title="bad", pack=PACK.replace("when: spoofed", "when: spoofd"))


def test_a_rule_on_an_area_cannot_be_signed_without_the_national_measure(screening: Screening) -> None:
    pack = PACK.replace("CN.ATF.13.intercept", "CN.ATF.35.area")
    release = screening.do("owner", "release", "new", title="area", pack=pack)
    with pytest.raises(AuthorizationMissing):
        screening.do("reviewer", "release", "sign", release)


def test_shadow_counts_percentage_decides_for_some_and_rolling_back_restores(screening: Screening) -> None:
    head, tail = PACK.split("- id: call.spoofed")
    mild = tail.replace("severity: block", "severity: flag", 1).replace("precision: 0.99", "precision: 0.4", 1)
    first = screening.release(pack=f"{head}- id: call.spoofed{mild}")
    second = screening.do("owner", "release", "new", title="second")
    screening.do("reviewer", "release", "sign", second)
    screening.do("owner", "release", "shadow", second)
    many = {"calling": [f"028855{row:05d}" for row in range(200)], "trunk": ["intl-1"] * 200}
    assert set(screening.calls(**many).columns["verdict"]) == {"FLAG"}
    with screening.store.read(machine("test")) as ledger:
        assert ledger.find(ScreeningHour)[0].shadow_counts["would_stop"] == 200
    screening.do("owner", "release", "stage", second, percentage=30)
    staged = screening.calls(**many).columns["verdict"]
    assert 20 < staged.count("BLOCK") < 120
    screening.do("owner", "release", "full", second)
    assert set(screening.calls(**many).columns["verdict"]) == {"BLOCK"}
    screening.do("owner", "release", "roll_back", second)
    assert set(screening.calls(**many).columns["verdict"]) == {"FLAG"}
    with screening.store.read(machine("test")) as ledger:
        assert ledger.get(Release, first).state is ReleaseState.FULL
        assert ledger.get(Release, second).state is ReleaseState.ROLLED_BACK


def test_the_fail_policy_is_a_signed_setting(tmp_path: Path) -> None:
    open_, closed = make_screening(tmp_path / "a"), make_screening(tmp_path / "b")
    open_.release(fail_messages="open")
    closed.release(fail_messages="closed")
    assert open_.messages(["hello"]).columns["verdict"] == ["PASS"]
    answers = closed.messages(["hello"])
    assert answers.columns["verdict"] == ["HOLD"]
    assert answers.columns["reasons"] == ["undecided: what the rules ask for is not known"]
    assert [verdict.reasons[0].rule for verdict in kept(closed)] == ["undecided"]
    for made in (open_, closed):
        made.store.close()


# ---------------------------------------------------------------- verdicts


def test_a_verdict_is_reproduced_bit_for_bit_and_never_names_the_called(screening: Screening) -> None:
    screening.release()
    answers = screening.calls(**burst(screening.clock.now(), 60))
    assert "BLOCK" in answers.columns["verdict"]
    for verdict in kept(screening):
        assert "1390" not in repr(verdict)
        with screening.store.read(machine("test")) as ledger:
            again = screening.desk.explain(ledger, verdict.id)
        assert again["score"] == verdict.score
        assert again["parts"] == verdict.parts
        assert again["conditions"]


def test_an_altered_verdict_is_not_explained(screening: Screening) -> None:
    screening.release()
    screening.calls(**spoofed(1))
    (verdict,) = kept(screening)
    with screening.store.act(machine("test")) as ledger:
        ledger.save(replace(verdict, score=0.95), act="test.tamper")
    with screening.store.read(machine("test")) as ledger, pytest.raises(ReleaseInvalid, match="reproduced"):
        screening.desk.explain(ledger, verdict.id)


def test_references_are_unguessable_and_belong_to_stopped_rows(screening: Screening) -> None:
    screening.release()
    answers = screening.calls(calling=["02885551234", "+8613800138000"], trunk=["intl-1", "intl-1"])
    stopped, passed = answers.columns["reference"]
    assert len(str(stopped).replace("-", "")) * 5 >= 128
    assert passed is None


def test_after_its_term_only_reference_release_rules_and_times_remain(screening: Screening) -> None:
    screening.release()
    screening.calls(**spoofed(1))
    (before,) = kept(screening)
    screening.later(timedelta(days=29))
    assert kept(screening) == [before]
    screening.later(timedelta(days=2))
    (after,) = kept(screening)
    assert (after.number, after.features, after.parts, after.reasons) == ("", {}, {}, ())
    assert (after.id, after.release_id, after.rules, after.at) == (
        before.id,
        before.release_id,
        before.rules,
        before.at,
    )
    with screening.store.read(machine("test")) as ledger:
        assert screening.desk.explain(ledger, after.id)["expired"] is True


def test_the_public_view_gives_reason_and_remedy_and_no_number(screening: Screening) -> None:
    screening.release()
    screening.calls(**spoofed(1))
    (verdict,) = kept(screening)
    with screening.store.read(machine("test")) as ledger:
        view = screening.desk.public_view(ledger, verdict.id)
        assert screening.desk.public_view(ledger, "unknown") is None
        with pytest.raises(NotFound):
            screening.desk.explain(ledger, "unknown")
    assert view is not None
    assert "remedy" in repr(view)
    assert verdict.number not in repr(view)


def test_stopped_text_is_kept_apart_and_goes_with_its_term_and_allowed_text_never_stays(with_text: Screening) -> None:
    with_text.release()
    answers = with_text.messages([FRAUD, "晚上回家吃饭吗"], sender=["+8613700137000"] * 2)
    assert answers.columns["verdict"] == ["BLOCK", "PASS"]
    assert answers.columns["kind"] == ["fraud", "pass"]
    with with_text.store.read(machine("test")) as ledger:
        (text,) = ledger.find(StoppedText)
        (verdict,) = ledger.find(Verdict)
    assert (text.id, text.text) == (verdict.id, FRAUD)
    assert FRAUD not in repr(verdict)
    with_text.later(timedelta(days=31))
    with with_text.store.read(machine("test")) as ledger:
        assert [row.text for row in ledger.find(StoppedText)] == [""]
        assert "回家吃饭" not in repr([ledger.find(kind) for kind in (Verdict, StoppedText, ScreeningHour)])


def test_the_same_template_gets_one_campaign(with_text: Screening) -> None:
    with_text.release()
    texts = [FRAUD.replace("12万", f"{amount}万") for amount in (12, 35, 88)]
    campaigns = with_text.messages([*texts, "另一条"], sender=["+8613700137000"] * 4).columns["campaign"]
    assert campaigns[1] == campaigns[2] is not None
    assert campaigns[3] is None


def test_a_part_left_out_passes_everything_and_still_counts(tmp_path: Path) -> None:
    made = make_screening(tmp_path, without=frozenset({"calls"}))
    made.release()
    assert made.calls(**spoofed(2)).columns["verdict"] == ["PASS"] * 2
    with made.store.read(machine("test")) as ledger:
        assert [hour.screened_count for hour in ledger.find(ScreeningHour)] == [2]
    made.store.close()


def test_a_row_that_cannot_be_used_is_answered_in_its_place(screening: Screening) -> None:
    screening.release()
    answers = screening.calls(at=["soon", screening.clock.now()], calling=["02885551234"] * 2, trunk=["intl-1"] * 2)
    assert answers.columns["row"] == [1, 2]
    assert answers.columns["verdict"] == ["PASS", "BLOCK"]
    assert str(answers.columns["reasons"][0]).startswith("rejected: at 'soon'")


def test_an_empty_batch_is_answered_emptily(screening: Screening) -> None:
    screening.release()
    assert len(screening.calls(calling=[])) == 0


# ---------------------------------------------------------------- lists and facts


def entry(screening: Screening, **body: object) -> str:
    expires_at = screening.clock.now() + timedelta(days=30)
    fields = {"list_kind": "exempt", "typology": "courier", "reason": "registered", "expires_at": expires_at}
    return screening.do("owner", "number_entry", "new", "", **{**fields, **body})


def test_an_exemption_needs_a_second_hand_and_lapses(screening: Screening) -> None:
    screening.release()
    made = entry(screening, number="17012345678")
    with pytest.raises(SameHand):
        screening.do("owner", "number_entry", "sign", made)
    screening.do("reviewer", "number_entry", "sign", made)
    assert set(screening.calls(**burst(screening.clock.now(), 60)).columns["verdict"]) == {"PASS"}
    screening.later(timedelta(days=31))
    with screening.store.read(machine("test")) as ledger:
        assert ledger.get(NumberEntry, made).state is EntryState.EXPIRED
    assert "BLOCK" in screening.calls(**burst(screening.clock.now(), 60)).columns["verdict"]


def test_no_officer_writes_a_block_or_a_region_into_a_list(screening: Screening) -> None:
    with pytest.raises(BadField, match="measure"):
        entry(screening, list_kind="block", number="17012345678")
    with pytest.raises(GroundForbidden, match="province"):
        entry(screening, list_kind="watch", number="+86139", prefix=True)
    with pytest.raises(BadField, match="year"):
        entry(screening, number="17012345678", expires_at=screening.clock.now() + timedelta(days=400))


def test_a_prefix_entry_meets_the_numbers_that_begin_with_it(screening: Screening) -> None:
    screening.release()
    made = entry(screening, list_kind="watch", number="+861701234", prefix=True)
    screening.do("reviewer", "number_entry", "sign", made)
    answers = screening.calls(calling=["17012340001", "17012350001"])
    assert answers.columns["verdict"] == ["FLAG", "PASS"]


def test_reports_are_leads_one_marks_two_hold_and_none_blocks(screening: Screening) -> None:
    screening.release()
    quiet = "+8613700137000"
    screening.fact("case.lines", lines=[quiet, quiet], typology="loan")
    screening.fact("case.lines", lines=[quiet], typology="loan")  # the same fact again
    assert screening.calls(calling=[quiet]).columns["verdict"] == ["FLAG"]
    screening.fact("case.lines", fact_id="fact-2", lines=["13700137000"], typology="loan")
    assert screening.calls(calling=[quiet]).columns["verdict"] == ["HOLD"]
    with screening.store.read(machine("test")) as ledger:
        assert [(line.id, line.reports_count) for line in ledger.find(ReportedLine)] == [(quiet, 2)]
    for number in range(20):
        screening.fact("case.lines", fact_id=f"more-{number}", lines=[quiet])
    assert screening.calls(calling=[quiet]).columns["verdict"] == ["HOLD"]
    screening.later(timedelta(days=31))
    assert screening.calls(calling=[quiet]).columns["verdict"] == ["PASS"]


def test_a_line_is_blocked_while_its_measure_is_in_force_and_let_go_with_it(screening: Screening) -> None:
    screening.release()
    line = "+8613700137000"
    office = make_office()
    register_entry = REGISTER.measures(MeasureKind.RESTRICT_LINE)[0]
    with screening.store.act(machine("test")) as ledger:
        measure = office.draft(ledger, draft_for(register_entry, ref=line, amount_minor=None))
        live = replace(measure, state=MeasureState.IN_FORCE, expires_at=ledger.at + timedelta(days=3))
        ledger.save(live, act="test.in_force")
    for _ in range(2):
        screening.fact("measure.in_force", measure_id=measure.id)
    assert screening.calls(calling=[line]).columns["verdict"] == ["BLOCK"]
    screening.fact("measure.lifted", measure_id=measure.id)
    assert screening.calls(calling=[line]).columns["verdict"] == ["PASS"]
    with screening.store.read(machine("test")) as ledger:
        assert [row.state for row in ledger.find(NumberEntry)] == [EntryState.REMOVED]
        assert ledger.get(Measure, measure.id).live


def test_an_upheld_appeal_lets_the_person_call_again_for_a_while(screening: Screening) -> None:
    screening.release()
    screening.calls(**burst(screening.clock.now(), 60))
    verdict = next(row for row in kept(screening) if row.verdict is VerdictKind.BLOCK)
    with screening.store.read(machine("test")) as ledger:
        assert screening.desk.verdict_chain(ledger, verdict.id) == frozenset({"rules-owner", "rules-reviewer"})
        assert screening.desk.verdict_chain(ledger, "unknown") is None
    for _ in range(2):
        screening.fact("appeal.granted", appeal_id="a-1", target="verdict", target_id=verdict.id)
    with screening.store.read(machine("test")) as ledger:
        assert [row.number for row in ledger.find(Snooze)] == [verdict.number]
        assert screening.desk.watch_lines(ledger) == []
    later = screening.clock.now() + timedelta(hours=1)
    assert set(screening.calls(**burst(later, 60)).columns["verdict"]) == {"PASS"}
    screening.later(timedelta(days=31))
    assert "BLOCK" in screening.calls(**burst(screening.clock.now(), 60)).columns["verdict"]


def test_lines_blocked_often_enough_are_to_be_watched_for_a_day(screening: Screening) -> None:
    screening.release()
    screening.calls(**spoofed(1))
    with screening.store.read(machine("test")) as ledger:
        assert screening.desk.watch_lines(ledger) == []
    screening.calls(**spoofed(1))
    with screening.store.read(machine("test")) as ledger:
        (line,) = screening.desk.watch_lines(ledger)
    assert (line["line"], line["typology"]) == ("+862885551234", "impersonation")
    screening.desk.live.watch.clear()
    with screening.store.read(machine("test")) as ledger:
        screening.desk.open(ledger)
        assert [row["line"] for row in screening.desk.watch_lines(ledger)] == ["+862885551234"]
    screening.later(timedelta(days=1))
    with screening.store.read(machine("test")) as ledger:
        assert screening.desk.watch_lines(ledger) == []


def test_a_sim_box_is_told_once_with_its_lines_and_references(screening: Screening) -> None:
    screening.release()
    count = 80
    start = screening.clock.now()
    rows: dict[str, Sequence[object]] = {
        "at": [start + timedelta(seconds=20 * row) for row in range(count)],
        "calling": [f"+8617012340{row % 12:03d}" for row in range(count)],
        "called": [f"+861390{7_919 * row % 10_000_000:07d}" for row in range(count)],
        "device": ["imei-7"] * count,
        "cell": ["cell-1"] * count,
    }
    answers = screening.calls(**rows)
    screening.calls(**{**rows, "at": [start + timedelta(hours=1)] * count})
    assert "BLOCK" in answers.columns["verdict"]
    found = screening.desk.live.devices["imei-7"]
    assert found.told
    assert len(found.lines) >= 3


def test_ends_of_calls_are_taken_into_account_and_not_kept(screening: Screening) -> None:
    screening.release()
    start = screening.clock.now()
    rows = dict(burst(start, 60))
    ended = rows.pop("ended_at")
    assert set(screening.calls(**rows).columns["verdict"]) == {"PASS"}, "nothing is known of its answers"
    assert screening.desk.call_ends({**rows, "ended_at": ended}) == []
    assert "BLOCK" in screening.calls(**dict(burst(start + timedelta(minutes=21), 5))).columns["verdict"]
    assert CARRIER.id == "C1"


def test_a_stopped_attempt_counts_at_the_number_called(screening: Screening) -> None:
    screening.release()
    for row in range(3):
        at = [screening.clock.now() + timedelta(seconds=row)]
        judged, _rejects = screening.desk.judge_calls({"at": at, "called": ["95588"], **spoofed(1)})
        assert judged.table["callee_stopped_1d"].values.tolist() == pytest.approx([row], abs=0.01)
