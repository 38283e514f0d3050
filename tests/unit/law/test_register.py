from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.errors import EntryUnknown, RegisterInvalid
from stopline.law.register import (
    NOTICE_MINIMUM,
    AttemptScope,
    Entry,
    EntryKind,
    Level,
    MeasureKind,
    NoticePart,
    Register,
    Standing,
    SubjectKind,
    Term,
    Unit,
)
from stopline.law.register_page import register_page
from tests.unit.law.originals import articles, folder

REGISTER = Register.shipped()
ROOT = Path(__file__).resolve().parents[3]

GOOD = """
jurisdiction: XX
laws:
  L:
    title: {zh: 法, en: Law}
    original: law.md
    source: "a parliament"
entries:
- id: XX.L.1
  version: 2026-01-01
  law: L
  article: "1"
  kind: measure
  measure: freeze_amount
  title: {zh: 冻结, en: Freeze}
  summary: {zh: 可以冻结, en: May freeze}
  software: {zh: 到期解除, en: Lapses}
  subjects: [amount]
  signatures: 2
  separation: true
  approver_level: county
  lift_level: county
  max_term: 6 months
  renewals_max: 1
  renewal_term: 6 months
  renewal_level: county
  notice_parts: [reason, basis, authority, term, remedy, documents]
  remedy: {zh: 申诉, en: Appeal}
  documents: {zh: 证件, en: Papers}
  appeal_decide_within: 30 days
  standing: verified
  check: {"1": [冻结]}
  note: {zh: 无, en: None}
"""


def parse(text: str | bytes) -> Register:
    return Register.parse({"xx.yaml": text})


def refusal(text: str | bytes) -> RegisterInvalid:
    with pytest.raises(RegisterInvalid) as caught:
        parse(text)
    return caught.value


# ---------------------------------------------------------------- the data


@pytest.mark.parametrize("kind", MeasureKind)
def test_every_kind_of_measure_has_its_ground_in_chinese_law(kind: MeasureKind) -> None:
    assert REGISTER.measures(kind, "CN")


def test_the_rows_of_the_law_are_all_there() -> None:
    held = {entry.id for entry in REGISTER.current()}
    atf = "4 5 10.3 16.3 18.4 20 26 27.2 29.2 30.3 31.2 32.3 34 36.1 36.2 37 45 46 47 48"
    rules = "21 66 67 184 185 196 239 240 241 242 246 247 274 275 276 277 278 278.urgent 279 281"
    rest = (
        "CN.ATF.11.restrict CN.ATF.12.suspend CN.ATF.13.intercept CN.ATF.14.cut CN.ATF.35.area "
        "CN.ATF.22.restrict CN.86.stop CN.RET2016.complete CN.EEL.12 CN.EEL.28 CN.EEL.65 "
        "CN.JP2024.convicted CN.JP2024.found CN.JP2024.notice CN.JP2024.basic CN.JP2024.appeal "
        "CN.ACL.18 CN.ACL.31 CN.ACL.32 CN.PIPL.24 CN.PIPL.28 CN.PIPL.36 CN.PIPL.41 CN.PIPL.54 "
        "CN.PIPL.55 CN.PIPL.57 CN.MLA.13 CN.MLA.14 CN.MLA.18 CN.MLA.26 CN.MLA.40 CN.MLA.41 "
        "INT.ICCPR.12.3 INT.UNCC.36 INT.UNTOC.18.15 INT.BUD.35 IN.SOP2026.lien"
    )
    wanted = {f"CN.ATF.{n}" for n in atf.split()} | {f"CN.PR.{n}" for n in rules.split()}
    assert not (wanted | set(rest.split())) - held


