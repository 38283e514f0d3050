"""The journal of verdicts: every one but PASS has a reference under which it can be reproduced and appealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.clock import instant
from stopline.kernel.errors import NotFound, ReleaseInvalid
from stopline.kernel.ledger import Ledger
from stopline.screening.campaigns.kept import ENOUGH, Copy, keep_campaigns
from stopline.screening.columns import MISSING, Reject
from stopline.screening.engine import Judged, table_from
from stopline.screening.explanation import features_explained, rule_explained
from stopline.screening.records import (
    CalledVictim,
    FailPolicy,
    FeatureValue,
    Reason,
    Release,
    ScreeningHour,
    Settings,
    StoppedText,
    Verdict,
    VerdictKind,
)
from stopline.screening.release import VERDICTS, LoadedRelease, load_release, reasons_of
from stopline.screening.rules.features import Channel, Table
from stopline.screening.rules.pack import Rule
from stopline.screening.text.fold import M_HANDLES, M_LINKS, M_PHONES
from stopline.screening.trial import tally

UNDECIDED: Final = "undecided"
REJECTED: Final = "rejected"
UNRECORDED: Final = "unrecorded: the journal could not be written, so nothing new is stopped"
_PASS, _HOLD = 0, 2
_NAMES: Final = np.array([verdict.value for verdict in VERDICTS], dtype=np.object_)
_MOST_WIPED = 2_000  # records a minute; what is over waits for the next


@dataclass(frozen=True, slots=True)
class Answers:
    """What the doors answer: equally long columns, in the order of the rows that came in."""

    columns: dict[str, list[object]]
    rejects: tuple[Reject, ...]

    def __len__(self) -> int:
        return len(self.columns["row"])


def journal(ledger: Ledger, judged: Judged, rejects: Sequence[Reject], *, carrier: str) -> Answers:
    """Write the verdicts other than PASS in one batch, stopped texts, and the counts; returns the answers."""
    references: dict[int, str] = {}
    verdicts, texts = [], []
    said = _Said(judged)
    rows = np.flatnonzero(judged.verdict > _PASS)
    for row, features in zip(rows.tolist(), judged.features(rows), strict=True):
        verdict = _verdict(ledger, said, row, features, carrier)
        references[row] = verdict.id
        verdicts.append(verdict)
        if judged.channel is Channel.MESSAGE and said.verdict[row] >= _HOLD:
            texts.append(_text(judged, row, verdict))
    ledger.save_all(verdicts, act="verdict.record")
    ledger.save_all(texts, act="stopped_text.keep")
    keep_campaigns(ledger, _copies(judged, rows.tolist(), verdicts))
    _count(ledger, judged, len(rejects), carrier)
    return answers(judged, references, rejects)


def answers(judged: Judged, references: dict[int, str], rejects: Sequence[Reject]) -> Answers:
    """Return the answer columns; a rejected row is answered by the fail policy, with its reason."""
    found = result_columns(judged, references)
    columns = {"row": (judged.rows + 1).tolist(), **found}
    if not rejects:
        return Answers(columns, ())
    policy = _policy(judged)
    for reject in rejects:
        given = {"row": reject.row + 1, "verdict": policy, "score": 0.0, "reasons": f"{REJECTED}: {reject.why}"}
        for name, values in columns.items():
            values.append(given.get(name))
    order = sorted(range(len(columns["row"])), key=lambda place: int(str(columns["row"][place])))
    return Answers({name: [values[place] for place in order] for name, values in columns.items()}, tuple(rejects))


def result_columns(judged: Judged, references: dict[int, str]) -> dict[str, list[object]]:
    """Return the columns that a verdict adds to each row of its channel."""
    said = _Said(judged)
    columns: dict[str, list[object]] = {
        "verdict": _NAMES[said.verdict].tolist(),
        "score": said.score.tolist(),
    }
    if judged.channel is Channel.MESSAGE:
        columns = {"verdict": columns["verdict"], "kind": _plain(judged, "kind"), "score": columns["score"]}
        columns["typology"] = said.typologies()
        columns["campaign"] = _campaigns(judged)
    columns["reasons"] = _sparse(len(judged), {row: said.reasons(row) for row in said.spoken().tolist()})
    columns["reference"] = _sparse(len(judged), references)
    return columns


def not_recorded(judged: Judged, rejects: Sequence[Reject]) -> Answers:
    """Return answers that stop nothing: without its row in the journal no verdict could be appealed."""
    calm = answers(judged, {}, rejects)
    stopped = [verdict in ("HOLD", "BLOCK", "FLAG") for verdict in calm.columns["verdict"]]
    columns = dict(calm.columns)
    columns["verdict"] = ["PASS" if was else verdict for was, verdict in zip(stopped, columns["verdict"], strict=True)]
    columns["reasons"] = [UNRECORDED if was else why for was, why in zip(stopped, columns["reasons"], strict=True)]
    return Answers(columns, calm.rejects)


def explain(ledger: Ledger, reference: str, *, model_digest: str) -> dict[str, object]:
    """Decide again on what was kept; raises NotFound, and ReleaseInvalid when the answer is not the same.

    After the term only the reference, the release, the rule ids and the times are left to show.
    """
    kept = ledger.get(Verdict, reference)
    shown: dict[str, object] = {
        "reference": kept.id,
        "at": kept.at.isoformat(),
        "verdict": kept.verdict.value,
        "rules": list(kept.rules),
        "release": kept.release_id,
        "digest": kept.release_digest,
        "expired": kept.expired,
    }
    if kept.expired:
        return shown
    record = ledger.maybe(Release, kept.release_id)
    if record is None:
        raise NotFound(kind="release", id=kept.release_id)
    release = load_release(record, model_digest=record.model_digest)
    channel, muted = Channel(kept.channel), frozenset(kept.muted)
    judged = channel is Channel.CALL or kept.features.get("text_score") is not None
    table = table_from(kept.features, channel)
    again = release.decide(channel, table, muted={0: muted}, judged=judged)
    parts = release.parts(channel, again.hits[0], float(again.base[0]))
    found = (VERDICTS[int(again.verdict[0])], float(again.score[0]), parts)
    if found != (kept.verdict, kept.score, kept.parts):
        raise ReleaseInvalid(release=kept.release_id, why=f"verdict {kept.id} cannot be reproduced: {found}")
    return {
        **shown,
        "score": kept.score,
        "parts": parts,
        "features": dict(kept.features),
        "conditions": {rule.id: rule.condition.text for rule in release.pack.of(channel) if rule.id in kept.rules},
        "model": record.model_digest,
        "model_here": record.model_digest == model_digest,
        "release_title": record.title,
        "release_state": record.state.value,
        "signed_by": record.signed_by,
        "signed_at": record.signed_at.isoformat() if record.signed_at is not None else None,
        "fail_policy": _fail_policy(release, channel).value,
        "undecided": bool(again.undecided[0]),
        **_in_full(release, channel, kept, table),
    }


def _in_full(release: LoadedRelease, channel: Channel, kept: Verdict, table: Table) -> dict[str, object]:
    """Return the rules that spoke or were muted with their atoms, and the features with meaning and unit."""
    rules = []
    for rule in release.pack.of(channel):
        if rule.id not in kept.rules and rule.id not in kept.muted:
            continue
        truth = rule.condition.evaluate(table)
        answer = bool(truth.value[0]) if truth.known[0] else None
        rules.append(rule_explained(rule, kept.features, answer=answer, muted=rule.id in kept.muted))
    read = frozenset(name for rule in rules for atom in rule.atoms for name in atom.read)
    return {"rules_in_full": rules, "features_in_full": features_explained(kept.features, channel, read)}


def _fail_policy(release: LoadedRelease, channel: Channel) -> FailPolicy:
    return release.settings.fail_calls if channel is Channel.CALL else release.settings.fail_messages


def wipe(ledger: Ledger) -> int:
    """Empty what has reached its term: texts of stopped messages, numbers of victims, features of verdicts."""
    victims = ledger.find(CalledVictim, before=("expires_at", ledger.at), expired=False, limit=_MOST_WIPED)
    for victim in victims:
        ledger.save(replace(victim, number="", expired=True), act="called_victim.expire")
    texts = ledger.find(StoppedText, before=("expires_at", ledger.at), expired=False, limit=_MOST_WIPED)
    for text in texts:
        ledger.save(replace(text, text="", expired=True), act="stopped_text.expire")
    verdicts = ledger.find(Verdict, before=("expires_at", ledger.at), expired=False, limit=_MOST_WIPED)
    for verdict in verdicts:
        bare = replace(
            verdict,
            number="",
            typology="",
            reasons=(),
            features={},
            parts={},
            muted=(),
            campaign_id="",
            text_key="",
            expired=True,
        )
        ledger.save(bare, act="verdict.expire")
    return len(texts) + len(victims) + len(verdicts)


# ---------------------------------------------------------------- parts


def _verdict(ledger: Ledger, said: _Said, row: int, features: dict[str, FeatureValue], carrier: str) -> Verdict:
    judged = said.judged
    release, decisions = judged.answer(row)
    if release is None:
        raise ReleaseInvalid(release="none", why="a verdict other than PASS needs a signed release")
    hit = said.of(row)
    term = timedelta(days=release.settings.term_days)
    return Verdict(
        id=ledger.new_reference(),
        channel=judged.channel.value,
        at=_at(judged, row, ledger.at),
        verdict=VERDICTS[int(said.verdict[row])],
        score=float(said.score[row]),
        rules=hit.ids,
        reasons=hit.reasons,
        typology=said.typology(row) or "",
        number=str(judged.table["calling" if judged.channel is Channel.CALL else "sender"].values[row]),
        carrier=carrier,
        release_id=release.id,
        release_digest=release.digest,
        features=features,
        parts={"base": float(decisions.base[row]), **hit.parts},
        expires_at=ledger.at + term,
        muted=tuple(sorted(judged.muted.get(row, ()))),
        campaign_id=_campaign(judged, row),
        text_key=_text_key(judged, row),
    )


_UNDECIDED_REASON: Final = Reason(
    rule=UNDECIDED,
    zh="暂时无法判断，按照已签署的处置策略先予待核。",
    en="It could not be decided for now; the signed policy of the channel held it.",
    entry="CN.ATF.14.cut",
)


def _text(judged: Judged, row: int, verdict: Verdict) -> StoppedText:
    release, _decisions = judged.answer(row)
    settings = release.settings if release is not None else Settings()
    hold = verdict.verdict is VerdictKind.HOLD
    until = timedelta(minutes=settings.hold_minutes) if hold else timedelta(days=settings.term_days)
    return StoppedText(
        id=verdict.id,
        text=judged.texts[row],
        template=f"{int(judged.templates[row]):016x}",
        at=verdict.at,
        expires_at=verdict.at + until,
    )


def _at(judged: Judged, row: int, now: datetime) -> datetime:
    at_us = int(judged.at_us[row])
    return now if at_us == MISSING else instant(at_us)


def _count(ledger: Ledger, judged: Judged, rejected: int, carrier: str) -> None:
    hour = ledger.at.replace(minute=0, second=0, microsecond=0)
    hour_id = f"{hour:%Y-%m-%dT%H}:{judged.channel.value}:{carrier}"
    kept = ledger.maybe(ScreeningHour, hour_id) or ScreeningHour(
        id=hour_id, hour_at=hour, channel=judged.channel.value, carrier=carrier
    )
    levels = np.bincount(judged.verdict, minlength=4).tolist()
    after = replace(
        kept,
        screened_count=kept.screened_count + len(judged),
        pass_count=kept.pass_count + levels[0],
        flag_count=kept.flag_count + levels[1],
        hold_count=kept.hold_count + levels[2],
        block_count=kept.block_count + levels[3],
        undecided_count=kept.undecided_count + int(np.count_nonzero(judged.undecided)),
        rejected_count=kept.rejected_count + rejected,
        rule_hits=_added(kept.rule_hits, _per_rule(judged, judged.decisions.hits.sum(axis=0))),
        undecided_rules=_added(kept.undecided_rules, _per_rule(judged, judged.decisions.undecided_rules)),
        shadow_counts=_added(kept.shadow_counts, _shadow(judged)),
    )
    ledger.save(after, act="screening_hour.count")
    if judged.trial is not None and judged.trial_release is not None and len(judged):
        tally(ledger, judged.channel, judged.codes, judged.decisions, judged.trial, judged.trial_release)


def _per_rule(judged: Judged, counts: NDArray[np.int64]) -> dict[str, int]:
    rules = judged.release.pack.of(judged.channel) if judged.release is not None else ()
    return {rule.id: int(count) for rule, count in zip(rules, counts.tolist(), strict=False) if count}


def _shadow(judged: Judged) -> dict[str, int]:
    """Count what the release on trial would change, in each direction."""
    if judged.trial is None:
        return {}
    now, then = judged.decisions.verdict >= _HOLD, judged.trial.verdict >= _HOLD
    return {
        "would_stop": int(np.count_nonzero(then & ~now)),
        "would_pass": int(np.count_nonzero(now & ~then)),
        "agree": int(np.count_nonzero(now == then)),
    }


def _added(kept: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: kept.get(name, 0) + more.get(name, 0) for name in sorted({*kept, *more})}


def _policy(judged: Judged) -> str:
    release: LoadedRelease | None = judged.release
    if release is None:
        return VerdictKind.PASS.value
    call = judged.channel is Channel.CALL
    policy = release.settings.fail_calls if call else release.settings.fail_messages
    return VerdictKind.PASS.value if policy.value == "open" else VerdictKind.HOLD.value


def _plain(judged: Judged, name: str) -> list[object]:
    column = judged.table[name]
    if column.known.all():
        values: list[object] = column.values.tolist()
        return values
    known = column.known.tolist()
    return [value if sure else None for value, sure in zip(column.values.tolist(), known, strict=True)]


def _campaigns(judged: Judged) -> list[object]:
    """Name the campaign of a message, once a second copy of its text has come."""
    if judged.grown is None:
        return [None] * len(judged)
    many = np.flatnonzero((judged.grown.ids != 0) & (judged.grown.size >= ENOUGH)).tolist()
    return _sparse(len(judged), {row: _campaign(judged, row) for row in many})


def _campaign(judged: Judged, row: int) -> str:
    """Return the campaign of a message, "" for one that is alone so far or too short to compare."""
    grown = judged.grown
    return _text_key(judged, row) if grown is not None and grown.size[row] >= ENOUGH else ""


def _text_key(judged: Judged, row: int) -> str:
    grown = judged.grown
    return f"{int(grown.ids[row]):016x}" if grown is not None and grown.ids[row] else ""


def _copies(judged: Judged, rows: list[int], verdicts: Sequence[Verdict]) -> list[Copy]:
    """Return the flagged and stopped messages that stand in a campaign."""
    grown = judged.grown
    if grown is None:
        return []
    found = []
    for row, verdict in zip(rows, verdicts, strict=True):
        if not verdict.campaign_id:
            continue
        met = judged.scores.folded.meters[row] if judged.scores is not None else np.zeros(M_HANDLES + 1, np.int32)
        given = int(judged.at_us[row]) != MISSING
        found.append(
            Copy(
                campaign_id=verdict.campaign_id,
                at=verdict.at,
                first_at=instant(int(grown.first_us[row])) if given else verdict.at,
                verdict=verdict.verdict.value,
                typology=verdict.typology,
                messages_count=int(grown.size[row]),
                recipients_count=int(grown.recipients[row]),
                senders_count=int(grown.senders[row]),
                likeness=float(grown.likeness[row]),
                with_link=bool(met[M_LINKS]),
                with_phone=bool(met[M_PHONES]),
                with_contact=bool(met[M_HANDLES]),
            )
        )
    return found


def _sparse(count: int, given: Mapping[int, object]) -> list[object]:
    """Return a column that says nothing but of a few rows."""
    column: list[object] = [None] * count
    for row, value in given.items():
        column[row] = value
    return column


@dataclass(frozen=True, slots=True)
class _Set:
    """Rules that hit together, strongest first, and what is said of them."""

    rules: tuple[Rule, ...] = ()
    ids: tuple[str, ...] = ()
    words: str = ""
    reasons: tuple[Reason, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)


_NO_RULES: Final = _Set()


class _Said:
    """What is said of each row, remembering the few sets of rules that hit together."""

    def __init__(self, judged: Judged) -> None:
        self.judged = judged
        self.verdict = judged.verdict
        self.score = judged.score
        self._undecided = judged.undecided
        self._known: dict[tuple[str, bytes], _Set] = {}

    def spoken(self) -> NDArray[np.int64]:
        """The rows of which there is something to say."""
        return np.flatnonzero((self.verdict != _PASS) | self._undecided)

    def typologies(self) -> list[object]:
        """The typology of every row."""
        named: dict[int, object] = {row: self.typology(row) for row in np.flatnonzero(self.verdict != _PASS).tolist()}
        column = self.judged.table.get("typology")
        if column is not None:
            known = np.flatnonzero(column.known)
            named.update(zip(known.tolist(), column.values[known].tolist(), strict=True))
        return _sparse(len(self.judged), named)

    def reasons(self, row: int) -> str | None:
        """The rules that hit with their titles, and for a stopped message what in its text weighed."""
        release, _decisions = self.judged.answer(row)
        if self.verdict[row] == _PASS and not self._undecided[row]:
            return None
        if release is None:
            return f"{UNDECIDED}: no signed release is in force"
        words = self.of(row).words or f"{UNDECIDED}: what the rules ask for is not known"
        if self.judged.scores is None or self.verdict[row] < _HOLD:
            return words
        return "; ".join((words, *self.judged.scores.explain(row)))

    def typology(self, row: int) -> str | None:
        """The trick that the text resembles, or else that of the strongest rule."""
        column = self.judged.table.get("typology")
        if column is not None and column.known[row]:
            return str(column.values[row])
        if self.verdict[row] == _PASS:
            return None
        rules = self.of(row).rules
        return rules[0].typology if rules else None

    def of(self, row: int) -> _Set:
        """The rules that hit a row."""
        release, decisions = self.judged.answer(row)
        if release is None:
            return _NO_RULES
        key = (release.id, decisions.hits[row].tobytes())
        found = self._known.get(key)
        if found is None:
            rules = release.reasons(self.judged.channel, decisions.hits[row])
            found = self._known[key] = _Set(
                rules,
                tuple(rule.id for rule in rules),
                "; ".join(f"{rule.id}: {rule.title['en']}" for rule in rules),
                reasons_of(rules) or (_UNDECIDED_REASON,),
                {rule.id: rule.precision for rule in rules},
            )
        return found
