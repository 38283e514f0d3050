"""What is kept of a campaign with stopped messages: counts, and why its messages belong together; no text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from stopline.kernel.ledger import Ledger
from stopline.screening.records import Verdict, VerdictKind

ENOUGH = 2  # messages: one alone is no campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Copies of one text of which some were flagged or stopped. `id` is the salted sketch of its first text.

    The counts of messages, senders and recipients are those of the live cluster when it was last stopped, those named
    after verdicts are of its verdicts; the `with_` counts, `exact_count` and the likeness are of `compared_count` of
    these: the flagged and stopped ones from the second on.
    """

    id: str
    typology: str
    first_at: datetime
    last_at: datetime
    messages_count: int
    recipients_count: int  # estimates, about 7 % off
    senders_count: int
    pass_count: int
    flag_count: int = 0
    hold_count: int = 0
    block_count: int = 0
    likeness_least_ratio: float = 1.0
    likeness_mean_ratio: float = 1.0
    compared_count: int = 0
    exact_count: int = 0  # the same as the first text, numbers, links and contacts masked
    with_link_count: int = 0
    with_phone_count: int = 0
    with_contact_count: int = 0
    typologies: dict[str, int] = field(default_factory=dict)

    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("last_at",), ("typology", "last_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One flagged or stopped message of a campaign, as the campaign stood when it came."""

    campaign_id: str
    at: datetime
    first_at: datetime
    verdict: str
    typology: str
    messages_count: int
    recipients_count: int
    senders_count: int
    likeness: float
    with_link: bool
    with_phone: bool
    with_contact: bool


def keep_campaigns(ledger: Ledger, copies: Sequence[Copy]) -> None:
    """Take flagged and stopped messages into the records of their campaigns."""
    by_campaign: dict[str, list[Copy]] = defaultdict(list)
    for copy in copies:
        by_campaign[copy.campaign_id].append(copy)
    if not by_campaign:
        return
    known = {kept.id: kept for kept in ledger.find(Campaign, id=tuple(by_campaign))}
    for name, mine in by_campaign.items():
        kept = known.get(name) or _new(mine[0])
        if name not in known or any(copy.messages_count == ENOUGH for copy in mine):
            kept = _joined(ledger, kept)
        ledger.save(_grown(kept, mine), act="campaign.grow")


def _joined(ledger: Ledger, kept: Campaign) -> Campaign:
    """Take in the verdicts on what came when nobody could know yet that it was a campaign."""
    for verdict in ledger.find(Verdict, text_key=kept.id, campaign_id=""):
        ledger.save(replace(verdict, campaign_id=kept.id), act="verdict.join_campaign")
        kept = replace(
            kept,
            first_at=min(kept.first_at, verdict.at),
            flag_count=kept.flag_count + (verdict.verdict is VerdictKind.FLAG),
            hold_count=kept.hold_count + (verdict.verdict is VerdictKind.HOLD),
            block_count=kept.block_count + (verdict.verdict is VerdictKind.BLOCK),
            typologies=_counted(kept.typologies, [verdict.typology]),
        )
    return kept


def _counted(typologies: dict[str, int], more: Sequence[str]) -> dict[str, int]:
    counts = Counter(typologies) + Counter(name for name in more if name)
    return dict(sorted(counts.items()))


def _new(copy: Copy) -> Campaign:
    return Campaign(
        id=copy.campaign_id,
        typology=copy.typology,
        first_at=copy.first_at,
        last_at=copy.at,
        messages_count=0,
        recipients_count=0,
        senders_count=0,
        pass_count=0,
    )


def _grown(kept: Campaign, copies: list[Copy]) -> Campaign:
    verdicts = [copy.verdict for copy in copies]
    typologies = _counted(kept.typologies, [copy.typology for copy in copies])
    judged = kept.flag_count + kept.hold_count + kept.block_count + len(copies)
    compared = kept.compared_count + len(copies)
    messages = max(kept.messages_count, judged, *(copy.messages_count for copy in copies))
    mean = (kept.compared_count * kept.likeness_mean_ratio + sum(copy.likeness for copy in copies)) / compared
    return replace(
        kept,
        typology=max(sorted(typologies), key=lambda name: typologies[name], default=""),
        typologies=typologies,
        first_at=min(kept.first_at, *(copy.first_at for copy in copies)),
        last_at=max(kept.last_at, *(copy.at for copy in copies)),
        messages_count=messages,
        recipients_count=max(kept.recipients_count, *(copy.recipients_count for copy in copies)),
        senders_count=max(kept.senders_count, *(copy.senders_count for copy in copies)),
        pass_count=messages - judged,
        compared_count=compared,
        flag_count=kept.flag_count + verdicts.count("FLAG"),
        hold_count=kept.hold_count + verdicts.count("HOLD"),
        block_count=kept.block_count + verdicts.count("BLOCK"),
        likeness_least_ratio=min(kept.likeness_least_ratio, *(copy.likeness for copy in copies)),
        likeness_mean_ratio=round(mean, 6),
        exact_count=kept.exact_count + sum(copy.likeness == 1.0 for copy in copies),
        with_link_count=kept.with_link_count + sum(copy.with_link for copy in copies),
        with_phone_count=kept.with_phone_count + sum(copy.with_phone for copy in copies),
        with_contact_count=kept.with_contact_count + sum(copy.with_contact for copy in copies),
    )