MONTHS_6 = Term(6, Unit.MONTHS)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        (
            "CN.PR.239",
            {
                "approver_level": Level.COUNTY,
                "lift_level": Level.COUNTY,
                "max_term": MONTHS_6,
                "renewal_term": MONTHS_6,
                "major_level": Level.PREFECTURE,
                "major_term": Term(1, Unit.YEARS),
                "release_within": Term(3, Unit.DAYS),
                "appeal_decide_within": Term(30, Unit.DAYS),
            },
        ),
        ("CN.PR.239.securities", {"max_term": Term(2, Unit.YEARS), "approver_level": Level.COUNTY}),
        ("CN.PR.239.equity", {"max_term": MONTHS_6, "approver_level": Level.PREFECTURE}),
        ("CN.PR.239.listed", {"max_term": MONTHS_6, "approver_level": Level.PROVINCE}),
        (
            "CN.86.stop",
            {
                "max_term": Term(48, Unit.HOURS),
                "attempts_max": 2,
                "renewals_max": 0,
                "standing": Standing.SECOND_HAND,
            },
        ),
        (
            "CN.PR.278",
            {"approver_level": Level.PROVINCE, "review_level": Level.COUNTY, "signatures": 3},
        ),
        (
            "CN.PR.278.urgent",
            {
                "approver_level": Level.COUNTY,
                "max_term": Term(7, Unit.DAYS),
                "ratify_within": Term(7, Unit.DAYS),
                "ratify_level": Level.PROVINCE,
                "attempts_max": 1,
                "attempts_per": AttemptScope.FACTS,
                "renewals_max": 0,
            },
        ),
        ("CN.ATF.36.1", {"facts_required": ("destination_severe_area", "major_suspicion")}),
        (
            "CN.ATF.36.2",
            {
                "approver_level": Level.PREFECTURE,
                "min_term": MONTHS_6,
                "max_term": Term(3, Unit.YEARS),
                "runs_from": "punishment_completed",
                "renewals_max": 0,
            },
        ),
        ("CN.ATF.35.area", {"approver_level": Level.NATION, "area_measure": True}),
        ("CN.ATF.18.restrain", {"max_term": Term(24, Unit.HOURS), "renewals_max": 0}),
        ("CN.PR.274", {"own_area": True, "approver_level": Level.COUNTY}),
        (
            "CN.ACL.32",
            {
                "max_term": Term(30, Unit.DAYS),
                "total_max": Term(60, Unit.DAYS),
                "executors": 2,
                "notice_within": Term(3, Unit.WORKING_DAYS),
            },
        ),
        ("CN.EXT.38", {"max_term": Term(15, Unit.DAYS), "total_max": Term(30, Unit.DAYS)}),
        ("CN.JP2024.convicted", {"max_term": Term(3, Unit.YEARS), "total_max": Term(5, Unit.YEARS)}),
        ("CN.JP2024.found", {"max_term": Term(2, Unit.YEARS), "total_max": Term(5, Unit.YEARS)}),
        ("CN.JP2024.appeal", {"standing": Standing.NOT_FOUND}),
        ("IN.SOP2026.lien", {"max_term": Term(90, Unit.DAYS), "standing": Standing.UNVERIFIED}),
    ],
)
def test_terms_and_levels_are_those_of_the_law(name: str, facts: dict[str, object]) -> None:
    entry = REGISTER.entry(name)
    assert {field: getattr(entry, field) for field in facts} == facts


def test_the_freeze_order_states_what_the_rules_ask_for() -> None:
    parts = set(REGISTER.entry("CN.PR.239").notice_parts)
    asked = "account_name account_number amount term scope proceeds"
    assert parts >= {NoticePart(part) for part in asked.split()} | NOTICE_MINIMUM


def test_only_what_was_read_in_the_original_goes_without_override() -> None:
    for entry in REGISTER.current():
        assert entry.needs_override == (entry.standing is not Standing.VERIFIED)
        if entry.jurisdiction != "CN":
            assert entry.needs_override
    for name in ("CN.86.stop", "CN.JP2024.found", "CN.RET2016.complete", "CN.PR.238.monitor"):
        assert REGISTER.entry(name).needs_override
    assert not REGISTER.entry("CN.PR.239").needs_override


def test_no_measure_is_signed_by_nobody_or_lifted_above_its_approver() -> None:
    for entry in REGISTER.measures():
        assert entry.signatures >= 1
        assert entry.approver_level is not None
        assert entry.lift_level is not None
        assert entry.lift_level <= entry.approver_level
        assert entry.max_term is not None
        assert set(entry.notice_parts) >= NOTICE_MINIMUM
        assert entry.graded or entry.measure is MeasureKind.STOP_PAYMENT


def test_no_fact_and_no_subject_speaks_of_who_somebody_is_or_where_they_come_from() -> None:
    assert {kind.value for kind in SubjectKind} == {"line", "person", "account", "amount", "device"}
    forbidden = re.compile(r"origin|hometown|ethnic|national(?!_)|religio|faith|\bage\b|race|region")
    for entry in REGISTER.measures():
        for fact in entry.facts_required:
            assert not forbidden.search(fact), (entry.id, fact)


def test_house_rules_are_said_as_such() -> None:
    for entry in REGISTER.current():
        assert entry.house_term == bool(entry.house_terms)
        if entry.house_term:
            assert entry.note, entry.id


# ---------------------------------------------------------------- against the originals


@pytest.mark.parametrize("entry", REGISTER.current(), ids=lambda entry: str(entry.id))
def test_the_words_of_an_entry_stand_in_its_articles(entry: Entry) -> None:
    if not entry.check:
        assert entry.needs_override
        return
    place = folder()
    for check in entry.check:
        law = REGISTER.statutes[entry.jurisdiction, check.law]
        assert law.original is not None
        text = articles(place / law.original).get(check.article)
        assert text is not None, f"{check.law} has no article {check.article}"
        missing = [phrase for phrase in check.phrases if phrase not in text]
        assert not missing, f"{check.law} {check.article} does not say {missing}"


