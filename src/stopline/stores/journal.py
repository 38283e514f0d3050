"""Screening at the doors: judge, write the journal, and only then answer; what cannot be recorded stops nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from stopline.kernel.actors import Actor
from stopline.kernel.errors import StoreError
from stopline.screening.columns import Columns, Reject
from stopline.screening.desk import ScreeningDesk
from stopline.screening.engine import Judged
from stopline.screening.journal import Answers
from stopline.stores.lake import Lake
from stopline.stores.store import Store

_log = logging.getLogger("stopline.journal")

_CALL_ANSWER = pa.schema(
    {"row": pa.int64(), "verdict": pa.string(), "score": pa.float64(), "reasons": pa.string(), "reference": pa.string()}
)
_MESSAGE_ANSWER = pa.schema(
    {
        "row": pa.int64(),
        "verdict": pa.string(),
        "kind": pa.string(),
        "score": pa.float64(),
        "typology": pa.string(),
        "campaign": pa.string(),
        "reasons": pa.string(),
        "reference": pa.string(),
    }
)


class _Judge(Protocol):
    def __call__(self, columns: Columns) -> tuple[Judged, list[Reject]]: ...


def screen_calls(
    store: Store, actor: Actor, desk: ScreeningDesk, table: pa.Table, *, carrier: str, lake: Lake | None = None
) -> pa.Table:
    """Screen a batch of calls; one answer a row, order kept. Raises BadField for a missing column."""
    answers, judged = _screen(store, actor, desk, desk.judge_calls, table, carrier)
    if lake is not None:
        try:
            lake.append(judged)
        except StoreError as error:
            _log.error("feature rows were not kept: %s", error)
    return answer_table(answers, _CALL_ANSWER)


def screen_messages(store: Store, actor: Actor, desk: ScreeningDesk, table: pa.Table, *, carrier: str) -> pa.Table:
    """Screen a batch of messages; one answer a row, order kept. Raises BadField for a missing column."""
    answers, _judged = _screen(store, actor, desk, desk.judge_messages, table, carrier)
    return answer_table(answers, _MESSAGE_ANSWER)


def columns_of(table: pa.Table) -> Columns:
    """Return the columns of an Arrow table as the domain reads them: texts as lists, instants as numbers of time."""
    found: dict[str, Sequence[object]] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_timestamp(kind):
            found[name] = column.to_numpy()
        elif pa.types.is_dictionary(kind):
            found[name] = column.cast(kind.value_type).to_pylist()
        elif pa.types.is_string(kind):
            found[name] = column.to_numpy().tolist()  # half the time of to_pylist
        else:
            found[name] = column.to_pylist()
    return found


def answer_table(answers: Answers, schema: pa.Schema) -> pa.Table:
    """Return answers as an Arrow table."""
    return pa.table({name: answers.columns[name] for name in schema.names}, schema=schema)


def _screen(
    store: Store, actor: Actor, desk: ScreeningDesk, judge: _Judge, table: pa.Table, carrier: str
) -> tuple[Answers, Judged]:
    judged, rejects = judge(columns_of(table))
    try:
        with store.act(actor) as ledger:
            return desk.record(ledger, judged, rejects, carrier=carrier), judged
    except StoreError as error:
        stopped = int(np.count_nonzero(judged.verdict))
        _log.critical("journal not written, %d verdicts not applied: %s", stopped, error)
        return desk.unrecorded(judged, rejects), judged
