"""Campaigns at the desk: each message learns how its campaign grows, and what was stopped of one is kept in counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stopline.kernel.actors import machine
from stopline.screening.campaigns.kept import Campaign
from stopline.screening.records import StoppedText, Verdict
from tests.unit.screening.desks import Screening, make_screening

FRAUD = "恭喜您中奖，请登录 http://a{}.bc/x 领取{}万元奖金"
GREETING = "爷爷奶奶我们周六中午十二点到家吃饭，大概住到周日晚上再回去，不用准备太多菜"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Screening]:
    made = make_screening(tmp_path, text=True)
    made.release()
    yield made
    made.store.close()


def send(desk: Screening, texts: list[str], *, first: int = 0) -> dict[str, list[object]]:
    senders: list[object] = [f"+861370013{first + place:04d}" for place in range(len(texts))]
    people: list[object] = [f"+861390013{first + place:04d}" for place in range(len(texts))]
    at: list[object] = [desk.clock.now()] * len(texts)
    return desk.messages(texts, sender=senders, recipient=people, at=at).columns


def found(desk: Screening, kind: type[Any] = Campaign) -> list[Any]:
    with desk.store.read(machine("test")) as ledger:
        return ledger.find(kind)


def test_a_campaign_of_stopped_messages_is_kept_in_counts(desk: Screening) -> None:
    first_at = desk.clock.now()
    first = send(desk, [FRAUD.format(place, 10 + place) for place in range(3)])
    assert first["verdict"] == ["BLOCK"] * 3
    desk.later(timedelta(hours=2))
    send(desk, [FRAUD.format(9, 90), "尊敬的用户，" + FRAUD.format(8, 80)], first=3)
    (campaign,) = found(desk)
    assert first["campaign"] == [None, campaign.id, campaign.id]
    assert (campaign.first_at, campaign.last_at) == (first_at, first_at + timedelta(hours=2))
    assert (campaign.messages_count, campaign.senders_count, campaign.recipients_count) == (5, 5, 5)
    assert (campaign.block_count, campaign.pass_count, campaign.compared_count) == (5, 0, 4)
    assert (campaign.with_link_count, campaign.with_phone_count) == (4, 0)
    assert campaign.exact_count == 3
    assert 0.65 <= campaign.likeness_least_ratio < campaign.likeness_mean_ratio < 1
    assert campaign.typologies[campaign.typology] == max(campaign.typologies.values())
    assert sum(campaign.typologies.values()) == 5


def test_each_message_is_told_how_its_campaign_stands(desk: Screening) -> None:
    send(desk, [FRAUD.format(1, 10)])
    desk.later(timedelta(hours=3))
    send(desk, [FRAUD.format(2, 20), FRAUD.format(3, 30)], first=1)
    verdicts = sorted(found(desk, Verdict), key=lambda verdict: verdict.features["campaign_size"])
    told = [[verdict.features[f"campaign_{name}"] for name in ("size", "senders", "age_h")] for verdict in verdicts]
    assert told == [[1.0, 1.0, 0.0], [2.0, 2.0, 3.0], [3.0, 3.0, 3.0]]
    (campaign,) = found(desk)
    assert [verdict.campaign_id for verdict in verdicts] == [campaign.id] * 3
    with desk.store.read(machine("test")) as ledger:
        assert desk.desk.explain(ledger, verdicts[1].id)["features"]["campaign_age_h"] == 3.0  # type: ignore[index]  # a page of many kinds of values


def test_a_stopped_message_that_stays_alone_is_in_no_campaign(desk: Screening) -> None:
    send(desk, [FRAUD.format(1, 10)])
    (verdict,) = found(desk, Verdict)
    assert (verdict.campaign_id, found(desk)) == ("", [])


def test_a_campaign_of_allowed_messages_leaves_no_record_and_no_text(desk: Screening) -> None:
    answers = send(desk, [GREETING, GREETING, GREETING])
    assert answers["verdict"] == ["PASS"] * 3
    assert answers["campaign"][0] is None
    assert answers["campaign"][1] == answers["campaign"][2] is not None
    assert (found(desk), found(desk, StoppedText)) == ([], [])
    assert GREETING[:4].encode("utf-32-le") not in desk.desk.live.engine.campaigns.exemplars.tobytes()


def test_a_short_text_has_no_campaign(desk: Screening) -> None:
    assert send(desk, ["好的", "好的"])["campaign"] == [None, None]


def test_an_expired_verdict_forgets_its_campaign(desk: Screening) -> None:
    send(desk, [FRAUD.format(1, 10), FRAUD.format(2, 20)])
    desk.later(timedelta(days=31))
    assert [verdict.campaign_id for verdict in found(desk, Verdict)] == ["", ""]
    assert len(found(desk)) == 1