def test_a_verified_entry_is_checked_in_every_article_it_names() -> None:
    unchecked: dict[str, set[int]] = {}
    for entry in REGISTER.current():
        if entry.needs_override:
            continue
        # "240-243, 247(2)": a stretch is named by its ends, a paragraph by its article
        stated = re.sub(r"\(\d+\)", "", entry.article)
        named = {int(article) for article in re.findall(r"\d+", stated)}
        missing = named - {check.article for check in entry.check if check.law == entry.law}
        if missing:
            unchecked[entry.id] = missing
    assert not unchecked


def test_the_originals_are_read_article_by_article() -> None:
    found = articles(folder() / "cn_anti_telecom_fraud_law_2022.md")
    assert set(found) == set(range(1, 51))
    assert "六个月至三年" in found[36]
    assert "六个月至三年" not in found[35]


# ---------------------------------------------------------------- loading


def test_a_whole_entry_is_read_as_it_stands() -> None:
    entry = parse(GOOD).entry("XX.L.1")
    assert entry.measure is MeasureKind.FREEZE_AMOUNT
    assert entry.kind is EntryKind.MEASURE
    assert entry.reference == "XX.L.1@2026-01-01"
    assert entry.max_term == MONTHS_6
    assert entry.source == "a parliament"


def swap(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "field", "why"),
    [
        (swap("  separation: true\n", "  separation: true\n  sepration: true\n"), "sepration", "field"),
        (swap("title: {zh: 冻结, en: Freeze}", "title: {en: Freeze}"), "title", "zh is missing"),
        (swap("title: {zh: 冻结, en: Freeze}", "title: {zh: 冻结}"), "title", "en is missing"),
        (swap("summary: {zh: 可以冻结, en: May freeze}", "summary: {zh: '', en: x}"), "summary", "value"),
        (swap("lift_level: county", "lift_level: province"), "lift_level", "never harder"),
        (swap("  max_term: 6 months\n", ""), "max_term", "needs it"),
        (swap("signatures: 2", "signatures: 0"), "signatures", "human signature"),
        (swap("signatures: 2", "signatures: 1"), "separation", "two people"),
        (swap("signatures: 2", "signatures: -1"), "signatures", "not a count"),
        (swap("separation: true", "separation: false"), "separation", "apart"),
        (swap("separation: true", "separation: yes"), "separation", "true nor false"),
        (swap("renewals_max: 1", "renewals_max: 0"), "renewals_max", "yet a renewal_term"),
        (
            swap("  renewal_term: 6 months\n  renewal_level: county\n", ""),
            "renewals_max",
            "must be 0",
        ),
        (swap("  renewal_level: county\n", ""), "renewal_term", "go together"),
        (swap("renewal_term: 6 months", "renewal_term: 2 years"), "renewal_term", "longer"),
        (swap("renewal_level: county", "renewal_level: station"), "renewal_level", "below"),
        (swap("max_term: 6 months", "max_term: half a year"), "max_term", "not a term"),
        (swap("max_term: 6 months", "max_term: 0 months"), "max_term", "not a term"),
        (swap("approver_level: county", "approver_level: king"), "approver_level", "not a level"),
        (swap("measure: freeze_amount", "measure: arrest"), "measure", "none of"),
        (swap("subjects: [amount]", "subjects: [area]"), "subjects", "none of"),
        (swap("subjects: [amount]", "subjects: [amount, amount]"), "subjects", "twice"),
        (swap("[reason, basis, authority, term, remedy, documents]", "[reason]"), "notice_parts", "lacks"),
        (swap('  check: {"1": [冻结]}\n', ""), "check", "words it was checked by"),
        (swap('check: {"1"', 'check: {"M.1"'), "check", "no original text"),
        (swap("    original: law.md\n", ""), "check", "no original text"),
        (swap("  law: L\n", "  law: M\n"), "law", "not among the laws"),
        (swap("id: XX.L.1", "id: YY.L.1"), "id", "does not begin"),
        (swap("version: 2026-01-01", "version: first"), "version", "not a date"),
        (swap("  standing: verified\n", ""), "standing", "missing"),
        (swap("signatures: 2", "signatures: 2\n  signatures: 3"), "signatures", "twice"),
        (swap("  standing: verified", "  standing: verified\n  area_measure: true"), "area_measure", "national"),
        (swap("  standing: verified", "  standing: verified\n  house_terms: [min_term]"), "house_terms", "not set"),
        (swap("  standing: verified", "  standing: verified\n  house_terms: [mood]"), "house_terms", "not a field"),
        (swap("  standing: verified", "  standing: verified\n  min_term: 1 year"), "min_term", "longer"),
        (swap("  standing: verified", "  standing: verified\n  major_term: 1 year"), "major_level", "together"),
        (swap("  standing: verified", "  standing: verified\n  ratify_within: 7 days"), "ratify_within", "together"),
        (swap("  standing: verified", "  standing: verified\n  total_max: 3 months"), "total_max", "shorter"),
        (swap("  note: {zh: 无, en: None}\n", "").replace("verified", "unverified"), "note", "not known"),
        (swap("kind: measure", "kind: duty"), "measure", "imposes nothing"),
    ],
)  # fmt: skip
def test_an_entry_that_contradicts_itself_refuses_the_register(text: str, field: str, why: str) -> None:
    error = refusal(text)
    assert error.facts["field"] == field
    assert why in str(error)
    assert "xx.yaml" in str(error)


