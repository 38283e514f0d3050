"""One YAML file of statutes into entries; any doubt refuses the whole file and names the line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NoReturn

import yaml

from stopline.kernel.errors import RegisterInvalid
from stopline.law.statutes.entry import (
    AttemptScope,
    Check,
    Entry,
    EntryKind,
    Level,
    MeasureKind,
    NoticePart,
    Standing,
    Statute,
    SubjectKind,
    Term,
    Text,
    Unit,
)
from stopline.law.statutes.rules import contradictions

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[A-Z]{2,3}(\.[A-Za-z0-9_]+)+")
_TERM = re.compile(r"(\d{1,4}) (hour|day|working day|month|year)s?")

Parser = Callable[[yaml.Node], Any]


def parse_statutes(text: str | bytes, *, source: str) -> tuple[str, dict[str, Statute], tuple[Entry, ...]]:
    """Return jurisdiction, laws by code, and entries of one file; raises `RegisterInvalid`."""
    root = _compose(text, source)
    top = _File(source, "(file)", _members(root, source, "(file)"))
    top.only("jurisdiction", "laws", "entries")
    jurisdiction = top.take("jurisdiction", _text)
    laws = {code: _statute(code, node, source) for code, node in _members(top.node("laws"), source, "(laws)").items()}
    entries = top.node("entries")
    if not isinstance(entries, yaml.SequenceNode):
        top.fail("entries", "is not a list", entries)
    found = tuple(_entry(node, jurisdiction, laws, source) for node in entries.value)
    return jurisdiction, laws, found


@dataclasses.dataclass(frozen=True, slots=True)
class _File:
    """The members of one mapping, and where it stands."""

    source: str
    entry: str
    members: Mapping[str, yaml.Node]

    def fail(self, field: str, why: str, node: yaml.Node | None = None) -> NoReturn:
        place = node or self.members.get(field) or next(iter(self.members.values()), None)
        line = place.start_mark.line + 1 if place is not None and place.start_mark else None
        where = field if line is None else f"{field} (line {line})"
        raise RegisterInvalid(source=self.source, entry=self.entry, field=field, line=line, why=f"{where}: {why}")

    def only(self, *known: str) -> None:
        for name, node in self.members.items():
            if name not in known:
                self.fail(name, "is not a field of the register", node)

    def node(self, field: str) -> yaml.Node:
        if field not in self.members:
            self.fail(field, "is missing")
        return self.members[field]

    def take(self, field: str, parser: Parser) -> Any:  # noqa: ANN401 - the parser decides the type
        node = self.node(field)
        try:
            return parser(node)
        except ValueError as why:
            self.fail(field, str(why), node)


def _compose(text: str | bytes, source: str) -> yaml.Node:
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        root: yaml.Node | None = yaml.compose(decoded, Loader=loader)
    except (UnicodeDecodeError, yaml.YAMLError) as broken:
        why = " ".join(str(broken).split())
        raise RegisterInvalid(source=source, entry="(file)", field="", why=why) from broken
    if root is None:
        raise RegisterInvalid(source=source, entry="(file)", field="", why="the file is empty")
    return root


def _members(node: yaml.Node, source: str, entry: str) -> dict[str, yaml.Node]:
    """The keys of a mapping node; a key that stands twice is refused, not overwritten."""
    holder = _File(source, entry, {})
    if not isinstance(node, yaml.MappingNode):
        holder.fail(entry, "is not a mapping", node)
    members: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value in members:
            holder.fail(key.value, "stands twice", key)
        members[key.value] = value
    return members


def _statute(code: str, node: yaml.Node, source: str) -> Statute:
    place = _File(source, code, _members(node, source, code))
    place.only("title", "in_force_on", "original", "source")
    return Statute(
        code=code,
        title=place.take("title", _bilingual),
        in_force_on=place.take("in_force_on", _date) if "in_force_on" in place.members else None,
        original=place.take("original", _text) if "original" in place.members else None,
        source=place.take("source", _text),
    )


def _entry(node: yaml.Node, jurisdiction: str, laws: Mapping[str, Statute], source: str) -> Entry:
    members = _members(node, source, "(entry)")
    name = members["id"].value if "id" in members else f"(line {node.start_mark.line + 1})"
    place = _File(source, str(name), members)
    place.only(*_PARSERS, "check")
    values = {field: place.take(field, _PARSERS[field]) for field in members if field in _PARSERS}
    for field in _REQUIRED:
        place.node(field)
    if values["law"] not in laws:
        place.fail("law", f"{values['law']} is not among the laws of the file")
    if not values["id"].startswith(f"{jurisdiction}."):
        place.fail("id", f"does not begin with {jurisdiction}.")
    law = laws[values["law"]]
    if "check" in members:
        values["check"] = place.take("check", lambda found: _checks(found, law.code, laws))
    entry = Entry(**{"jurisdiction": jurisdiction, "source": law.source, **values})
    for field, why in contradictions(entry, law):
        place.fail(field, why)
    return entry


def _scalar(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise ValueError("needs a value")
    return str(node.value).strip()


def _text(node: yaml.Node) -> str:
    return " ".join(_scalar(node).split())


def _date(node: yaml.Node) -> str:
    text = _scalar(node)
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a date like 2026-11-23")
    return text


def _id(node: yaml.Node) -> str:
    text = _scalar(node)
    if not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is not an id like CN.PR.239")
    return text


def _count(node: yaml.Node) -> int:
    text = _scalar(node)
    if not text.isdecimal() or not text.isascii():
        raise ValueError(f"{text!r} is not a count")
    return int(text)


def _flag(node: yaml.Node) -> bool:
    text = _scalar(node)
    if text not in {"true", "false"}:
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def _term(node: yaml.Node) -> Term:
    text = _scalar(node)
    found = _TERM.fullmatch(text)
    if not found or int(found[1]) == 0:
        raise ValueError(f"{text!r} is not a term like '6 months' or '3 working days'")
    return Term(int(found[1]), Unit(found[2].replace(" ", "_") + "s"))


def _level(node: yaml.Node) -> Level:
    text = _scalar(node)
    if text.upper() not in Level.__members__:
        raise ValueError(f"{text!r} is not a level ({', '.join(_names(Level.__members__))})")
    return Level[text.upper()]


def _names(members: Mapping[str, object]) -> Iterator[str]:
    return (name.lower() for name in members)


def _one_of(words: type[StrEnum]) -> Parser:
    def parse(node: yaml.Node) -> StrEnum:
        text = _scalar(node)
        try:
            return words(text)
        except ValueError:
            known = ", ".join(word.value for word in words)
            raise ValueError(f"{text!r} is none of {known}") from None

    return parse


def _list_of(parser: Parser) -> Parser:
    def parse(node: yaml.Node) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise ValueError("is not a list")
        members = tuple(parser(member) for member in node.value)
        if len(set(members)) != len(members):
            raise ValueError("names something twice")
        return members

    return parse


def _bilingual(node: yaml.Node) -> Text:
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("needs zh and en")  # noqa: TRY004 - one error for any unusable node
    found = {key.value: value for key, value in node.value}
    for language in ("zh", "en"):
        if language not in found:
            raise ValueError(f"{language} is missing")
    if set(found) != {"zh", "en"}:
        raise ValueError("has more than zh and en")
    return Text(zh=_text(found["zh"]), en=_text(found["en"]))


def _checks(node: yaml.Node, law: str, laws: Mapping[str, Statute]) -> tuple[Check, ...]:
    """Words per article; a key is an article of the entry's law, or `LAW.article`."""
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("needs articles and words")  # noqa: TRY004 - the same
    checks = []
    for key, phrases in node.value:
        code, _, article = key.value.rpartition(".")
        code = code or law
        if code not in laws or laws[code].original is None:
            raise ValueError(f"{code} has no original text to check against")
        if not article.isdecimal():
            raise ValueError(f"{key.value!r} is not an article number")
        checks.append(Check(law=code, article=int(article), phrases=_list_of(_scalar)(phrases)))
    return tuple(checks)


