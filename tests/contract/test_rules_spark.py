"""The same conditions on Spark, through Ibis, answer as the machine does; beyond one machine nothing else changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from stopline.screening.rules.features import Channel, Type, catalogue
from stopline.screening.rules.tree import Outcome
from tests.unit.screening.rules.languages import TYPED, Row, by_machine, conditions

ibis = pytest.importorskip("ibis", reason="ibis is not installed: it comes with the extra 'cluster'")

FEATURES = catalogue(Channel.CALL)
ASKED = (
    "calls_1h >= 20 AND NOT listed_exempt",
    "calls_1h > 20 OR spoofed",
    "NOT (calls_1h BETWEEN 3 AND 20.5)",
    "calls_1h + 2 * calls_1d >= 60 AND display_differs = spoofed",
    "calls_1d * 1e308 > 1 OR calls_1h < 0.3",
    "calls_1d * 1e308 - calls_1d * 1e308 = 0",
    "ratio(calls_1h, calls_1d) >= 0.5",
    "ratio(calls_1h, calls_1d * 1e308) <= 0.5",
    "calls_1h IN (20, 0.1) OR calls_1m IS NULL",
    "calling_kind IN ('mobile', 'fixed') AND displayed_kind = called_kind",
    "starts_with(calling, '+8613800138') OR calling = '95588'",
    "starts_with(calling_kind, 'x')",
)
VALUES: dict[Type, tuple[Any, ...]] = {
    Type.NUMBER: (20.0, 0.0, None, 20.5, float("nan"), 1e3, float("inf"), 0.1),
    Type.BOOLEAN: (True, False, None),
    Type.TEXT: ("mobile", "fixed", None, "foreign", "+8613800138000", "95588", ""),
}
ROWS: list[Row] = [
    {
        feature.name: VALUES[feature.type][(row + row // 7 * place + place) % len(VALUES[feature.type])]
        for place, feature in enumerate(FEATURES.values())
    }
    for row in range(60)
]


@pytest.fixture
def spark() -> Iterator[Any]:
    if shutil.which("java") is None:
        pytest.skip("there is no Java here, which Spark needs")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: it comes with the extra 'cluster'")
    builder = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.shuffle.partitions", "1").config("spark.driver.host", "127.0.0.1").getOrCreate()
    yield session
    session.stop()


def arrow() -> pa.Table:
    return pa.table(
        {
            feature.name: pa.array([row[feature.name] for row in ROWS], type=TYPED[feature.type], from_pandas=False)
            for feature in FEATURES.values()
        }
    )


def by_ibis(table: Any) -> list[list[bool | None]]:
    from stopline.stores.ibis_rules import ibis_of  # noqa: PLC0415 - ibis may be missing

    asked = conditions(Channel.CALL, ASKED)
    listed = {f"rule_{place}": ibis_of(condition, table) for place, condition in enumerate(asked)}
    found = table.select(table["row"], **listed).order_by("row").to_pyarrow()
    return [found[name].to_pylist() for name in listed]


def expected() -> list[list[bool | None]]:
    decided = {Outcome.HIT: True, Outcome.NOT: False}
    answers = by_machine(Channel.CALL, conditions(Channel.CALL, ASKED), ROWS)
    assert {outcome for rule in answers for outcome in rule} == set(Outcome)
    return [[decided.get(outcome) for outcome in rule] for rule in answers]


def numbered() -> pa.Table:
    return arrow().append_column("row", pa.array(range(len(ROWS))))


@pytest.mark.filterwarnings("ignore")  # of what Spark and its driver deprecate among themselves
def test_spark_through_ibis_answers_as_the_machine(spark: Any) -> None:
    connection = ibis.pyspark.connect(spark)
    rows = numbered().to_pylist()
    types = {Type.NUMBER: "double", Type.BOOLEAN: "boolean", Type.TEXT: "string"}
    schema = ", ".join([*(f"{name} {types[feature.type]}" for name, feature in FEATURES.items()), "row bigint"])
    spark.createDataFrame(rows, schema=schema).createOrReplaceTempView("given")
    found = by_ibis(connection.table("given"))
    for text, said, wanted in zip(ASKED, found, expected(), strict=True):
        assert said == wanted, text
