"""A bank registers its sender: its notices pass, nobody else's do, and an officer sees what a stopped text names."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.acceptance.conftest import Doors, release_rules
from tests.acceptance.test_stopped_message import texts

OWN, OTHER = "95588", "106912345678"
NOTICE = "【工商银行】您的账户存在风险将被冻结，请立即登录 https://m.icbc.com.cn/safe 核实身份，逾期将停止使用。"
ENGLISH = "ICBC: your account is locked and will be closed today, verify now at https://m.icbc.com.cn/safe"
PHISHED = "【工商银行】您的账户存在风险将被冻结，请立即登录 http://icbc-safe.example.top/u 验证，否则损失12万元自负"


def verdicts(doors: Doors, *rows: tuple[str, str]) -> list[str]:
    return [str(row["verdict"]) for row in texts(doors, list(rows))]


def test_a_registered_senders_notice_passes_until_its_term_ends(doors: Doors) -> None:
    release_rules(doors)
    assert verdicts(doors, (OWN, NOTICE), (OWN, ENGLISH)) == ["BLOCK", "HOLD"]
    body = {
        "list_kind": "sender",
        "number": OWN,
        "brand": "工商银行",
        "examples": [NOTICE, ENGLISH],
        "typology": "bank",
        "reason": "the bank's letter, checked by telephone",
        "expires_at": (doors.now() + timedelta(days=2)).isoformat(),
    }
    made = str(doors.post("/api/v1/number_entry/new", body, "rules-owner")["id"])
    assert verdicts(doors, (OWN, NOTICE)) == ["BLOCK"]  # one signature is none
    doors.act("rules-owner", "number_entry", made, "sign", expect=409)
    doors.act("rules-reviewer", "number_entry", made, "sign")
    entry = doors.one("number_entry", "rules-reviewer", made)
    assert (entry["brand"], len(entry["templates"])) == ("icbc", 2)
    assert "m.icbc" not in json.dumps(entry, ensure_ascii=False)  # the examples are not kept

    assert verdicts(doors, (OWN, NOTICE), (OWN, ENGLISH)) == ["PASS", "PASS"]
    assert verdicts(doors, (OTHER, NOTICE), ("ICBC", ENGLISH), (OWN, PHISHED), (OTHER, PHISHED)) == [
        "BLOCK", "HOLD", "BLOCK", "BLOCK",
    ]  # fmt: skip
    doors.later(days=3)
    assert verdicts(doors, (OWN, NOTICE)) == ["BLOCK"]


def test_what_a_text_names_is_for_those_who_may_read_it(doors: Doors) -> None:
    release_rules(doors)
    (stopped,) = texts(doors, [("+8617012345678", PHISHED)])
    page = f"/api/v1/verdict/{stopped['reference']}/explanation"
    said = doors.get(page, "appeals1")["extracted"]
    assert [brand["id"] for brand in said["brands"]] == ["icbc"]
    assert [link["host"] for link, _owner in said["links"]] == ["icbc-safe.example.top"]
    assert [(one["minor"], one["currency"]) for one in said["amounts"]] == [(12_000_000, "CNY")]
    assert "extracted" not in doors.get(page, "investigator1")
    public = json.dumps(doors.get(f"/api/v1/public/references/{stopped['reference']}"), ensure_ascii=False)
    assert "icbc" not in public.lower()
