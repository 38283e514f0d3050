"""Messages of the simulated country, judged: the scoring alone, the first pass, and the whole way of a message.

The cascade: every message is folded and scored as a whole, and a window is looked at only where it could say more; what
is not cleared gets typology and reasons. The whole way adds numbers, lists, state, campaigns, rules and verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from statistics import fmean
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stopline.bench.measure import REPEATS, Ask, Figure, Report, cpu_ns
from stopline.nation.world import World
from stopline.screening.desk import ScreeningDesk
from stopline.screening.identity.registered import fingerprints
from stopline.screening.records import EntryState, ListKind, NumberEntry
from stopline.screening.rules.features import Channel
from stopline.screening.text.fold import fold_all
from stopline.screening.text.model import MessageModel
from stopline.screening.text.training.attacks import padded_both
from stopline.screening.text.vocabulary import Kind
from stopline.stores.model_files import shipped_message_model
from stopline.stores.screen_files import file_desk

_SUBSCRIBERS: Final = 100_000
_MESSAGES: Final = 100_000
_BEGINS: Final = datetime(2026, 3, 10, 8, tzinfo=timezone(timedelta(hours=8)))
_STEP: Final = 2
_HOLD: Final = 2
_LEARN: Final = 5_000
Batch = dict[str, Any]


def run(ask: Ask) -> Report:
    """Measure on batches of the country's messages, and say how well the same model did on them."""
    batches, fraud, banks = country(ask)
    model = shipped_message_model()
    rows = sum(len(batch["text"]) for batch in batches)
    texts = [batch["text"] for batch in batches]
    folded = [fold_all(batch) for batch in texts]
    scoring = _warm_us(lambda: [model.parts_of(one) for one in folded], rows)
    first = _warm_us(lambda: [model.screen(batch) for batch in texts], rows)
    told = _warm_us(lambda: [_told(model, batch) for batch in texts], rows)
    whole = _whole_us(batches, banks, rows)
    padded = [[padded_both(text, np.random.default_rng(1)) for text in batch] for batch in texts[: len(texts) // 10]]
    hard = _warm_us(lambda: [model.screen(batch) for batch in padded], sum(map(len, padded)))
    figures = [
        Figure(name="scoring alone, text folded before", value=scoring, unit="us CPU"),
        Figure(name="first pass: folded and scored", value=first, unit="us CPU"),
        Figure(name="  and what is not cleared told why", value=told, unit="us CPU"),
        Figure(name="the whole way of a message", value=whole, unit="us CPU"),
        Figure(name="first pass, every message padded with friendly text", value=hard, unit="us CPU"),
        *_learned(texts, fraud, scoring, first),
        *_quality(batches, banks, fraud),
    ]
    length = fmean(len(text) for batch in texts for text in batch)
    different = len({text for batch in texts for text in batch})
    return Report(
        name="messages",
        figures=tuple(figures),
        notes=(
            f"{rows:,} messages of the simulated country, {length:.0f} characters in the mean, {different:,} different",
            f"batch {ask.batch}; the model that decided: {model.version[:16]}",
            "the whole way: numbers, lists, state, campaigns, text, rules, verdict, from columns as a door has them",
        ),
    )


def country(ask: Ask) -> tuple[list[Batch], NDArray[np.bool_], list[NumberEntry]]:
    """Return a morning's messages in batches, in order of time, which of them are fraud, and the banks' senders."""
    world, at = World(ask.seed, _SUBSCRIBERS, _BEGINS), _BEGINS
    wanted = _MESSAGES // 10 if ask.quick else _MESSAGES
    names = ("sender", "recipient", "text")
    columns: dict[str, list[Any]] = {"at": [], **{name: [] for name in names}}
    truth: list[NDArray[np.int16]] = []
    while len(columns["text"]) < wanted:
        minute = world.step(at, minutes=_STEP)
        at += timedelta(minutes=_STEP)
        columns["at"].extend(minute.messages["at"].cast("int64").to_pylist())
        for name in names:
            columns[name].extend(minute.messages[name].to_pylist())
        truth.append(minute.messages_truth)
        world.calls_verdict(np.zeros(minute.calls.num_rows, np.uint8))
        world.messages_verdict(np.zeros(minute.messages.num_rows, np.uint8))
        world.ends()
    whole = len(columns["text"]) // ask.batch * ask.batch
    batches = [
        {
            "at": np.array(columns["at"][first : first + ask.batch], dtype="datetime64[us]"),
            **{name: columns[name][first : first + ask.batch] for name in names},
        }
        for first in range(0, whole, ask.batch)
    ]
    return batches, np.concatenate(truth)[:whole] > 0, list(_registered(world))


def _registered(world: World) -> Iterator[NumberEntry]:
    """Iterate over the senders that the country's banks register before the day, as two officers sign them."""
    for bank in world.registered_senders():
        for sender in bank.senders:
            yield NumberEntry(
                id=f"S{sender}", list_kind=ListKind.SENDER, number=sender, prefix=False, typology="bank",
                reason=bank.brand, owner="", owner_session="", state=EntryState.SIGNED, created_at=_BEGINS,
                expires_at=_BEGINS + timedelta(days=30), brand=bank.brand, hosts=bank.hosts,
                templates=fingerprints(bank.examples),
            )  # fmt: skip


def _desk(banks: list[NumberEntry]) -> ScreeningDesk:
    desk = file_desk(None)
    for entry in banks:
        desk.live.engine.lists.put(entry)
    return desk


def _warm_us(work: Callable[[], object], rows: int) -> float:
    work()
    return cpu_ns(work, rows=rows) / 1_000


def _told(model: MessageModel, texts: list[str]) -> object:
    scores = model.screen(texts)
    return scores.typology, [scores.explain(int(row)) for row in np.flatnonzero(scores.kind == Kind.FRAUD)]


def _whole_us(batches: list[Batch], banks: list[NumberEntry], rows: int) -> float:
    """Judge all batches from fresh counters each time, so that no run meets the campaigns of the one before."""
    desks = [_desk(banks) for _repeat in range(REPEATS + 1)]
    return _warm_us(lambda: _judged(desks.pop(), batches), rows)


def _judged(desk: ScreeningDesk, batches: list[Batch]) -> NDArray[np.int8]:
    return np.concatenate([desk.judge(Channel.MESSAGE, batch)[0].verdict for batch in batches])


def _quality(batches: list[Batch], banks: list[NumberEntry], fraud: NDArray[np.bool_]) -> list[Figure]:
    stopped = _judged(_desk(banks), batches) >= _HOLD
    return [
        Figure(name="fraud of the country stopped", value=100.0 * float(stopped[fraud].mean()), unit="%"),
        Figure(name="its lawful messages stopped", value=100.0 * float(stopped[~fraud].mean()), unit="%"),
    ]


def _learned(texts: list[list[str]], fraud: NDArray[np.bool_], scoring: float, first: float) -> list[Figure]:
    """A linear model of scikit-learn on hashed character fragments, written as its documentation writes it."""
    try:
        from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415 - the extra may be absent
        from sklearn.linear_model import SGDClassifier  # noqa: PLC0415 - as above
    except ImportError:
        return [Figure(name="scikit-learn: left out, not installed", value=0.0, unit="us CPU")]
    hashing = HashingVectorizer(analyzer="char", ngram_range=(1, 4), n_features=1 << 18, alternate_sign=False)
    linear = SGDClassifier(loss="log_loss", random_state=1)
    flat = [text for batch in texts for text in batch]
    linear.fit(hashing.transform(flat[:_LEARN]), fraud[:_LEARN])
    few = texts[: max(1, len(texts) // 20)]
    rows = sum(map(len, few))
    matrices = [hashing.transform(batch) for batch in few]
    deciding = _warm_us(lambda: [linear.decision_function(matrix) for matrix in matrices], rows)
    both = _warm_us(lambda: [linear.decision_function(hashing.transform(batch)) for batch in few], rows)
    return [
        Figure(name="scikit-learn, from the text", value=both, unit="us CPU", ratio=both / scoring,
               against="slower than our scoring alone"),
        Figure(name="  the same beside our first pass", value=both, unit="us CPU", ratio=both / first,
               against="slower"),
        Figure(name="scikit-learn, its product alone", value=deciding, unit="us CPU"),
    ]  # fmt: skip
