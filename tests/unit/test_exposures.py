"""Exposures: what a window means, and that a subject's numbers depend on the subject alone."""

import numpy as np
import pytest

from livingdrug import exposures
from livingdrug.core.errors import InputError, SolveError
from livingdrug.models import get_model
from livingdrug.scale import Serial, run_exposures
from livingdrug.scale.blocks import cut
from livingdrug.simulation import Draw, exposure_task, simulate

KIROUAC = get_model("kirouac_2023")
# subject 10 of it leaves the finite range
EXPLODING = exposure_task(KIROUAC.with_values(mu_memory=0.6), Draw(40, 1, cv=0.5), window=(0, 200), limits={"car_t": 1e8})
# subject 137 of it is outside the formula's range
EXPONENTIAL = exposure_task(get_model("stein_2019"), Draw(150), window=(0, 28), limits={"transgene": (50, 1000)})
FORMULA = exposure_task(get_model("stein_2019_comedication"), Draw(150), window=(0, 28))
FEMALE = exposure_task(get_model("stein_2019_ode").with_values(female=1.0), Draw(20), window=(0, 28))
TASKS = {"exploding": EXPLODING, "exponential": EXPONENTIAL, "formula": FORMULA, "covariate": FEMALE}


def same(block, other, first=0):
    """Whether a block holds the very numbers of a stretch of another one that begins at subject 0."""
    chosen = slice(first, first + len(block.status))
    arrays = ("peak", "peak_time", "area", "above", "last_above")
    return block.status == other.status[chosen] and all(
        getattr(block, name).tobytes() == getattr(other, name)[chosen].tobytes() for name in arrays
    )


