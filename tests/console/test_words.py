"""Both catalogues are complete: every sentence, and every word of every kind, column, state, act and refusal."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest

from stopline.console import figures, kinds, words
from stopline.kernel import errors
from stopline.law.measure import vocabulary
from stopline.law.organisation import Power
from stopline.law.register import Level, Register
from stopline.screening.explanation import unit_of
from stopline.screening.rules.features import CALL, MESSAGE, Type
from stopline.screening.rules.pack import load_pack, shipped_pack
from stopline.screening.text.vocabulary import Typology
from tests.console.conftest import Scene

CONSOLE = Path(figures.__file__).parent
SAID = re.compile(r"""(?:\bt|words\.say)\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
HAN = re.compile(r"[\u4e00-\u9fff]")


def sentences_said() -> set[str]:
    files = [*CONSOLE.rglob("*.html"), *CONSOLE.rglob("*.py")]
    said = {double or single for path in files for double, single in SAID.findall(path.read_text("utf-8"))}
    return said | {"{span} overdue", "{span} left"}


def test_every_sentence_of_the_screens_has_its_chinese() -> None:
    said = sentences_said()
    assert len(said) > 150
    assert sorted(said - words.sentences().keys()) == []


def test_no_translation_is_left_over_or_half_done() -> None:
    kept = words.sentences()
    assert sorted(kept.keys() - sentences_said()) == []
    assert [text for text in kept.values() if not HAN.search(text)] == []
    holes = re.compile(r"\{\w+\}")
    assert [one for one, other in kept.items() if sorted(holes.findall(one)) != sorted(holes.findall(other))] == []


def _types(kind: object, seen: set[object]) -> Iterator[type]:
    """Yield a record type and every dataclass and enum inside it."""
    if isinstance(kind, type) and kind not in seen and (dataclasses.is_dataclass(kind) or issubclass(kind, Enum)):
        seen.add(kind)
        yield kind
        if dataclasses.is_dataclass(kind):
            for hint in kinds.hints(kind).values():
                yield from _types(hint, seen)
    for part in typing.get_args(kind):
        yield from _types(kinds.without_none(part), seen)


def needed(scene: Scene) -> dict[str, set[str]]:
    """Return every key that the screens of this centre can ask the table for."""
    centre, seen = scene.doors.centre, set[object]()
    inside = [found for record_type in centre.kinds.values() for found in _types(record_type, seen)]
    names = {name for kind in inside if dataclasses.is_dataclass(kind) for name in kinds.hints(kind)}
    values = {str(member.value) for kind in inside if issubclass(kind, Enum) for member in kind}
    fields = [field for act in centre.acts for field in act.fields]
    return {
        "kind": set(centre.kinds),
        "act": {act.name for act in centre.acts},
        "power": {power.value for power in Power},
        "name": {name for name in names if not name.endswith("session")} | {field.name for field in fields},
        "value": (values | {choice for field in fields for choice in field.choices}) - {""},
        "ground": set(vocabulary(Register.shipped())),
        "level": {str(level.value) for level in Level},
        "term": {str(entry.max_term) for entry in Register.shipped().entries if entry.max_term},
        "group": {group for group, _names in kinds.MENU},
        "error": {name for name, kind in vars(errors).items() if isinstance(kind, type) and name != "StoplineError"}
        - {"ClassVar", "BadFile", "BadRow", "PortTaken", "PortForbidden", "HostUnknown", "_Named"},
    }


@pytest.mark.parametrize(
    "section", ["kind", "act", "power", "name", "value", "ground", "level", "term", "group", "error"]
)
def test_every_word_that_a_screen_can_ask_for_is_in_the_table(scene: Scene, section: str) -> None:
    wanted = needed(scene)[section]
    assert wanted
    missing = sorted(wanted - words.table()[section].keys())
    assert missing == [], f"add them to console/locale/words.toml, section {section}"


def test_what_a_feature_means_is_said_in_both_languages_as_the_catalogue_says_it() -> None:
    table, known = words.table(), (*CALL, *MESSAGE)
    assert {name: sides[0] for name, sides in table["meaning"].items()} == {one.name: one.meaning for one in known}
    assert table["unit"].keys() >= {unit_of(one) for one in known if one.type is Type.NUMBER}


def test_every_trick_that_a_shipped_rule_or_the_text_model_names_has_a_word() -> None:
    named = {rule.typology for rule in load_pack(shipped_pack()).rules} | {one.value for one in Typology if one.value}
    assert sorted(named - words.table()["value"].keys()) == []


def test_every_word_has_an_english_and_a_chinese_side() -> None:
    for section, entries in words.table().items():
        for key, sides in entries.items():
            assert len(sides) in {2, 3}, (section, key)
            assert all(sides), (section, key)
            assert HAN.search(sides[-1]), (section, key)
            assert not HAN.search(sides[0]), (section, key)


def test_a_language_is_chosen_by_request_then_memory_then_browser() -> None:
    assert words.language_of("zh", "en", "en") == "zh"
    assert words.language_of("", "zh", "en-GB") == "zh"
    assert words.language_of("xx", "", "fr, zh-CN;q=0.8") == "zh"
    assert words.language_of("", "", "") == "en"
