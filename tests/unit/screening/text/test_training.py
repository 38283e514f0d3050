"""Training: labels by the guide, templates without loose ends, equal seeds give equal models."""

from __future__ import annotations

from string import ascii_lowercase

import numpy as np
import pytest

from stopline.screening.text.alphabet import RARE, alphabet
from stopline.screening.text.fold import fold
from stopline.screening.text.han_rare import RARE_READINGS
from stopline.screening.text.model import MessageModel
from stopline.screening.text.training import labels
from stopline.screening.text.training.attacks import ATTACKS
from stopline.screening.text.training.labels import allowed_lanes, truth
from stopline.screening.text.training.measures import Row
from stopline.screening.text.training.recipe import train
from stopline.screening.text.training.templates import examples
from stopline.screening.text.vocabulary import Kind, Lane


@pytest.mark.parametrize(
    ("source", "label", "fine", "text", "lanes"),
    [
        ("zh_fake_base_station", 0, "out_of_scope", "某某被起诉", labels.PASS),
        ("zh_fake_base_station", 1, "AD:Retail", "全场五折", labels.COMMERCIAL),
        ("zh_fake_base_station", 1, "AD:Other", "兼职刷单", labels.bits(Lane.MONEY)),
        ("zh_fake_base_station", 1, "IL:Gambling", "投注", labels.bits(Lane.VICE)),
        ("zh_mudou", 0, "", "您的验证码", labels.PASS),
        ("zh_mudou", 0, "", "优惠活动", labels.LAWFUL),
        ("zh_mudou", 1, "", "代开各类发票", labels.bits(Lane.ILLEGAL_TRADE)),
        ("zh_bdci", 1, "", "全场五折", labels.COMMERCIAL),
        ("zh_bdci", 1, "", "三八女人", labels.UNWANTED),
        ("en_mishra", 1, "spam", "free ringtone", labels.COMMERCIAL),
        ("en_mishra", 1, "smishing", "call now", labels.FRAUD),
        ("zh_telegram", 1, "", "看我名字", labels.FRAUD),
        ("zh_personal", 0, "ham", "", labels.UNUSED),
    ],
)
def test_the_label_guide(source: str, label: int, fine: str, text: str, lanes: int) -> None:
    assert allowed_lanes(source, label, fine, fold(text)) == lanes


def test_what_is_only_unwanted_is_not_judged() -> None:
    assert truth("zh_bdci", 1, "", "三八") is None
    assert truth("zh_fake_base_station", 0, "out_of_scope", "某") is Kind.PASS


def test_templates_are_spelled_out_fully() -> None:
    found = examples(1, np.random.default_rng(1))
    assert {one.lane for one in found} == set(Lane)
    assert not [one.text for one in found if set("{}|") & set(one.text)]


def test_attacks_keep_the_message() -> None:
    text = "您的账户已冻结 call 123 now"
    for name, attack in ATTACKS.items():
        attacked = attack(text, np.random.default_rng(2))
        assert attacked != text, name
        if name.startswith("padded"):
            assert text in attacked
        elif name not in {"spaced", "homophones"}:
            assert fold(attacked) == fold(text), name


def test_homophones_keep_the_sounds_of_the_message() -> None:
    text = "您的银行账户已经冻结请立即点击链接办理"
    attacked = ATTACKS["homophones"](text, np.random.default_rng(4))
    changed = sum(one != other for one, other in zip(text, attacked, strict=True))
    sounds = alphabet().readings
    assert 3 <= changed <= 9
    assert [sounds[ord(char)] for char in attacked] == [sounds[ord(char)] for char in text]


def test_rare_characters_have_sounds_and_stay_rare() -> None:
    common, rare = ord("行"), ord("珩")
    assert alphabet().readings[ord("亍")] > 0
    assert alphabet().marks[common] & RARE == 0
    assert all(
        alphabet().readings[ord(char)] for entry in RARE_READINGS.split() for char in entry.lstrip(ascii_lowercase)
    )
    assert sum(bool(alphabet().marks[ord(char)] & RARE) for char in RARE_READINGS if not char.isascii()) > 16_000
    assert alphabet().readings[rare] > 0


def _rows() -> list[Row]:
    fraud = [f"代开发票{place}联系13800138{place:03d}" for place in range(60)]
    chat = [f"明天{place}点一起吃饭吗" for place in range(60)]
    advert = [f"全场{place}折优惠欢迎进店选购" for place in range(60)]
    sets = (
        ("zh_fake_base_station", 1, "IL:Fake_ID_and_invoice", fraud),
        ("zh_personal", 0, "ham", chat),
        ("zh_fake_base_station", 1, "AD:Retail", advert),
        ("en_mishra", 1, "smishing", [f"you won prize {n} call 09011122{n:03d}" for n in range(60)]),
        ("en_mishra", 0, "ham", [f"see you at {n} then" for n in range(60)]),
    )
    return [
        Row(source=source, text=text, label=label, fine=fine, cluster=number * 7 + at,
            split="valid" if number % 5 == 0 else "train")
        for at, (source, label, fine, texts) in enumerate(sets)
        for number, text in enumerate(texts)
    ]  # fmt: skip


def test_equal_rows_and_seed_give_equal_models_that_know_the_rows() -> None:
    first, second = train(_rows(), seed=4), train(_rows(), seed=4)
    assert first.content == second.content
    scores = MessageModel.load(first.content).screen(["代开发票99联系13800138777", "晚上一起吃饭吗"])
    assert scores.kind.tolist() == [Kind.FRAUD, Kind.PASS]
    assert first.card["measured"][0]["recall_ratio"] == 1.0
    assert "代开" not in str(first.card)
