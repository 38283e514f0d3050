"""What the syndicates have planned for the day: each call and each message of theirs, before anybody stops any.

A card is used for a short while and put away: most are heard of once. About a third speak little.
The new trick is tried in one county from mid-morning and grows by the hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.nation.messages import fill, texts
from stopline.nation.population import (
    SCAM_CALLEE_RATIO,
    SCAM_CALLS_A_DAY,
    Floats,
    Population,
)
from stopline.nation.syndicates import NEW_TRICK_FROM_S, Box, Syndicate
from stopline.nation.traffic import profile_times

_SPOOFED: Final = ("+8610662{:05d}", "+8621236{:05d}", "+8610852{:05d}", "+86755844{:05d}", "95{:03d}")
_TRUNKS: Final = (("int-KH-1", "KH-1"), ("int-TH-1", "TH-1"), ("int-GB-1", "GB-1"))
_ABROAD_CALLS_A_HEAD: Final = 0.014  # by syndicate that spoofs, of all subscribers
_MESSAGES_A_HEAD: Final = 0.022  # by all syndicates together
_FEWEST_CALLS, _FEWEST_MESSAGES = 40, 30
_WORKDAY_S: Final = (8.0 * 3600, 21.5 * 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bait:
    """One planned contact: a call (`text` empty) or a message to one subscriber.

    `card` is the line of the population it comes from, or -1; `victim` is the one already on the
    hook whom it keeps there, or -1.
    """

    at_s: float
    syndicate: int
    calling: str
    card: int
    target: int
    trunk: str = ""
    network: str = ""
    device: str | None = None
    cell: str | None = None
    text: str = ""
    link: str = ""
    victim: int = -1
    lawful: bool = False  # somebody calls a scam line back: no fraud of theirs


def plan(rng: np.random.Generator, people: Population, syndicates: tuple[Syndicate, ...]) -> list[Bait]:
    """Return all planned contacts of the day, in order of time."""
    baits: list[Bait] = []
    for syndicate in syndicates:
        targets = _targets(people, syndicate)
        for box in syndicate.boxes:
            for card in box.cards:
                baits += _card_calls(rng, people, syndicate, box, card=card, targets=targets)
        if syndicate.spoofs:
            baits += _spoofed_calls(rng, people, syndicate, targets)
        baits += _messages(rng, people, syndicate, targets)
    baits.sort(key=lambda bait: bait.at_s)
    return baits


def from_card(at_s: float, syndicate: Syndicate, people: Population, *, card: int, box: Box, target: int) -> Bait:
    """Return a call that a card of a SIM box makes."""
    code = people.carrier_code(card)
    return Bait(
        at_s=at_s,
        syndicate=syndicate.index,
        calling=people.numbers[card],
        card=card,
        target=target,
        trunk=f"loc-{code}",
        network=f"CN-{code}",
        device=box.device,
        cell=box.cell,
    )


def from_abroad(rng: np.random.Generator, at_s: float, syndicate: Syndicate, target: int) -> Bait:
    """Return a call under a false national number that comes in from abroad."""
    trunk, network = _TRUNKS[int(rng.integers(0, len(_TRUNKS)))]
    shape = _SPOOFED[int(rng.integers(0, len(_SPOOFED)))]
    calling = shape.format(int(rng.integers(0, 100_000 if "05d" in shape else 1_000)))
    return Bait(
        at_s=at_s, syndicate=syndicate.index, calling=calling, card=-1, target=target, trunk=trunk, network=network
    )


def _targets(people: Population, syndicate: Syndicate) -> NDArray[np.int64]:
    if syndicate.district < 0:
        return np.arange(people.subscribers)
    return np.flatnonzero(people.home[: people.subscribers] == syndicate.district)


def _card_calls(
    rng: np.random.Generator,
    people: Population,
    syndicate: Syndicate,
    box: Box,
    *,
    card: int,
    targets: NDArray[np.int64],
) -> list[Bait]:
    count = int(np.rint(SCAM_CALLS_A_DAY.draw(rng, 1)[0]))
    ratio = float(SCAM_CALLEE_RATIO.draw(rng, 1)[0])
    different = max(1, int(count * ratio))
    chosen = rng.choice(targets, different)
    again = np.concatenate([chosen, rng.choice(chosen, count - different)]).tolist()
    length_s = float(np.clip(rng.lognormal(np.log(2.2 * 3600), 0.7), 1_200, 9 * 3600))
    times = _hours(rng, syndicate, count, length_s)
    return [
        from_card(at_s, syndicate, people, card=card, box=box, target=target)
        for at_s, target in zip(times.tolist(), again, strict=True)
    ]


def _spoofed_calls(
    rng: np.random.Generator, people: Population, syndicate: Syndicate, targets: NDArray[np.int64]
) -> list[Bait]:
    count = max(_FEWEST_CALLS, int(people.subscribers * _ABROAD_CALLS_A_HEAD))
    begin, end = np.full(count, _WORKDAY_S[0] / 3600), np.full(count, _WORKDAY_S[1] / 3600)
    times = profile_times(rng, begin, end)
    return [
        from_abroad(rng, at_s, syndicate, target)
        for at_s, target in zip(times.tolist(), rng.choice(targets, count).tolist(), strict=True)
    ]


def _messages(
    rng: np.random.Generator, people: Population, syndicate: Syndicate, targets: NDArray[np.int64]
) -> list[Bait]:
    """Messages go out in campaigns: one sender, one wording, one link, a few dozen people."""
    count = max(_FEWEST_MESSAGES, int(people.subscribers * _MESSAGES_A_HEAD * syndicate.share))
    wordings = texts()["fraud"][syndicate.typology]
    cards = [card for box in syndicate.boxes for card in box.cards]
    out: list[Bait] = []
    while len(out) < count:
        size = min(count - len(out), int(rng.integers(6, 30)))
        wording = wordings[int(rng.integers(0, len(wordings)))]
        link = syndicate.links[int(rng.integers(0, len(syndicate.links)))]
        chat = syndicate.chats[int(rng.integers(0, len(syndicate.chats)))]
        card = int(rng.choice(cards)) if cards and rng.random() < 0.3 else -1
        sender = people.numbers[card] if card >= 0 else f"1069{int(rng.integers(10**8, 10**9))}"
        times = _hours(rng, syndicate, size, 1_500.0)
        out += [
            Bait(
                at_s=at_s,
                syndicate=syndicate.index,
                calling=sender,
                card=card,
                target=target,
                text=fill(rng, wording, l=link, q=chat),
                link=link if "{l}" in wording else "",
            )
            for at_s, target in zip(times.tolist(), rng.choice(targets, size).tolist(), strict=True)
        ]
    return out


def _hours(rng: np.random.Generator, syndicate: Syndicate, count: int, length_s: float) -> Floats:
    """Return times within one stretch of work; the new trick begins late and has ever more stretches."""
    begin_s, end_s = _WORKDAY_S
    if syndicate.district >= 0:
        begin_s = NEW_TRICK_FROM_S
        length_s = min(length_s, 1.5 * 3600)
    draw = rng.random()
    at = draw**0.7 if syndicate.district >= 0 else draw
    start = begin_s + at * max(0.0, end_s - begin_s - length_s)
    times: Floats = start + length_s * rng.random(count)
    return times
