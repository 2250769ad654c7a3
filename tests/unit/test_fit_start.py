"""Where a fit starts: published values, or what the curves tell; and the plain way to the verb."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug import draw_subjects, get_model, observe, simulate
from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.workflows.fit.plan import fit_problem, planned_fit
from livingdrug.workflows.fit.scenario import Fit

DAYS = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 28.0, 45.0, 90.0, 180.0, 270.0, 365.0)
SHIFT = 10.0  # the product of these data peaks ten times lower than the published one
SUBJECTS = draw_subjects(get_model("stein_2019").with_values({"c_max": 24_000 / SHIFT}), 12, seed=3)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("start") / "data.csv"
    model = get_model("stein_2019")
    lower = model.with_values({"c_max": model.typical["c_max"] / SHIFT})
    result = simulate(lower, SUBJECTS, times=DAYS)
    write_csv(observe(lower, result, None, 3), path)
    return str(path)


def starts(file, **given):
    problem, notes = planned_fit(Fit(file=file, model="stein_2019", **given))
    return {p.name: p.value for p in problem.parameters}, notes


def test_a_fit_starts_from_the_published_values_unless_it_is_told(file):
    values, notes = starts(file)
    assert values == {name: get_model("stein_2019").typical[name] for name in values} and notes == ()


def test_the_data_bring_the_start_to_where_the_curves_are(file):
    published, _ = starts(file)
    values, notes = starts(file, start="data")
    assert published["c_max"] == 24_000
    # three standard errors of the median of 12 peaks that are known up to one residual error (SD 0.56 of the logarithm)
    true = np.median(np.log(SUBJECTS.values["c_max"]))
    assert abs(np.log(values["c_max"]) - true) < 3 * 1.25 * 0.56 / np.sqrt(12)
    assert [note.split(":")[0] for note in notes] == [f"start of {name}" for name in values]
    assert "of 12 subjects" in notes[2]


def test_what_the_user_says_comes_first(file):
    values, notes = starts(file, start="data", values={"c_max": 5e4}, fix=("beta=0.001",))
    assert values["c_max"] == 5e4 and not any("c_max" in note or "beta" in note for note in notes)
    problem = fit_problem(Fit(file=file, model="stein_2019", start="data", fix=("beta=0.001",)))
    assert problem.model.typical["beta"] == 0.001


def test_a_model_without_such_a_curve_says_what_to_do(file):
    with pytest.raises(InputError, match="--start data serves models of a lag.*`kirouac_2023` has no `fold`"):
        planned_fit(Fit(file=file, model="kirouac_2023", start="data", random=("mu_memory",), residual=("lognormal:0.5",),
                        outputs={"transgene": "car_t_blood"}, conversion="kirouac_2024"))  # fmt: skip
    with pytest.raises(InputError, match="start"):
        cli.main(["fit", file, "--model", "stein_2019", "--start", "guess"], standalone_mode=False)


def test_notes_and_settings_keep_where_the_fit_started(file, tmp_path):
    asked = ("fit", file, "--model", "stein_2019", "--start", "data", "--method", "individual")
    shown = CliRunner().invoke(cli, [*asked, "--out", str(tmp_path / "out")])
    assert "start of c_max: " in shown.output, shown.output
    kept = json.loads((tmp_path / "out" / "settings.json").read_text())
    assert kept["settings"]["start_from"] == "data" and kept["start"]["c_max"] == starts(file, start="data")[0]["c_max"]
    assert any(note.startswith("start of c_max: ") for note in kept["notes"])
