import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.kernel.errors import BadField, ReleaseInvalid
from stopline.screening.profiles.columns import refusal_of_name, refusal_of_values
from stopline.screening.profiles.forest import walk_plainly
from stopline.screening.profiles.model import ProfileModel
from stopline.screening.profiles.rule import calls_out_to_strangers
from stopline.screening.profiles.training import RECIPES, Table, _boosted, auc, forest_of, platt, recall_at, train

lightgbm = pytest.importorskip("lightgbm", reason="the extra `profiles` is not installed")


def table(rows: int = 400, *, missing: bool = True) -> Table:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(rows, 4))
    label = values[:, 0] + 0.5 * values[:, 1] + 0.3 * rng.normal(size=rows) > 0
    if missing:
        values[rng.random((rows, 4)) < 0.1] = np.nan
    return Table(features=("a", "b", "c", "d"), rows=values, label=label)


@pytest.fixture(scope="module")
def model() -> ProfileModel:
    return train(table(), seed=1, facts={})


def test_the_kernel_walks_as_plain_python_does(model: ProfileModel) -> None:
    rows = table(60).rows
    plain = [walk_plainly(model.forest, row) for row in rows.tolist()]
    assert model.forest.margins(rows).tolist() == plain


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("missing", [True, False])
def test_our_margin_is_that_of_the_library_also_where_a_value_is_missing(recipe: str, *, missing: bool) -> None:
    learned = table(missing=missing)
    booster = _boosted(learned.rows, learned.label, recipe, seed=3)
    asked = table().rows
    ours = forest_of([booster.dump_model()]).margins(asked)
    np.testing.assert_allclose(ours, booster.predict(asked, raw_score=True), rtol=1e-9, atol=1e-9)


@given(st.lists(st.sampled_from([np.nan, -1e300, -1.0, 0.0, 0.3, 1e300]), min_size=4, max_size=4))
def test_reasons_add_up_to_the_margin_and_a_score_is_a_probability(model: ProfileModel, row: list[float]) -> None:
    given_row = np.array([row])
    margins, parts = model.forest.contributions(given_row)
    begun = float(model.forest.value[model.forest.roots].sum())
    assert abs(begun + parts.sum() - margins[0]) < 1e-9
    scores, reasons = model.explained(given_row)
    assert 0 <= scores[0] <= 1
    assert len(reasons[0].split("; ")) <= 3


def test_a_model_comes_back_from_its_bytes_as_it_was(model: ProfileModel) -> None:
    back = ProfileModel.load(model.content(), name="m")
    rows = table(50).rows
    assert back.scores(rows).tolist() == model.scores(rows).tolist()
    assert back.card == model.card


def test_equal_rows_and_seed_give_an_equal_model(model: ProfileModel) -> None:
    assert train(table(), seed=1, facts={}).scores(table().rows).tolist() == model.scores(table().rows).tolist()


def test_a_file_that_is_no_model_is_refused(model: ProfileModel) -> None:
    for content in (b"", b"PK", model.content()[:-40]):
        with pytest.raises(ReleaseInvalid, match="not a profile model"):
            ProfileModel.load(content, name="m")


def test_trees_that_lead_back_are_refused(model: ProfileModel) -> None:
    model = ProfileModel.load(model.content(), name="m")
    inner = int(np.flatnonzero(model.forest.feature >= 0)[5])
    model.forest.left[inner] = 0
    with pytest.raises(ReleaseInvalid, match="leads back"):
        ProfileModel.load(model.content(), name="m")


def test_one_class_is_refused() -> None:
    learned = table()
    with pytest.raises(BadField, match="20 of each"):
        train(Table(features=learned.features, rows=learned.rows, label=learned.label & False), seed=1, facts={})


def test_a_perfect_order_is_calibrated_too() -> None:
    label = np.arange(200) >= 100
    slope, shift = platt(np.where(label, 50.0, -50.0), label)
    assert slope > 0
    assert np.isfinite(shift)


def test_measures_by_hand() -> None:
    label = np.array([0, 0, 1, 1], dtype=bool)
    assert auc(label, np.array([0.1, 0.5, 0.5, 0.9])) == 0.875
    assert recall_at(label, np.array([0.1, 0.5, 0.5, 0.9]), 0.01) == 0.5


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("node", "names the subscriber"),
        ("user_id", "names the subscriber"),
        ("userId", "names the subscriber"),
        ("age", "never be a ground"),
        ("home_province", "never be a ground"),
        ("ethnicity_count", "never be a ground"),
        ("户籍地", "never be a ground"),
        ("city_name_nunique", None),
        ("calltype_id_unique", None),
        ("calls_per_active_day", None),
        ("average", None),
    ],
)
def test_which_names_may_serve(name: str, why: str | None) -> None:
    found = refusal_of_name(name)
    assert found is None if why is None else found is not None and why in found


def test_what_stands_in_a_column_may_refuse_it() -> None:
    assert "stands twice" in (refusal_of_values("x", np.arange(60.0)) or "")
    assert "count" in (refusal_of_values("city_call", np.array([0.5, 1.0])) or "")
    assert "empty" in (refusal_of_values("x", np.array([np.nan])) or "")
    assert "same" in (refusal_of_values("x", np.array([1.0, 1.0])) or "")
    assert refusal_of_values("x", np.array([1.0, np.nan])) is None


def test_the_rule_is_open_only_where_a_missing_value_decides() -> None:
    found = calls_out_to_strangers(
        np.array([0.9, 0.9, np.nan, np.nan]), np.array([0.5, 0.49, 0.6, 0.1]), np.array([20.0, 50, 50, 50])
    )
    assert found[:2].tolist() == [1, 0]
    assert np.isnan(found[2])
    assert found[3] == 0
