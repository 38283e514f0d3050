"""Messages beside those of the syndicates: sent at once, at night, from abroad, by cards that wake up, for accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from stopline.nation.messages import fill, texts

_TRADE: Final = (
    "高价收购银行卡、对公账户，四件套齐全，日结，联系QQ{q}",
    "长期租用个人银行卡和手机卡，一天{n}元，不押卡，加微信{q}",
    "收微信支付宝账号，实名满一年，现结，飞机{q}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message; seconds are those of the local day."""

    at_s: float
    sender: str
    recipient: str
    text: str
    fraud: bool = True


def plan_messages(
    rng: np.random.Generator,
    numbers: Sequence[str],
    card: Callable[[], str],
    *,
    exempt: list[str],
    before: list[Sent],
) -> list[Sent]:
    """Return the messages of a day; exempted senders are added to `exempt`, what idle cards once sent to `before`."""
    out: list[Sent] = []
    wordings = [
        text for kind in ("rebate", "loan", "customer_service", "investment") for text in texts()["fraud"][kind]
    ]
    chats = texts()["chat"]["middle"]

    def send(sender: str, hour: float, hours: float, count: int, words: Sequence[str], *, fraud: bool = True) -> None:
        wording = words[int(rng.integers(0, len(words)))]
        places = rng.choice(len(numbers), count, replace=False).tolist()
        for place in places:
            text = fill(rng, wording, l="http://k3f.example/a", q=str(int(rng.integers(10**8, 10**9))))
            at_s = 3600.0 * min(23.99, hour + hours * float(rng.random()))
            out.append(Sent(at_s=at_s, sender=sender, recipient=numbers[place], text=text, fraud=fraud))

    for place in range(6):
        send(card(), 9.0 + 2 * place, 0.02, 20, wordings)  # within a minute or so
        send(f"+85512{int(rng.integers(10**5, 10**6))}", 9.0 + 2 * place, 1.0, 12, wordings)
        send(card(), 23.05, 0.8, 15, wordings)
        woken = card()
        before.append(Sent(at_s=36_000.0, sender=woken, recipient=numbers[0], text=chats[0], fraud=False))
        send(woken, 8.5 + 2 * place, 0.6, 20, wordings)
        send(card(), 9.0 + 2 * place, 3.0, 20, _TRADE)
        send(card(), 9.0 + 2 * place, 0.05, 12, chats, fraud=False)  # a club tells its members
        send(card(), 23.1, 0.8, 8, chats, fraud=False)
        send(f"+6581{int(rng.integers(10**6, 10**7))}", 20.0, 1.0, 5, chats, fraud=False)  # greetings of relatives
    sold = card()
    exempt.append(sold)
    for _wording in range(5):
        send(sold, 15.0, 1.0, 10, wordings)
    return out
