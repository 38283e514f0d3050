"""The shipped model: kinds, scores, typologies, reasons, and what it does with hostile input."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.errors import BadFile
from stopline.screening.text.model import MessageModel, dump
from stopline.screening.text.ngrams import TABLE_ROWS
from stopline.screening.text.scoring import LANES, SIZES
from stopline.screening.text.training.attacks import ATTACKS
from stopline.screening.text.vocabulary import CODES, LABELS, Kind, Lane, Typology, typology_of
from stopline.stores.model_files import read_message_model, shipped_message_model
from stopline.stores.model_training import measure_message_model

MODEL = shipped_message_model()
ANY = st.characters(exclude_categories=())

FRAUDS = (
    "【工商银行】您的电子密码器将于明日失效，请登录 http://icbc-a.top 升级，逾期停用",
    "亲，手机兼职刷单，一单一结，日赚300，加微信 shua8899 了解",
    "专业代开增值税发票，验后付款，点数低，电话13800001111",
    "澳门真人百家乐，首存100送88，秒到账，网址 77aa.vip",
    "Dear customer your SBI account will be blocked today update PAN card http://sbi-kyc.info",
    "Royal Mail: your parcel has an unpaid customs fee, pay at http://rm-fee.top/pay",
)
HONEST = (
    "【招商银行】您账户8921于10月3日9:12网银转出2,000.00元，余额318.20元",
    "【饿了么】验证码：339210，切勿告诉他人",
    "【南方航空】您好，CZ3456航班登机口变更为B12，请留意机场广播",
    "【国家电网】您户号3301的电费余额不足20元，请及时充值",
    "妈，我钱不够了，转我五百生活费",
    "我换手机号了，存一下哈，我是小李",
    "Your verification code is 221934. It expires in 5 minutes.",
    "Running late, start dinner without me!",
)
ADVERTS = (
    "【优衣库】周年庆全场5折起，满300减50，进店有礼，退订回T",
    "江景现房首付30万起，样板间开放，看房热线 88886666",
)


def test_fraud_is_flagged() -> None:
    scores = MODEL.screen(FRAUDS)
    assert [int(kind) for kind in scores.kind] == [Kind.FRAUD] * len(FRAUDS)
    assert (scores.score >= 0.5).all()


def test_honest_messages_pass() -> None:
    scores = MODEL.screen(HONEST)
    assert [int(kind) for kind in scores.kind] == [Kind.PASS] * len(HONEST)
    assert scores.reasons == [()] * len(HONEST)


def test_lawful_advertising_is_commercial() -> None:
    assert [int(kind) for kind in MODEL.screen(ADVERTS).kind] == [Kind.COMMERCIAL] * len(ADVERTS)


def test_reasons_quote_the_message_and_what_was_found_in_it() -> None:
    reasons = MODEL.screen(FRAUDS).reasons[0]
    assert "link" in reasons
    fragments = [reason.removeprefix("text: ") for reason in reasons if reason.startswith("text")]
    assert fragments
    assert any(part.replace("[link]", "") in FRAUDS[0] for part in fragments)


def test_disguise_does_not_hide_and_is_told() -> None:
    hidden = FRAUDS[0].replace("失效", "失\u200b效").replace("工商", "工\u200b商")
    scores = MODEL.screen([hidden])
    assert scores.kind[0] == Kind.FRAUD
    assert "invisible characters" in scores.reasons[0]


def test_typologies_are_named_and_labelled() -> None:
    names = MODEL.screen(FRAUDS).typologies
    assert names[0] is Typology.IMPERSONATED_SERVICE
    assert names[1] is Typology.BRUSHING_REBATE
    assert names[2] is Typology.FAKE_INVOICE
    assert names[3] is Typology.GAMBLING
    assert set(LABELS) == set(CODES)
    assert typology_of("", Lane.OTHER_FRAUD) is Typology.OTHER


@given(st.lists(st.one_of(st.text(ANY, max_size=80), st.sampled_from(FRAUDS + HONEST)), max_size=6))
def test_a_batch_is_its_rows(texts: list[str]) -> None:
    together = MODEL.screen(texts)
    alone = [MODEL.screen([text]) for text in texts]
    assert together.kind.tolist() == [int(one.kind[0]) for one in alone]
    assert together.score.tolist() == [float(one.score[0]) for one in alone]
    assert together.typology.tolist() == [int(one.typology[0]) for one in alone]
    assert together.reasons == [one.reasons[0] for one in alone]


@pytest.mark.parametrize("text", ["", "\x00" * 50, "\ud83d", "\U000e0001" * 9, "中" * 100_000, "a1" * 50_000, " \n\t"])
def test_hostile_input_is_scored_between_zero_and_one(text: str) -> None:
    score = float(MODEL.screen([text]).score[0])
    assert 0.0 <= score <= 1.0


def test_nothing_legible_passes() -> None:
    assert MODEL.screen(["", "\u200b\u200b", "。。。"]).kind.tolist() == [Kind.PASS] * 3


def test_no_messages_no_rows() -> None:
    assert len(MODEL.screen([])) == 0


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello", b"\x93NUMPY\x01\x00v\x00{}"])
def test_a_file_that_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(BadFile):
        MessageModel.load(content)


def test_a_model_with_other_tables_or_format_is_refused() -> None:
    weights = np.zeros((TABLE_ROWS, LANES), np.int8)
    bias, lines = np.zeros(LANES), np.ones((2, 2 + SIZES))
    with pytest.raises(BadFile):
        MessageModel.load(dump(weights=weights[:8], bias=bias, unit=1.0, calibration=lines, card={}))
    with pytest.raises(BadFile):
        MessageModel.load(dump(weights=weights, bias=bias, unit=float("nan"), calibration=lines, card={}))
    buffer = io.BytesIO()
    np.savez(buffer, weights=weights)
    with pytest.raises(BadFile):
        MessageModel.load(buffer.getvalue())


def test_equal_contents_are_equal_bytes_and_one_version() -> None:
    weights = np.zeros((TABLE_ROWS, LANES), np.int8)
    first, second = (
        dump(weights=weights, bias=np.zeros(LANES), unit=1.0, calibration=np.ones((2, 2 + SIZES)), card={})
        for _ in range(2)
    )
    assert first == second
    assert MessageModel.load(first).version == MessageModel.load(second).version


def test_a_model_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="name a model file"):
        read_message_model(tmp_path / "none.npz")


FLOORS = {"zh_fake_base_station": 0.88, "zh_telegram": 0.78, "en_mishra": 0.65}
CEILINGS = {
    "zh_personal": 0.003, "zh_mudou": 0.01, "zh_mudou notices": 0.006, "zh_bdci": 0.006,
    "zh_fake_base_station": 0.01, "zh_telegram": 0.03, "en_mishra": 0.015, "en_supersms": 0.01,
    "political": 0.0,
}  # fmt: skip
MOST_LOST = {"zh": 0.10, "en": 0.20}  # of recall, to any one attack


def test_the_shipped_model_still_does_on_real_data_what_its_card_says(data_dir: Path) -> None:
    measured = {str(one["name"]): one for one in measure_message_model(data_dir / "messages", MODEL)}
    for name, floor in FLOORS.items():
        recall = measured[name]["recall_ratio"]
        assert isinstance(recall, float)
        assert recall >= floor, name
    for name, ceiling in CEILINGS.items():
        false = measured[name]["false_positive_ratio"]
        assert isinstance(false, float)
        assert false <= ceiling, name
    for script in ("zh", "en"):
        begins = f"attack on {script}: "
        recalls = {n.removeprefix(begins): one["recall_ratio"] for n, one in measured.items() if n.startswith(begins)}
        plain = recalls.pop("none")
        assert isinstance(plain, float)
        assert len(recalls) == len(ATTACKS)
        for name, recall in recalls.items():
            assert isinstance(recall, float)
            assert recall >= plain - MOST_LOST[script], (script, name)
