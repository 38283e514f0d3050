"""The register as a page to read: docs/register.md is this text and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from stopline.law.register import Register
from stopline.law.statutes.entry import Entry, EntryKind, Level

_STANDING = {
    "verified": "verified / 已核对原文",
    "second_hand": "second-hand / 二手",
    "unverified": "unverified / 未核对",
    "not_found": "not found / 未找到",
}


def register_page(register: Register) -> str:
    """Return the Markdown page of the current entries, measures first, each in both languages."""
    return "\n".join(_lines(register)) + "\n"


def _lines(register: Register) -> Iterator[str]:
    entries = register.current()
    yield "# The statute register"
    yield ""
    yield "Written from the data in `src/stopline/law/statutes` by `stopline.law.register_page`;"
    yield "edit the data, never this page. Summaries are ours and are not legal advice."
    yield ""
    yield f"Digest: `{register.digest}`"
    yield ""
    yield f"{len(entries)} entries, of which {len(register.measures())} permit a measure;"
    yield f"{sum(not entry.needs_override for entry in entries)} were read in the original text."
    yield "An entry that was not cannot ground a measure without a signed override."
    yield "*house* marks a stricter rule of the house where the law names no figure or level."
    for jurisdiction in sorted({entry.jurisdiction for entry in entries}):
        own = [entry for entry in entries if entry.jurisdiction == jurisdiction]
        yield ""
        yield f"## {jurisdiction}"
        yield from _table(own)
        for entry in own:
            yield from _section(entry, register)


def _table(entries: list[Entry]) -> Iterator[str]:
    measures = [entry for entry in entries if entry.kind is EntryKind.MEASURE]
    if not measures:
        return
    yield ""
    yield "| entry | measure | signed at | signatures | at most | renewals | standing |"
    yield "|---|---|---|---|---|---|---|"
    for entry in measures:
        cells = (
            f"`{entry.id}`",
            str(entry.measure),
            _at(entry, "approver_level"),
            str(entry.signatures),
            _longest(entry),
            _renewals(entry),
            entry.standing.value.replace("_", "-"),
        )
        yield f"| {' | '.join(cells)} |"


def _section(entry: Entry, register: Register) -> Iterator[str]:
    law = register.statute(entry)
    yield ""
    yield f"### `{entry.id}` {entry.title.zh} · {entry.title.en}"
    yield ""
    yield f"{law.title.zh} · {law.title.en}, art. {entry.article}; version {entry.version}; "
    yield f"{entry.kind}; {_STANDING[entry.standing.value]}"
    yield ""
    yield entry.summary.zh
    yield ""
    yield entry.summary.en
    yield ""
    yield f"- Software: {entry.software.zh} {entry.software.en}"
    for name, value in _facts(entry):
        yield f"- {name}: {value}"
    if entry.note:
        yield f"- Note: {entry.note.zh} {entry.note.en}"
    yield f"- Source: {entry.source}"


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    for label, field in (
        ("Reviewed at", "review_level"),
        ("Approved at", "approver_level"),
        ("Beyond its own area, at least", "wider_level"),
        ("Lifted at", "lift_level"),
        ("At least", "min_term"),
        ("At most", "max_term"),
        ("In all", "total_max"),
        ("Major case, approved at", "major_level"),
        ("Major case, at most", "major_term"),
        ("Each renewal", "renewal_term"),
        ("Ratified within", "ratify_within"),
        ("Ratified at", "ratify_level"),
        ("Times per subject or set of facts", "attempts_max"),
        ("Counted from", "runs_from"),
        ("Told within", "notice_within"),
        ("Released within", "release_within"),
        ("Appeal decided within", "appeal_decide_within"),
    ):
        if getattr(entry, field) is not None:
            yield label, _at(entry, field)
    if entry.facts_required:
        yield "Facts needed, each with evidence", ", ".join(entry.facts_required)
    if entry.notice_parts:
        yield "The notice states", ", ".join(entry.notice_parts)
    if entry.remedy:
        yield "Remedy", f"{entry.remedy.zh} {entry.remedy.en}"
    if entry.documents:
        yield "Papers", f"{entry.documents.zh} {entry.documents.en}"


def _at(entry: Entry, field: str) -> str:
    value = getattr(entry, field)
    word = value.name.lower() if isinstance(value, Level) else str(value)
    return f"{word} (house)" if field in entry.house_terms else word


def _longest(entry: Entry) -> str:
    longest = _at(entry, "max_term")
    return f"{longest}; major {_at(entry, 'major_term')}" if entry.major_term else longest


def _renewals(entry: Entry) -> str:
    if not entry.renewable:
        return "none"
    count = "any number" if entry.renewals_max is None else str(entry.renewals_max)
    return f"{count} of {_at(entry, 'renewal_term')}"
