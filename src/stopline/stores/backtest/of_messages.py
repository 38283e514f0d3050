"""A message pack against the messages that were flagged, held or blocked: their kept features, and texts while kept.

Nothing of an allowed message is kept, so what a pack would newly stop among them cannot be counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from stopline.kernel.errors import StoreError
from stopline.kernel.ledger import Ledger
from stopline.screening.explanation import table_of
from stopline.screening.records import FeatureValue, Release, StoppedText, Verdict
from stopline.screening.release import VERDICTS, LoadedRelease
from stopline.screening.rules.features import Channel
from stopline.screening.text.model import MessageModel
from stopline.screening.text.vocabulary import CODES, Kind
from stopline.screening.trial import Touched, TrialReport
from stopline.stores.backtest.of_calls import Outcomes, Progress, Sums, report_of

_STOPPED: Final = 2
_PAGE: Final = 5_000
_MOST_TOUCHED: Final = 10


def try_on_messages(  # noqa: PLR0913 - what a back-test is told
    release: LoadedRelease,
    ledger: Ledger,
    outcomes: Outcomes,
    *,
    from_at: datetime,
    to_at: datetime,
    model: MessageModel | None,
    progress: Progress,
) -> TrialReport:
    """Return what the release would have changed among the messages stopped or flagged in a period.

    Raises StoreError when none of them is kept.
    """
    sums, rules = Sums(), release.pack.of(Channel.MESSAGE)
    senders: dict[str, Counter[str]] = {}
    unscored, after = 0, None
    whole = max(1, ledger.count(Verdict, channel="message", expired=False))
    seen = 0
    while True:
        page = ledger.find(Verdict, channel="message", expired=False, since=("at", from_at), after=after, limit=_PAGE)
        if not page:
            break
        after, seen = page[-1].id, seen + len(page)
        verdicts = [one for one in page if one.at < to_at and one.expires_at > ledger.at]
        if verdicts:
            unscored += _judge(ledger, release, verdicts, sums, senders, model=model)
        progress(min(1.0, seen / whole))
    if not sums.rows["rows"]:
        why = f"no stopped messages from {from_at:%Y-%m-%d} to {to_at:%Y-%m-%d} are kept"
        raise StoreError(where="the ledger", why=why, remedy="choose other days")
    _by_sender(senders, outcomes, sums)
    for rule in rules:
        sums.of(rule.id)["numbers"] = sum(counts[f"rule {rule.id}"] > 0 for counts in senders.values())
    unseen = ["messages_allowed", "calls_snoozes", *([f"messages_unscored: {unscored:,}"] if unscored else [])]
    return report_of(sums, rules, unseen=tuple(unseen))


def _judge(
    ledger: Ledger,
    release: LoadedRelease,
    verdicts: Sequence[Verdict],
    sums: Sums,
    senders: dict[str, Counter[str]],
    *,
    model: MessageModel | None,
) -> int:
    """Judge a page again; returns how many keep the score of a text model that the release does not name."""
    features, unscored = _features(ledger, release, verdicts, model)
    decisions = release.decide(Channel.MESSAGE, table_of(features, Channel.MESSAGE), muted={})
    before = np.array([VERDICTS.index(one.verdict) >= _STOPPED for one in verdicts])
    then = decisions.verdict >= _STOPPED
    newly, freed = then & ~before, before & ~then
    stopping = decisions.hits & np.array(
        [rule.severity.value != "flag" for rule in release.pack.of(Channel.MESSAGE)], dtype=np.bool_
    )
    alone = newly & (stopping.sum(axis=1) == 1)
    counted = {"before": before, "then": then, "newly": newly, "freed": freed, "undecided": decisions.undecided}
    sums.rows.update({"rows": len(verdicts), **{name: int(one.sum()) for name, one in counted.items()}})
    for place, rule in enumerate(release.pack.of(Channel.MESSAGE)):
        hits = decisions.hits[:, place]
        sums.of(rule.id).update(
            hits=int(hits.sum()),
            newly=int((hits & newly).sum()),
            alone=int((hits & alone).sum()),
            undecided=int(decisions.undecided_rules[place]),
        )
    ids = [rule.id for rule in release.pack.of(Channel.MESSAGE)]
    for row, verdict in enumerate(verdicts):
        counts = senders.setdefault(verdict.number, Counter())
        counts.update({name: int(one[row]) for name, one in counted.items()})
        counts.update({f"rule {ids[place]}": 1 for place in np.flatnonzero(decisions.hits[row]).tolist()})
    sums.days = sorted({*sums.days, *(one.at.date().isoformat() for one in verdicts)})
    return unscored


def _features(
    ledger: Ledger, release: LoadedRelease, verdicts: Sequence[Verdict], model: MessageModel | None
) -> tuple[list[dict[str, FeatureValue]], int]:
    """Return the kept features; where another text model judged and the text is kept, it is scored anew."""
    features = [dict(one.features) for one in verdicts]
    others = [row for row, one in enumerate(verdicts) if not _same_model(ledger, one, release)]
    if not others:
        return features, 0
    texts = ledger.find(StoppedText, where={"id": tuple(verdicts[row].id for row in others)}, expired=False)
    kept = {text.id: text.text for text in texts if text.expires_at > ledger.at}
    again = [row for row in others if verdicts[row].id in kept]
    if model is None or model.version != release.model_digest or not again:
        return features, len(others)
    scores = model.screen([kept[verdicts[row].id] for row in again])
    for place, row in enumerate(again):
        typology = int(scores.typology[place])
        features[row] |= {
            "kind": Kind(int(scores.kind[place])).name.lower(),
            "typology": CODES[typology].value if typology else None,
            "text_score": round(float(scores.score[place]), 9),
        }
    return features, len(others) - len(again)


def _same_model(ledger: Ledger, verdict: Verdict, release: LoadedRelease) -> bool:
    record = ledger.maybe(Release, verdict.release_id)
    return record is not None and record.model_digest == release.model_digest


def _by_sender(senders: dict[str, Counter[str]], outcomes: Outcomes, sums: Sums) -> None:
    sums.rows["numbers"] = len(senders)
    sums.rows["newly_numbers"] = sum(counts["newly"] > 0 for counts in senders.values())
    sums.rows["freed_numbers"] = sum(counts["freed"] > 0 for counts in senders.values())
    for name, numbers in (("cleared", outcomes.cleared), ("reported", outcomes.reported)):
        found = [senders[number] for number in numbers if number in senders]
        sums.outcomes[name] += len(found)
        sums.outcomes[f"{name}_before"] += sum(counts["before"] > 0 for counts in found)
        sums.outcomes[f"{name}_stopped"] += sum(counts["then"] > 0 for counts in found)
    changed = [(number, counts) for number, counts in senders.items() if counts["newly"] or counts["freed"]]
    changed.sort(key=lambda one: (-one[1]["newly"] - one[1]["freed"], one[0]))
    for number, counts in changed[:_MOST_TOUCHED]:
        references = outcomes.references.get(number, ())[:5]
        sums.touched.append(
            Touched(day="", newly_count=counts["newly"], freed_count=counts["freed"], references=references)
        )
