"""A day in a small country: the same for the same seed, everything in it, and it heeds what is done to it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import process_time

import numpy as np
import pyarrow as pa
import pytest

from stopline.kernel.phone import read_number
from stopline.nation import truth as facts
from stopline.nation.events import (
    BLOCK,
    CALL_COLUMNS,
    FLAG,
    MESSAGE_COLUMNS,
    Appellant,
    Filing,
    Minute,
    StopOutcome,
    VisitOutcome,
)
from stopline.nation.population import DISTRICTS, Trade
from stopline.nation.syndicates import NEW_TRICK, Part
from stopline.nation.world import World

START = datetime(2026, 3, 9, 22, 0, tzinfo=UTC)  # 06:00 of 10 March in Shanghai
MINUTES = 18 * 60


@dataclass
class Lived:
    world: World
    counts: Counter[str] = field(default_factory=Counter)
    reports: list[Filing] = field(default_factory=list)


def _live(world: World, minutes: int = MINUTES, *, seen: Lived | None = None) -> Lived:
    lived = seen or Lived(world)
    for minute in range(minutes):
        at = START + timedelta(minutes=minute)
        found = world.step(at)
        _count(lived, found)
        lived.counts["ends"] += len(world.ends())
    return lived


def _count(lived: Lived, found: Minute) -> None:
    lived.counts.update(
        calls=len(found.calls),
        scam_calls=int((found.calls_truth > 0).sum()),
        messages=len(found.messages),
        scam_messages=int((found.messages_truth > 0).sum()),
        transfers=len(found.transfers),
        crossings=len(found.crossings),
    )
    lived.reports += found.reports


@pytest.fixture(scope="module")
def day() -> Lived:
    return _live(World(7, 3_000, START))


def _step(world: World, minute: int) -> Minute:
    return world.step(START + timedelta(minutes=minute))


def test_the_same_seed_lives_the_same_day_and_another_does_not() -> None:
    one, same, other = (World(seed, 2_000, START) for seed in (3, 3, 4))
    for minute in range(90):
        first, second, third = (_step(world, minute) for world in (one, same, other))
        assert first.calls.equals(second.calls)
        assert first.messages.equals(second.messages)
        assert (first.transfers, first.reports, first.crossings) == (second.transfers, second.reports, second.crossings)
        assert not first.calls.equals(third.calls)
        assert one.ends().equals(same.ends())


def test_everything_of_the_mission_happens_at_three_thousand_people(day: Lived) -> None:
    for kind in ("calls", "scam_calls", "messages", "scam_messages", "transfers", "crossings"):
        assert day.counts[kind] > 0, kind
    victims = day.world.crowd.victims
    assert {victim.syndicate for victim in victims} >= {0, 1, 2}
    assert any(victim.paid for victim in victims)
    assert any(filing.body["payments"] for filing in day.reports)
    kinds = Counter(day.world.truth.travellers.values())
    assert {"ordinary", "organiser", "recruit", "fugitive", "namesake"} <= set(kinds)
    assert len(day.world.syndicates) >= 5
    finding = day.world.den_finding()
    assert finding is not None
    assert set(day.world.truth.coerced.values()) == {True, False}
    assert day.world.truth.new_trick


def test_money_is_conserved_over_the_whole_day_and_reaches_cash(day: Lived) -> None:
    vault = day.world.vault
    assert vault.total_minor() == vault.opened_minor
    stolen = day.world.truth.stolen_minor
    assert 0 < sum(account.stolen_minor for account in vault.all()) == stolen
    tiers = {account.tier for account in vault.all() if account.stolen_minor}
    assert {3, 4} <= tiers


def test_calls_end_after_they_began_and_only_once(day: Lived) -> None:
    assert day.counts["ends"] <= day.counts["calls"]
    assert day.counts["ends"] > 0.99 * day.counts["calls"]


def test_a_minute_has_its_columns_in_order_of_time() -> None:
    found = _step(World(1, 2_000, START), 0)
    assert tuple(found.calls.schema.names) == CALL_COLUMNS
    assert tuple(found.messages.schema.names) == MESSAGE_COLUMNS
    for batch in (found.calls, found.messages):
        at = batch["at"].cast(pa.int64()).to_numpy()
        assert (np.diff(at) >= 0).all()
        assert batch["at"][0].as_py() >= START
        assert batch["at"][-1].as_py() < START + timedelta(minutes=1)
    assert len(found.calls_truth) == len(found.calls)


def test_spoofed_desks_come_in_by_international_trunks() -> None:
    world = World(2, 3_000, START)
    spoofed = 0
    for minute in range(300):
        found = _step(world, minute)
        for row in np.flatnonzero(found.calls_truth > 0).tolist():
            trunk = found.calls["trunk"][row].as_py()
            number = read_number(found.calls["displayed"][row].as_py(), from_abroad=trunk.startswith("int"))
            spoofed += number.spoofed_as is not None
    assert spoofed > 5


def test_most_scam_numbers_are_heard_of_once() -> None:
    # about .8 at 200,000 people; the fewer the cards of a smaller country, the more often one is met again
    day = _live(World(2, 60_000, START))
    named = Counter(number for filing in day.reports for number in filing.body["calling"])
    assert sum(count == 1 for count in named.values()) / len(named) >= 0.65


def test_reports_are_what_the_door_takes(day: Lived) -> None:
    known = {
        *("phone", "name", "district", "text", "typology", "calling", "links", "accounts"),
        *("loss_minor", "currency", "happened_at", "payments"),
    }
    assert day.reports
    for filing in day.reports:
        assert set(filing.body) == known
        assert filing.body["district"] in DISTRICTS
        assert filing.body["text"].strip()
        assert "{" not in filing.body["text"]
        told = day.world.truth.reports[filing.truth_id]
        assert told.loss_minor == filing.body["loss_minor"]


def test_a_stopped_call_does_not_ring_and_a_stopped_message_is_not_read() -> None:
    world = World(5, 3_000, START)
    for minute in range(MINUTES // 2):
        found = _step(world, minute)
        world.calls_verdict(np.where(found.calls_truth > 0, BLOCK, 0).astype(np.uint8))
        world.messages_verdict(np.where(found.messages_truth > 0, BLOCK, 0).astype(np.uint8))
    yesterday = sum(victim.hooked_s < 6 * 3600 for victim in world.crowd.victims)
    assert len(world.crowd.victims) == yesterday
    assert facts.recall(world.truth.calls) == facts.precision(world.truth.calls) == 1.0
    assert facts.recall(world.truth.messages) == 1.0


def test_a_wrongly_stopped_caller_appeals_with_the_reference() -> None:
    world = World(5, 2_000, START)
    told: set[str] = set()
    appealed: list[Appellant] = []
    for minute in range(150):
        found = _step(world, minute)
        wrong = np.flatnonzero(found.calls_truth == 0)[:1]
        codes = np.zeros(len(found.calls), dtype=np.uint8)
        codes[wrong] = BLOCK
        references = [f"R{minute}-{row}" if row in wrong else "" for row in range(len(found.calls))]
        told.update(reference for reference in references if reference)
        world.calls_verdict(codes, references)
        appealed += found.appellants
    assert appealed
    assert {somebody.reference for somebody in appealed} <= told
    assert len({somebody.contact for somebody in appealed}) == len(appealed)
    world.appeal_answered(appealed[0].reference, appealed[0].at + timedelta(hours=1), granted=True)
    assert facts.released_share(world.truth) == pytest.approx(1 / len(_appeals(world)))
    assert facts.false_blocks_per_100k(world.truth.calls, 2_000) > 0


def _appeals(world: World) -> list[facts.Wrong]:
    return [wrong for wrong in world.truth.wrongs.values() if wrong.appealed_s is not None]


def test_a_mark_lowers_the_chance_to_fall() -> None:
    world = World(5, 2_000, START)
    bait = next(bait for bait in world._baits if not bait.text)
    plain = world.crowd.chance(0.0, bait, marked=False)
    assert 0 < world.crowd.chance(0.0, bait, marked=True) == pytest.approx(plain / 2)
    assert FLAG < BLOCK


def test_a_lesson_lowers_the_chance_in_its_district_for_the_new_trick_only() -> None:
    world = World(5, 3_000, START)
    new = next(syndicate for syndicate in world.syndicates if syndicate.typology == NEW_TRICK)
    tricks = [bait for bait in world._baits if bait.syndicate == new.index]
    assert {int(world.people.home[bait.target]) for bait in tricks} == {new.district}
    assert min(bait.at_s for bait in tricks) > 9.5 * 3600
    others = next(bait for bait in world._baits if bait.syndicate == 2)
    before = [world.crowd.chance(0.0, bait, marked=False) for bait in (tricks[0], others)]
    for code in DISTRICTS:
        world.lesson_reached(code, START)
    after = [world.crowd.chance(12 * 3600.0, bait, marked=False) for bait in (tricks[0], others)]
    assert after[0] < before[0] / 2
    assert after[1] == before[1]


def test_visits_in_time_mostly_keep_people_from_paying() -> None:
    left, visited = World(9, 3_000, START), World(9, 3_000, START)
    lines = [visited.people.numbers[victim.line] for victim in visited.crowd.victims]
    outcomes = Counter(visited.visited(line, START) for line in lines * 3)
    _live(left, 1_000)
    _live(visited, 1_000)
    yesterday = len([victim for victim in left.crowd.victims if victim.hooked_s < 6 * 3600])
    paid = [sum(bool(victim.paid) for victim in world.crowd.victims[:yesterday]) for world in (left, visited)]
    assert paid[0] == yesterday > 0
    assert paid[1] < paid[0] / 2
    assert outcomes[VisitOutcome.MET] > 0
    assert visited.visited("+860", START) is VisitOutcome.NOT_FOUND
    assert (facts.reached_share(visited.crowd.victims) or 0) > (facts.reached_share(left.crowd.victims) or 0)


def test_a_cut_device_falls_silent_and_the_operation_shows() -> None:
    world = World(5, 3_000, START)
    devices = {box.device for syndicate in world.syndicates for box in syndicate.boxes}
    for minute in range(MINUTES):
        found = _step(world, minute)
        if minute == 480:
            assert all(world.line_cut(device, found.at) for device in devices)
        if minute > 480:
            assert devices.isdisjoint(found.calls["device"].to_pylist())
    ratio = facts.traffic_after_operation(world.truth)
    assert ratio is not None
    assert ratio < 0.7
    assert not world.line_cut("350000000000000", START)


def test_without_an_operation_the_two_halves_are_alike(day: Lived) -> None:
    assert facts.traffic_after_operation(day.world.truth) == pytest.approx(1.0, abs=0.02)


def test_a_cut_line_makes_no_calls_until_it_is_restored() -> None:
    world = World(5, 2_000, START)
    courier = next(
        line for line in np.flatnonzero(world.people.trade == Trade.COURIER).tolist() if world.people.calls[line] > 60
    )
    number = world.people.numbers[courier]
    world.line_cut(number, START)
    silent = [_step(world, minute).calls["calling"].to_pylist().count(number) for minute in range(360)]
    world.line_restored(number, START)
    loud = [_step(world, minute).calls["calling"].to_pylist().count(number) for minute in range(360, 720)]
    assert (sum(silent), sum(loud) > 0) == (0, True)
    assert number in world.truth.cut_lawful


def test_a_stopped_account_keeps_the_money_of_its_victims() -> None:
    world = World(5, 3_000, START)
    for syndicate in world.syndicates:
        chain = syndicate.laundry
        for account in (*chain.first, *([chain.channel] if chain.channel else ())):
            answer = world.account_stopped(account.bank, account.number, None, START)
            assert answer.outcome is StopOutcome.ACTIVE_FULL
    _live(world, 400)
    held = sum(account.stolen_minor for account in world.vault.all() if account.sealed)
    assert facts.stopped_share(world.truth.stolen_minor, held) == 1.0


def test_carriers_know_who_answered_a_line_and_banks_whose_account_it_is(day: Lived) -> None:
    world = day.world
    reported = next(filing for filing in day.reports if filing.body["payments"])
    line = reported.body["calling"][0]
    people = {exposure.person for exposure in world.exposures([line])}
    assert reported.body["phone"] in people
    first = reported.body["payments"][0]
    holder = world.holder_of(first["target"])
    assert holder is not None
    assert holder.kind == "account"
    transfers = world.statement(first["target_bank"], first["target"], START)
    assert first["reference"] in {done.reference for done in transfers}
    device = world.syndicates[0].boxes[0].device
    operator = world.holder_of(device)
    assert operator is not None
    assert operator.document_no == world.syndicates[0].people[Part.OPERATOR].document_no
    assert world.holder_of("nobody's") is None


def test_somebody_caught_does_not_come_to_the_border() -> None:
    world = World(5, 3_000, START)
    leaving = [document for document, how in world.truth.fugitives.items() if how == "border"]
    for document in leaving:
        assert world.caught(document, START)
    _live(world)
    assert Counter(world.truth.travellers.values())["fugitive"] == 0
    assert not world.caught("E0", START)


def test_a_published_notice_brings_a_tip_about_somebody_in_hiding() -> None:
    world = World(5, 2_000, START)
    hiding = {document for document, how in world.truth.fugitives.items() if how == "hiding"}
    for document in hiding:
        world.notice_published(document, START)
    tips = [tip for minute in range(150) for tip in _step(world, minute).tips]
    assert {tip.document_no for tip in tips} <= hiding
    assert tips
    world.caught(tips[0].document_no, START + timedelta(hours=3))
    assert facts.found_by_notice(world.truth) == 1


def test_a_raided_den_is_empty_and_its_callers_are_silent() -> None:
    world = World(5, 2_000, START)
    world.den_raided(START)
    assert world.den_finding() is None
    den = 1 + world._den.syndicate
    for minute in range(400):
        found = _step(world, minute)
        trunks = [found.calls["trunk"][row].as_py() for row in np.flatnonzero(found.calls_truth == den).tolist()]
        assert not [trunk for trunk in trunks if trunk.startswith("int")]


def test_the_cost_of_a_day_grows_with_its_calls_not_faster() -> None:
    costs = []
    for subscribers in (4_000, 16_000):
        began = process_time()
        lived = _live(World(1, subscribers, START), 240)
        costs.append((process_time() - began) / lived.counts["calls"])
    assert costs[1] < costs[0] * 1.5
