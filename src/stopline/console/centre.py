"""What the pages need beside the desks: traffic counts, what is degraded, and the clocks of forms and codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stopline.console.accounts import SessionTerms
from stopline.kernel.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Running counts of what was screened since the day began; a held call is not yet a blocked one."""

    calls: int = 0
    calls_blocked: int = 0
    calls_held: int = 0
    calls_flagged: int = 0
    messages: int = 0
    messages_blocked: int = 0
    messages_held: int = 0
    messages_flagged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """Something that does not work as it should, said in both languages."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A login of a demonstration, shown on the sign-in page of that demonstration only."""

    login: str
    password: str
    code: Callable[[], str]
    role_zh: str
    role_en: str


def _no_traffic() -> Traffic:
    return Traffic()


def _nothing_degraded() -> Sequence[Degraded]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteParts:
    """What the composition root gives the site beside the centre itself.

    `seconds` is a steady clock for rate limits (time.monotonic). `code_at` is the instant by which second-factor
    codes are judged; None = the ledger's clock. `terms` are those of sessions begun on the pages: a demonstration
    whose clock races gives its visitors longer ones; None = as everywhere. `money` returns minor units under the
    names of figures.MONEY; without it they are added up from the enforcement rows.
    """

    seconds: Callable[[], float]
    code_at: Callable[[], datetime] | None = None
    terms: SessionTerms | None = None
    traffic: Callable[[], Traffic] = _no_traffic
    money: Callable[[Ledger], Mapping[str, int]] | None = None
    degraded: Callable[[], Sequence[Degraded]] = _nothing_degraded
    hints: Sequence[Hint] = ()
