"""The figures of quality: folds by cluster, slices by what a row certainly is, intervals by cluster."""

from __future__ import annotations

import pytest

from stopline.screening.text.training.attacks import ATTACKS
from stopline.screening.text.training.measures import Row
from stopline.screening.text.training.quality import quality, table
from stopline.screening.text.training.recipe import Draft, Judged, fit_rows, judge_rows

_MEASURING = "stopline.screening.text.training.quality"


def _rows() -> list[Row]:
    kinds = (
        ("zh_fake_base_station", 1, "IL:Fake_ID_and_invoice", "代开发票{}联系13800138{:03d}"),
        ("zh_fake_base_station", 1, "AD:Retail", "全场{}折优惠欢迎{}进店选购"),
        ("zh_fake_base_station", 1, "AD:Other", "低息贷款{}万额度{}当天放款"),
        ("zh_fake_base_station", 0, "out_of_scope", "某人第{}次发表看法{}"),
        ("zh_mudou", 0, "", "您尾号{}的银行账户余额{}元"),
        ("zh_personal", 0, "", "明天{}点{}个人一起吃饭吗"),
    )
    return [
        Row(source=source, text=text.format(number, number), label=label, fine=fine, cluster=place * 100 + number // 2,
            split="train")
        for place, (source, label, fine, text) in enumerate(kinds)
        for number in range(60)
    ]  # fmt: skip


def test_every_row_is_judged_once_and_its_slice_is_what_it_certainly_is() -> None:
    found = {one.name: one for one in quality(_rows(), folds=2)}
    assert {name: found[name].rows for name in ("lawful: notices", "lawful: political rows")} == {
        "lawful: notices": 60, "lawful: political rows": 60,
    }  # fmt: skip
    assert found["loans: adverts, zh_fake_base_station"].rows == 60
    assert found["lawful: adverts, zh_fake_base_station"].rows == 60
    assert found["lawful: zh_personal"].clusters == 30
    fraud = found["fraud: zh_fake_base_station"]
    assert fraud.low <= fraud.share <= fraud.high
    assert fraud.share > 0.9
    assert found["lawful: notices"].share < 0.1
    assert sum(name.startswith("fraud: under attack") for name in found) == len(ATTACKS)
    assert all(found[name].rows == 60 for name in found if name.startswith("fraud: under attack"))


def test_no_model_judges_a_cluster_that_it_was_fitted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[set[int]] = []

    def fit(rows: list[Row], seed: int) -> Draft:
        fitted.append({row.cluster for row in rows})
        return fit_rows(rows, seed)

    def judge(draft: Draft, rows: list[Row], seed: int) -> Judged:
        assert not fitted[-1] & {row.cluster for row in rows}
        return judge_rows(draft, rows, seed)

    monkeypatch.setattr(f"{_MEASURING}.fit_rows", fit)
    monkeypatch.setattr(f"{_MEASURING}.judge_rows", judge)
    said = table(quality(_rows(), folds=2))
    assert len(fitted) == 2
    assert "| fraud: under attack, homophones |" in said
