"""How the day begins: chances that make a fixed share of people fall, and those hooked since yesterday."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from stopline.nation.baits import Bait
from stopline.nation.syndicates import NEW_TRICK, Syndicate
from stopline.nation.victims import Crowd

_FALL_A_HEAD, _FEWEST_FALL = 0.0007, 24  # how many would fall for something if nobody did anything
_BY_CALL, _BY_MESSAGE, _SINCE_YESTERDAY = 0.5, 0.22, 0.28
_ANSWERED, _READ = 0.18, 0.5
_PAYS_WITHIN_S: Final = 12 * 3600
_SOONER: Final = 2.2  # exponent: half of them pay within the first quarter of that time


def settle_chances(crowd: Crowd, syndicates: tuple[Syndicate, ...], baits: list[Bait], subscribers: int) -> None:
    """Set each syndicate's chance so that, left alone, a fixed share of the people would fall."""
    for syndicate in syndicates:
        own = [bool(bait.text) for bait in baits if bait.syndicate == syndicate.index]
        for by_message, part, reached in ((False, _BY_CALL, _ANSWERED), (True, _BY_MESSAGE, _READ)):
            contacts = sum(text is by_message for text in own) * reached
            chance = _falls(subscribers) * part * syndicate.share / contacts if contacts else 0.0
            crowd.base[syndicate.index, by_message] = min(0.5, chance)


def hook_since_yesterday(
    rng: np.random.Generator,
    crowd: Crowd,
    syndicates: tuple[Syndicate, ...],
    baits: list[Bait],
    *,
    subscribers: int,
    begin_s: float,
) -> list[Bait]:
    """Put on the hook who was talked into it yesterday evening; return the baits that did it.

    Many pay in the first hours, so that the first reports come in the morning; others hesitate into the afternoon.
    """
    old = [bait for bait in baits if syndicates[bait.syndicate].typology != NEW_TRICK]
    count = round(_falls(subscribers) * _SINCE_YESTERDAY)
    hooked = []
    for place in rng.permutation(len(old))[:count].tolist():
        bait = replace(old[place], at_s=rng.uniform(-7, -2) * 3600)
        crowd.hook(bait.at_s, bait, pays_s=begin_s + 60 + _PAYS_WITHIN_S * rng.random() ** _SOONER)
        hooked.append(bait)
    return hooked


def _falls(subscribers: int) -> float:
    return max(_FEWEST_FALL, subscribers * _FALL_A_HEAD)