@pytest.mark.parametrize("name", TASKS)
def test_a_subject_has_the_numbers_it_has_in_simulate_up_to_the_end_of_the_window(name):
    task = TASKS[name]
    result = simulate(task.model, task.draw.subjects(task.model), times=[1.0], until=task.window[1])
    block = task(0, task.n)
    assert (block.status, block.reason) == (result.status, {i: result.reason[i] for i in result.failed})
    assert block.done.all() == (name == "covariate")
    # an unphysical subject keeps its numbers
    done = np.array([status in ("ok", "unphysical") for status in block.status])
    for ours, theirs in ((block.peak, result.peak), (block.peak_time, result.peak_time), (block.area, result.area)):
        assert ours[done].tobytes() == theirs[done].tobytes()
        assert np.isnan(ours[~done]).all()


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("size", [1, 7, 64])
def test_a_subject_has_the_same_numbers_in_any_block(name, size):
    task = TASKS[name]
    all_at_once = task(0, task.n)
    for first, count in cut(task.n, size)[:: max(1, 12 // size)]:
        assert same(task(first, count), all_at_once, first)


def test_a_failing_subject_can_be_run_alone():
    for task, subject in ((EXPLODING, 9), (EXPONENTIAL, 136)):
        alone = task(subject, 1)
        assert alone.status[0] != "ok" and alone.reason == {subject: task(0, task.n).reason[subject]}


@pytest.mark.parametrize("task", [EXPONENTIAL, FORMULA, FEMALE], ids=["exponential", "formula", "flows"])
def test_a_window_cuts_out_its_part(task):
    def window(start, end):
        limits = dict.fromkeys((name for name, _ in task.limits), 1000.0)
        return exposure_task(task.model, Draw(20), window=(start, end), limits=limits)(0, 20)

    whole, early, late = window(0, 28), window(0, 9), window(9, 28)
    np.testing.assert_allclose(early.area + late.area, whole.area, rtol=1e-6)
    np.testing.assert_allclose(early.above + late.above, whole.above, rtol=1e-6)
    np.testing.assert_allclose(np.maximum(early.peak, late.peak), whole.peak, rtol=1e-6)
    assert (early.peak_time <= 9).all() and (late.peak_time >= 9).all()


@pytest.mark.parametrize("model", ["stein_2019", "stein_2019_ode"])
def test_time_above_a_limit_is_that_of_a_fine_curve(model):
    task = exposure_task(get_model(model), Draw(30), window=(2, 20), limits={"transgene": 5000.0})
    block = task(0, 30)
    times = np.linspace(2, 20, 36_001)
    curves = simulate(task.model, task.draw.subjects(task.model), times=times, until=20.0).values[:, 0]
    high = curves > 5000.0
    np.testing.assert_allclose(block.above[:, 0], high.mean(axis=1) * 18, atol=2e-3)
    last = np.where(high.any(axis=1), times[-1 - np.argmax(high[:, ::-1], axis=1)], np.nan)
    np.testing.assert_allclose(block.last_above[:, 0], last, atol=2e-3)


def test_a_covariate_acts_as_its_equation_says():
    plain = exposure_task(get_model("stein_2019_ode"), Draw(20), window=(0, 28))(0, 20)
    factor = np.exp(FEMALE.model.typical["e_female"])
    np.testing.assert_allclose(FEMALE(0, 20).peak, factor * plain.peak, rtol=1e-5)


def test_the_summary_is_that_of_the_subjects_and_does_not_depend_on_blocks():
    block = EXPONENTIAL(0, 150)
    summary = run_exposures(EXPONENTIAL, Serial(), size=7).summary()
    assert summary == run_exposures(EXPONENTIAL, Serial()).summary()
    assert (summary["subjects"], summary["computed"]) == (150, 149)
    assert summary["failed"] == [
        {"status": "invalid", "count": 1, "subject": 137, "reason": "the fast rate alpha must be above the slow rate beta"}
    ]
    area, values = summary["outputs"]["transgene"]["AUC"], block.area[block.done, 0]
    assert (area["count"], area["min"], area["max"]) == (149, values.min(), values.max())
    np.testing.assert_allclose([area["p5"], area["p50"], area["p95"]], np.percentile(values, [5, 50, 95]), rtol=1e-3)
    assert area["mean"] == pytest.approx(values.mean(), rel=1e-14)
    assert [(a["output"], a["limit"], a["unit"]) for a in summary["above"]] == [
        ("transgene", 50.0, "copies/ug"), ("transgene", 1000.0, "copies/ug")
    ]  # fmt: skip


def test_the_file_has_a_row_for_each_subject_and_output(tmp_path):
    import pandas as pd

    exposures(EXPLODING.model, 12, cv=0.5, window=(0, 200), limits={"car_t": 1e8}, out=tmp_path / "a.csv")
    table, block = pd.read_csv(tmp_path / "a.csv"), EXPLODING(0, 12)
    assert list(table.columns) == [
        "subject", "output", "unit", "CMAX", "TMAX", "AUC", "above_100000000", "last_above_100000000", "status", "reason"
    ]  # fmt: skip
    assert len(table) == 12 * 3 and list(tmp_path.iterdir()) == [tmp_path / "a.csv"]
    car_t = table[table["output"] == "car_t"]
    np.testing.assert_array_equal(car_t["CMAX"], block.peak[:, 0])
    np.testing.assert_array_equal(car_t["above_100000000"], block.above[:, 0])
    assert table[table["output"] == "tumour"]["above_100000000"].isna().all()
    failed = car_t[~car_t["status"].isin(("ok", "unphysical"))]
    assert list(failed["subject"]) == [10] and "finite range" in failed["reason"].iloc[0] and failed["AUC"].isna().all()


def test_a_text_that_a_spreadsheet_would_run_is_disarmed(tmp_path):
    import pandas as pd

    from livingdrug.core.export import CsvFile

    with CsvFile(tmp_path / "a.csv") as file:
        file.add(pd.DataFrame({"value": [-1.5, 0.1], "reason": ['=1+1,"x"', "plain"]}))
        file.add(pd.DataFrame({"value": [np.nan, 1e300], "reason": ["@a", ""]}))
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert rows == ["value,reason", '-1.5,"\'=1+1,""x"""', "0.1,plain", ",'@a", "1e+300,"]


def test_nothing_is_left_of_a_file_when_a_run_breaks_off(tmp_path):
    def stop(done, _):
        if done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_exposures(FEMALE, Serial(), tmp_path / "a.csv", lambda done, n: stop(done + 20, n), size=8)
    assert not list(tmp_path.iterdir())


def test_a_population_without_one_computed_subject_is_an_error(tmp_path):
    model = KIROUAC.with_values(mu_memory=1.0, d_memory=0.0)
    with pytest.raises(SolveError, match="no subject was computed; subject 1: .* left the finite range"):
        exposures(model, window=(0, 3000), out=tmp_path / "a.csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"window": (5, 5)}, "it must start at 0 or later and end after its start"),
        ({"window": (-1, 5)}, "from -1 to 5 d"),
        ({"window": (0, float("nan"))}, "window"),
        ({"window": (0, 1e9)}, "horizon"),
        ({"limits": {"transgen": 1}}, "did you mean `transgene`"),
        ({"limits": {"transgene": float("nan")}}, "limit of `transgene` is nan"),
        ({"outputs": ["transgen"]}, "did you mean `transgene`"),
        ({"n": 0}, "0 subjects"),
        ({"n": None, "cv": 0.5}, "give n"),
        ({"workers": 0}, "0 workers"),
        ({"workers": 2, "dask": "tcp://127.0.0.1:8786"}, "give one of them"),
        ({"regimen": [1e8, (7.0, 1e8)]}, "takes one infusion"),
        ({"out": "/nonexistent/a.csv"}, "the folder `/nonexistent` is missing"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(given, sentence):
    with pytest.raises(InputError, match=sentence):
        exposures(get_model("stein_2019"), **{"n": 10, **given})


def test_time_above_is_refused_for_a_formula_that_is_no_sum_of_exponentials():
    with pytest.raises(InputError, match="`stein_2019_comedication` is a formula that is no sum of exponentials"):
        exposures(FORMULA.model, 10, limits={"transgene": 50})


def test_a_stretch_beyond_the_subjects_is_refused():
    with pytest.raises(InputError, match="20 are drawn"):
        FEMALE(19, 2)