def test_the_line_of_the_fault_is_named() -> None:
    error = refusal(swap("lift_level: county", "lift_level: province"))
    line = 1 + GOOD.splitlines().index("  lift_level: county")
    assert str(error) == (
        f"register xx.yaml, entry XX.L.1: lift_level (line {line}): province stands above the "
        "approver: lifting is never harder"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: [",
        b"\xff\xfe\x00",
        "jurisdiction: XX",
        "jurisdiction: XX\nlaws: {}\nentries: {}",
        GOOD + GOOD.split("entries:")[1],
        "jurisdiction: !!python/object/apply:os.getpid []\nlaws: {}\nentries: []",
    ],
)
def test_a_file_that_is_not_a_register_is_refused(text: str | bytes) -> None:
    assert refusal(text).facts["source"] == "xx.yaml"


REMOVABLE = (
    "subjects",
    "signatures",
    "separation",
    "approver_level",
    "lift_level",
    "max_term",
    "notice_parts",
    "remedy",
    "documents",
    "appeal_decide_within",
    "measure",
    "check",
)


@pytest.mark.parametrize("field", REMOVABLE)
def test_a_measure_without_a_safeguard_is_no_measure(field: str) -> None:
    kept = [line for line in GOOD.splitlines() if not line.startswith(f"  {field}:")]
    assert len(kept) == len(GOOD.splitlines()) - 1
    refusal("\n".join(kept))


@given(st.text(min_size=1, max_size=12))
def test_no_unknown_level_ever_slips_in(word: str) -> None:
    quoted = "'" + word.replace("'", "''") + "'"
    try:
        found = parse(swap("approver_level: county", f"approver_level: {quoted}"))
    except RegisterInvalid:
        return
    assert word.strip().upper() in {"COUNTY", "PREFECTURE", "PROVINCE", "NATION"}
    assert found.entry("XX.L.1").approver_level is not None


# ---------------------------------------------------------------- versions and digest


def test_a_measure_finds_the_version_it_cites() -> None:
    later = GOOD.split("entries:\n")[1].replace("2026-01-01", "2026-06-01")
    later = later.replace("max_term: 6 months", "max_term: 9 months")
    both = parse(GOOD + later)
    assert both.entry("XX.L.1").version == "2026-06-01"
    assert both.entry("XX.L.1", "2026-01-01").max_term == MONTHS_6
    assert both.as_of("2026-05-31").entry("XX.L.1").max_term == MONTHS_6
    assert both.as_of("2026-06-01").entry("XX.L.1").max_term == Term(9, Unit.MONTHS)
    assert [entry.version for entry in both.measures()] == ["2026-06-01"]
    with pytest.raises(EntryUnknown):
        both.as_of("2025-12-31").entry("XX.L.1")


def test_an_entry_nobody_wrote_is_named_in_the_error() -> None:
    with pytest.raises(EntryUnknown, match=r"CN\.ATF\.99"):
        REGISTER.entry("CN.ATF.99")
    with pytest.raises(EntryUnknown, match=r"CN\.PR\.239@1999-01-01"):
        REGISTER.entry("CN.PR.239", "1999-01-01")


def test_the_digest_knows_content_and_not_layout() -> None:
    first = parse(GOOD)
    assert first.digest == parse(GOOD.replace("\n  law: L", "\n  # why\n  law:   L")).digest
    assert first.digest == parse(GOOD.encode()).digest
    assert first.digest != parse(swap("renewals_max: 1", "renewals_max: 2")).digest
    assert len(first.digest) == 64


def test_the_page_is_written_from_the_data() -> None:
    written = (ROOT / "docs" / "register.md").read_text(encoding="utf-8")
    assert written == register_page(REGISTER), (
        "docs/register.md is stale; write stopline.law.register_page.register_page there"
    )


def test_the_page_shows_every_entry() -> None:
    page = register_page(REGISTER)
    for entry in REGISTER.current():
        assert f"### `{entry.id}`" in page