def _subjects(node: yaml.Node) -> frozenset[SubjectKind]:
    return frozenset(_list_of(_one_of(SubjectKind))(node))


_PARSERS: dict[str, Parser] = {
    "id": _id,
    "version": _date,
    "law": _text,
    "article": _text,
    "kind": _one_of(EntryKind),
    "title": _bilingual,
    "summary": _bilingual,
    "software": _bilingual,
    "standing": _one_of(Standing),
    "source": _text,
    "measure": _one_of(MeasureKind),
    "subjects": _subjects,
    "signatures": _count,
    "separation": _flag,
    "executors": _count,
    "own_area": _flag,
    "attempts_max": _count,
    "attempts_per": _one_of(AttemptScope),
    "renewals_max": _count,
    "runs_from": _text,
    "facts_required": _list_of(_text),
    "graded": _flag,
    "area_measure": _flag,
    "notice_parts": _list_of(_one_of(NoticePart)),
    "remedy": _bilingual,
    "documents": _bilingual,
    "house_terms": _list_of(_text),
    "note": _bilingual,
    **dict.fromkeys(
        (
            "approver_level",
            "wider_level",
            "review_level",
            "lift_level",
            "major_level",
            "renewal_level",
            "ratify_level",
        ),
        _level,
    ),
    **dict.fromkeys(
        (
            "min_term",
            "max_term",
            "total_max",
            "major_term",
            "major_renewal_term",
            "renewal_term",
            "ratify_within",
            "notice_within",
            "release_within",
            "appeal_decide_within",
        ),
        _term,
    ),
}

_REQUIRED = (
    "id",
    "version",
    "law",
    "article",
    "kind",
    "title",
    "summary",
    "software",
    "standing",
)
