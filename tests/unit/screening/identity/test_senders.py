"""A brand's own notice from its own registered sender passes; the same text from anybody else does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopline.kernel.actors import machine
from stopline.kernel.errors import BadField, SameHand
from stopline.nation.messages import bank_senders, fill, texts
from stopline.screening.identity.columns import Written, identity_columns
from stopline.screening.identity.registered import Senders, fingerprints
from stopline.screening.numbers import NumberCodes
from stopline.screening.records import EntryState, ListKind, NumberEntry, Verdict
from stopline.screening.reputation import PublicState, public_state
from stopline.screening.text.fold import fold_all
from tests.unit.screening.desks import Screening, make_screening

START = datetime(2026, 3, 10, 9, tzinfo=UTC)
OWN, OTHER, PHONE = "95588", "106912345678", "+8613800138000"
NOTICE = "【工商银行】您的账户存在风险将被冻结，请立即登录 https://m.icbc.com.cn/safe 核实身份，逾期将停止使用。"
ABROAD = "ICBC: your account is locked and will be closed today, verify now at https://m.icbc.com.cn/safe"
PHISHED = NOTICE.replace("m.icbc.com.cn", "icbc-safe.top")
CALL_ME = "【工商银行】您的账户涉嫌洗钱将被冻结，请立即联系办案民警13912345678配合调查，否则通缉。"


@pytest.fixture
def screening(tmp_path: Path) -> Iterator[Screening]:
    made = make_screening(tmp_path, text=True)
    made.release()
    yield made
    made.store.close()


def register(screening: Screening, *, sign: bool = True, **body: object) -> str:
    fields = {
        "list_kind": "sender",
        "number": OWN,
        "brand": "工商银行",
        "typology": "bank",
        "reason": "the bank's letter",
        "expires_at": screening.clock.now() + timedelta(days=30),
    }
    made = screening.do("owner", "number_entry", "new", "", **{**fields, **body})
    if sign:
        screening.do("reviewer", "number_entry", "sign", made)
    return made


def verdicts(screening: Screening, *rows: tuple[str | None, str]) -> list[str]:
    senders: list[object] = [sender for sender, _text in rows]
    at: list[object] = [screening.clock.now()] * len(rows)
    answers = screening.messages([text for _sender, text in rows], sender=senders, at=at)
    return [str(one) for one in answers.columns["verdict"]]


def last(screening: Screening) -> Verdict:
    with screening.store.read(machine("test")) as ledger:
        return ledger.find(Verdict)[-1]


def test_the_same_text_passes_from_the_own_sender_only(screening: Screening) -> None:
    assert verdicts(screening, (OWN, NOTICE)) == ["BLOCK"]  # the model alone
    register(screening, examples=[NOTICE, ABROAD])
    rows = (
        (OWN, NOTICE),
        (OTHER, NOTICE),
        (PHONE, NOTICE),
        (None, NOTICE),
        ("", NOTICE),
        (OWN, ABROAD),
        (OTHER, ABROAD),
    )
    assert verdicts(screening, *rows) == ["PASS", "BLOCK", "BLOCK", "BLOCK", "BLOCK", "PASS", "HOLD"]


def test_a_registration_needs_a_second_hand_and_ends_at_its_term_or_when_removed(screening: Screening) -> None:
    made = register(screening, sign=False, examples=[NOTICE])
    assert verdicts(screening, (OWN, NOTICE)) == ["BLOCK"]
    with pytest.raises(SameHand):
        screening.do("owner", "number_entry", "sign", made)
    screening.do("reviewer", "number_entry", "sign", made)
    assert verdicts(screening, (OWN, NOTICE)) == ["PASS"]
    screening.do("owner", "number_entry", "remove", made, reason="the bank moved")
    assert verdicts(screening, (OWN, NOTICE)) == ["BLOCK"]

    register(screening, examples=[NOTICE])
    screening.clock.move_to(screening.clock.now() + timedelta(days=30))  # the minute's work has not run yet
    assert verdicts(screening, (OWN, NOTICE)) == ["BLOCK"]
    screening.later(timedelta(days=1))
    with screening.store.read(machine("test")) as ledger:
        states = {entry.state for entry in ledger.find(NumberEntry)}
    assert states == {EntryState.REMOVED, EntryState.EXPIRED}
    assert verdicts(screening, (OWN, NOTICE)) == ["BLOCK"]


def test_a_notice_that_is_not_registered_passes_with_a_mark_while_it_leads_nowhere_else(screening: Screening) -> None:
    register(screening)
    assert verdicts(screening, (OWN, NOTICE)) == ["FLAG"]
    assert last(screening).rules == ("message.own_sender_misused",)
    assert verdicts(screening, (OWN, PHISHED), (OWN, CALL_ME)) == ["BLOCK", "BLOCK"]


def test_a_registered_wording_does_not_cover_a_link_that_is_not_the_brands_own(screening: Screening) -> None:
    register(screening, examples=[PHISHED])
    assert verdicts(screening, (OWN, PHISHED)) == ["BLOCK"]
    assert "message.own_sender_misused" in last(screening).rules
    with screening.store.read(machine("test")) as ledger:
        (found,) = ledger.find(NumberEntry)
    assert "icbc-safe" not in repr(found)  # only the fingerprint is kept
    register(screening, hosts=["icbc-safe.top"])  # an officer may stand for a host beside the file's
    assert verdicts(screening, (OWN, PHISHED), (OTHER, PHISHED)) == ["PASS", "BLOCK"]


def test_numbers_and_the_name_addressed_are_no_part_of_the_wording(screening: Screening) -> None:
    text = "【工商银行】尊敬的{}，您尾号{}的账户存在风险将冻结，请立即登录 https://m.icbc.com.cn/{} 核实，逾期停用。"
    register(screening, examples=[text.format("王先生", "1234", "a")])
    assert verdicts(screening, (OWN, text.format("欧阳女士", "88", "bcd"))) == ["FLAG"]  # 女士 is another word
    assert verdicts(screening, (OWN, text.format("欧阳先生", "88", "bcd"))) == ["PASS"]


@pytest.mark.parametrize("name", ["ICBC", "lCBC", "ІCBC", "ICBC ", "工商银行", "工商 银行", "ICBC-Bank"])
def test_a_sender_name_is_its_own_only_when_registered_letter_by_letter(screening: Screening, name: str) -> None:
    register(screening, number="ICBC-CN", examples=[NOTICE])
    assert verdicts(screening, (name, NOTICE), ("ICBC-CN", NOTICE)) == ["BLOCK", "PASS"]


def test_a_sender_called_like_a_brand_speaks_as_it(screening: Screening) -> None:
    register(screening)
    text = "您的账户存在风险将被冻结，请立即登录 http://safe.top 核实身份，逾期将停止使用。"
    assert verdicts(screening, ("ICBC", text)) == ["BLOCK"]
    assert "message.brand_other_sender" in last(screening).rules


def test_another_brand_than_the_registered_one_is_not_covered(screening: Screening) -> None:
    register(screening, examples=[NOTICE])
    police = CALL_ME.replace("工商银行", "公安局").replace("13912345678", "https://m.icbc.com.cn")
    assert verdicts(screening, (OWN, police)) == ["BLOCK"]
    assert verdicts(screening, (OWN, NOTICE.replace("工商", "建设"))) == ["BLOCK"]


def test_a_name_that_only_an_entry_knows_is_a_brand_while_it_is_in_force(screening: Screening) -> None:
    text = NOTICE.replace("工商银行", "青禾村镇银行").replace("icbc.com.cn", "qinghe.example")
    made = register(screening, brand="青禾村镇银行", hosts=["qinghe.example"], examples=[text])
    assert verdicts(screening, (OWN, text), (OTHER, text)) == ["PASS", "BLOCK"]
    assert last(screening).features["names_brand"] is True
    screening.do("owner", "number_entry", "remove", made, reason="closed")
    assert verdicts(screening, (OWN, text)) == ["BLOCK"]
    assert last(screening).features["names_brand"] is False


def test_a_verdict_on_a_brand_is_reproduced_and_tells_what_its_text_names(screening: Screening) -> None:
    register(screening)
    verdicts(screening, (PHONE, PHISHED))
    verdict = last(screening)
    assert "message.brand_link" in verdict.rules
    with screening.store.read(machine("test")) as ledger:
        assert screening.desk.explain(ledger, verdict.id)["features"]["link_foreign_to_brand"] is True  # type: ignore[index]  # a page of many kinds of values
        named = screening.desk.extracted(ledger, verdict.id)
        assert named is not None
        assert [(link.host, owner) for link, owner in named.links] == [("icbc-safe.top", "")]
        assert screening.desk.extracted(ledger, "unknown") is None
    screening.later(timedelta(days=31))
    with screening.store.read(machine("test")) as ledger:
        assert screening.desk.extracted(ledger, verdict.id) is None


def test_the_public_is_told_that_a_registered_number_is_official(tmp_path: Path) -> None:
    plain = make_screening(tmp_path)
    register(plain)
    with plain.store.read(machine("test")) as ledger:
        assert public_state(ledger, OWN) is PublicState.OFFICIAL
    plain.store.close()


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("number", {"number": "13800138000"}),
        ("number", {"number": "+861701234", "prefix": True}),
        ("brand", {"brand": ""}),
        ("brand", {"brand": "行"}),
        ("brand", {"brand": "www.icbc.top"}),
        ("brand", {"brand": "一" * 61}),
        ("brand", {"list_kind": "exempt"}),
        ("hosts", {"hosts": ["https://icbc.com.cn"]}),
        ("hosts", {"hosts": ["com"]}),
        ("hosts", {"hosts": ["ісbс.com.cn"]}),
        ("examples", {"examples": ["长" * 2_001]}),
        ("examples", {"examples": ["x"] * 201}),
    ],
)
def test_what_cannot_be_a_registration_is_refused_by_its_field(
    tmp_path: Path, field: str, body: dict[str, Any]
) -> None:
    plain = make_screening(tmp_path)
    with pytest.raises(BadField, match=re.escape(field)):
        register(plain, **body)
    plain.store.close()


# ---------------------------------------------------------------- whatever is written


def entry(brand: str, number: str, *, days: int, texts: tuple[str, ...] = ()) -> NumberEntry:
    return NumberEntry(
        id=number, list_kind=ListKind.SENDER, number=number, prefix=False, typology="", reason="", owner="",
        owner_session="", state=EntryState.SIGNED, created_at=START, expires_at=START + timedelta(days=days),
        brand=brand, templates=fingerprints(texts),
    )  # fmt: skip


CODES = NumberCodes()
REGISTERED = Senders(CODES)
REGISTERED.rebuild(
    [entry("icbc", OWN, days=9, texts=(NOTICE,)), entry("cmb", "95555", days=-9), entry("青禾", "X1Y", days=9)]
)
PIECES = (
    "工商银行", "【工行】", "招商银行", "青禾", "https://m.icbc.com.cn/a", " http://evil.top ", "\u200b", "\u202e",
    "您的账户", "加微信abc12345", "13912345678", "95588", "\ud800", "ICBC", "。", "𝐈𝐂𝐁𝐂", NOTICE,
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=9), max_size=6).map("".join)
SENDERS = st.sampled_from((OWN, OTHER, PHONE, None, "", "95555", "X1Y", "ICBC"))


@settings(max_examples=300)
@given(st.lists(st.tuples(SENDERS, TEXTS), min_size=1, max_size=6))
def test_only_a_registered_sender_is_ever_waved_through_and_rows_do_not_touch_each_other(
    rows: list[tuple[str | None, str]],
) -> None:
    whole = columns(rows)
    for place, row in enumerate(rows):
        alone = columns([row])
        assert {name: column.pop() for name, column in alone.items()} == {n: whole[n][place] for n in whole}
        sender, text = row
        if whole["own_notice"][place]:
            assert sender in {OWN, "X1Y"}
            assert whole["brand_own_sender"][place] is True
            assert whole["link_foreign_to_brand"][place] is False
            assert "evil" not in text
        assert (whole["link_foreign_to_brand"][place] is None) is not whole["names_brand"][place]
        assert not whole["brand_own_sender"][place] or sender in {OWN, "X1Y"}
        assert whole["brand_own_sender"][place] is None or sender


def columns(rows: list[tuple[str | None, str]]) -> dict[str, list[object]]:
    texts, senders = [text for _sender, text in rows], [sender for sender, _text in rows]
    folded, at_us = fold_all(texts), [int(START.timestamp() * 1e6)] * len(rows)
    written = Written(
        texts=texts, folded=folded, sender=CODES.codes(senders, len(rows)), raw_sender=senders,
        at_us=np.array(at_us),
    )  # fmt: skip
    found = identity_columns(written, REGISTERED)
    pairs = {name: zip(one.values.tolist(), one.known.tolist(), strict=True) for name, one in found.items()}
    return {name: [value if known else None for value, known in pair] for name, pair in pairs.items()}


def test_the_simulated_banks_notices_pass_from_their_desks_and_their_imitations_do_not(screening: Screening) -> None:
    for bank in bank_senders():
        for number in bank.senders:
            register(screening, number=number, brand=bank.brand, hosts=list(bank.hosts), examples=list(bank.examples))
    rng = np.random.default_rng(5)
    for bank in bank_senders():
        own = [fill(rng, text) for text in texts()["notices"]["bank"] if bank.brand in text]
        assert set(verdicts(screening, *((number, text) for number in bank.senders for text in own))) == {"PASS"}
    expiring = next(text for text in texts()["notices"]["bank"] if "https://" in text)
    imitated = next(text for text in texts()["fraud"]["customer_service"] if "青禾银行" in text)
    rows = [(sender, fill(rng, imitated, l="http://cust77.example/x")) for sender in ("95501", OTHER, PHONE)]
    assert not {"PASS", "FLAG"} & set(verdicts(screening, (OTHER, expiring), ("95503", expiring), *rows))
