"""The two languages of the product: sentences from a gettext catalogue, words of the domain from one table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from babel.messages.pofile import read_po

LANGUAGES = ("en", "zh")
_NAMES = {"en": "English", "zh": "简体中文"}


@dataclass(frozen=True, slots=True)
class Words:
    """One language: sentences by their English text, and words of the domain by section and key."""

    language: str
    sentences: Mapping[str, str]
    table: Mapping[str, Mapping[str, tuple[str, ...]]]

    def say(self, sentence: str, **values: object) -> str:
        """Return a sentence in this language, with its named values put in."""
        text = self.sentences.get(sentence, sentence) if self.language != "en" else sentence
        return text.format(**values) if values else text

    def word(self, section: str, key: object, *, many: bool = False) -> str:
        """Return the word for a key; one that is not in the table shows as it is written in the record."""
        name = str(key)
        found = self.table.get(section, {}).get(name)
        if found is None:
            return name.replace("_", " ") if name else ""
        if self.language == "zh":
            return found[-1]
        return found[1] if many and len(found) == 3 else found[0]

    def text(self, both: Mapping[str, str] | object) -> str:
        """Return this language's half of a text that is kept in both."""
        if isinstance(both, Mapping):
            return str(both.get(self.language) or both.get("en") or "")
        return str(getattr(both, self.language, ""))

    def pair(self, record: object, stem: str) -> str:
        """Return `stem_zh` or `stem_en` of a record."""
        return str(getattr(record, f"{stem}_{self.language}", "") or getattr(record, f"{stem}_en", ""))

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return "zh-CN" if self.language == "zh" else "en"

    @property
    def own_name(self) -> str:
        """The language's name in itself."""
        return _NAMES[self.language]


@cache
def words(language: str) -> Words:
    """Return a language of the product; anything but zh is English."""
    known = language if language in LANGUAGES else "en"
    return Words(known, sentences() if known == "zh" else {}, table())


@cache
def table() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the words of the domain: section -> key -> (English[, English plural], Chinese)."""
    raw = tomllib.loads((resources.files("stopline.console") / "locale" / "words.toml").read_text("utf-8"))
    return {section: {key: tuple(value) for key, value in entries.items()} for section, entries in raw.items()}


@cache
def sentences() -> Mapping[str, str]:
    """Return the Chinese sentences by their English ones; a fuzzy or empty one does not count."""
    with (resources.files("stopline.console") / "locale" / "zh_CN.po").open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string and not entry.fuzzy}


def language_of(asked: str, cookie: str, accepted: str) -> str:
    """Choose the language: the one asked for, the one remembered, or the first the browser would like."""
    for wanted in (asked, cookie):
        if wanted in LANGUAGES:
            return wanted
    for part in accepted.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag[:2] in LANGUAGES:
            return tag[:2]
    return "en"
