"""The whole call decision in DuckDB: state in a table, lists in tables, rules as one query; a baseline of `calls`."""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from stopline.bench.traffic import CallFrame, Written

_STATE: Final = """
CREATE TABLE callers (
  number BIGINT PRIMARY KEY, last_us BIGINT, first_us BIGINT, idle_h DOUBLE,
  calls_1m DOUBLE, calls_1h DOUBLE, calls_1d DOUBLE, received_1d DOUBLE,
  ended DOUBLE, answered DOUBLE, talk_s DOUBLE, short DOUBLE, today BIGINT, sequence_run BIGINT
);
CREATE TABLE block (number BIGINT PRIMARY KEY);
CREATE TABLE log (at_us BIGINT, number BIGINT, verdict TINYINT, score DOUBLE);
"""
# A call fades what was counted before and adds one; a batch holds a caller at most once in this baseline.
_MOVE: Final = """
INSERT INTO callers
SELECT calling, at_us, at_us, NULL, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1 FROM batch
ON CONFLICT (number) DO UPDATE SET
  idle_h = (excluded.last_us - callers.last_us) / 3.6e9,
  calls_1m = 1 + callers.calls_1m * exp((callers.last_us - excluded.last_us) / 6e7),
  calls_1h = 1 + callers.calls_1h * exp((callers.last_us - excluded.last_us) / 3.6e9),
  calls_1d = 1 + callers.calls_1d * exp((callers.last_us - excluded.last_us) / 8.64e10),
  received_1d = callers.received_1d * exp((callers.last_us - excluded.last_us) / 8.64e10),
  today = callers.today + 1,
  last_us = excluded.last_us
"""
_FEATURES: Final = """
SELECT b.at_us, b.calling,
  block.number IS NOT NULL AS listed_block, FALSE AS listed_watch, FALSE AS listed_exempt,
  0 AS reports_count, 'mobile' AS calling_kind, 'mobile' AS called_kind,
  b.abroad = 1 AS from_abroad, FALSE AS spoofed, FALSE AS display_differs,
  hour(make_timestamp(b.at_us + 28800000000)) AS hour,
  c.calls_1m, c.calls_1h, c.calls_1d, c.today AS calls_today, c.today AS callees_today, 1.0 AS callee_ratio,
  c.calls_1d / (c.calls_1d + c.received_1d) AS outgoing_ratio,
  CASE WHEN c.ended >= 5 THEN c.answered / c.ended END AS answered_ratio,
  CASE WHEN c.ended >= 5 THEN c.short / c.ended END AS short_ring_ratio,
  CASE WHEN c.answered >= 1 THEN c.talk_s / c.answered END AS answered_mean_s,
  (b.at_us - c.first_us) / 3.6e9 AS age_h, c.idle_h, c.sequence_run,
  NULL::DOUBLE AS device_numbers, NULL::DOUBLE AS device_cells, NULL::DOUBLE AS device_calls_1h
FROM batch b JOIN callers c ON c.number = b.calling LEFT JOIN block ON block.number = b.calling
"""


class DuckCalls:
    """A database in memory that decides batches, on one thread."""

    def __init__(self, rules: list[Written], *, numbers: pa.Array) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("SET enable_progress_bar = false")
        self.connection.execute(_STATE)
        table = pa.table({"number": numbers})
        self.connection.register("numbers", table)
        self.connection.execute("INSERT INTO block SELECT DISTINCT number FROM numbers")
        self.connection.unregister("numbers")
        hits = ", ".join(f"coalesce({rule.sql}, FALSE) AS r{place}" for place, rule in enumerate(rules))
        level = ", ".join(f"CASE WHEN r{place} THEN {rule.level} ELSE 0 END" for place, rule in enumerate(rules))
        left = " * ".join(
            f"CASE WHEN r{place} THEN {1 - rule.precision:e} ELSE 1e0 END" for place, rule in enumerate(rules)
        )
        self.hits = f"at_us, calling, {hits}"
        self.answers = f"at_us, calling, greatest({level}) AS verdict, 1 - {left} AS score"

    def touch(self, frame: CallFrame) -> None:
        """Count a batch without deciding it, so that the table is full before anything is measured."""
        self._take(frame)
        self.connection.execute(_MOVE)

    def decide(self, frame: CallFrame) -> None:
        """Decide a batch and log what is stopped or marked."""
        self._take(frame)
        self.connection.execute("BEGIN")
        self.connection.execute(_MOVE)
        found = self.connection.sql(_FEATURES).project(self.hits).project(self.answers)
        found.filter("verdict > 0").insert_into("log")
        self.connection.execute("COMMIT")

    def _take(self, frame: CallFrame) -> None:
        numbers = np.char.lstrip(frame.calling.astype("U24"), "+").astype(np.int64)
        batch = pa.table({"at_us": frame.at_us, "calling": numbers, "abroad": frame.abroad})
        once = batch.group_by("calling").aggregate([("at_us", "max"), ("abroad", "max")])
        self.connection.register("batch", once.rename_columns(["calling", "at_us", "abroad"]))
