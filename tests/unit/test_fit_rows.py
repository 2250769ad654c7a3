"""What rows of doses mean to a fit: predictions against closed forms, wells that give back what made them, refusals."""

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.data.meanings import EVENT
from livingdrug.export import data_file
from livingdrug.fit import ResidualError, design_of, fit, new_problem, point_of, regimens_of
from livingdrug.fit.point import centre, moments, predictions, prepare
from livingdrug.fit.predict import LinearPredictor, general_predictor, predictor_of
from livingdrug.models import get_model
from livingdrug.models.text import from_toml
from livingdrug.simulation import Dose, Reset, read_dose, simulate, write_dose

# first-order absorption: rates 1.2 and 0.3 per day, volume 2
ORAL = """
name = "oral"
title = "Absorption and loss"
[structure]
time_unit = "d"
dose_into = "depot"
states = [
  { name = "depot", unit = "ug", meaning = "to be absorbed", roles = ["drug"] },
  { name = "central", unit = "ug", meaning = "inside", roles = ["drug"] },
]
flows = [
  { name = "absorption", rate = "ka * depot", kind = "exchange", out_of = "depot", into = "central" },
  { name = "loss", rate = "k * central", kind = "clearance", out_of = "central" },
]
outputs = [{ name = "level", expression = "central / v", unit = "ug/mL", meaning = "level", measured = true }]
quantities = [
  { name = "v", unit = "mL", meaning = "volume", bound = "positive" },
  { name = "ka", unit = "1/d", meaning = "absorption", bound = "positive" },
  { name = "k", unit = "1/d", meaning = "loss", bound = "positive" },
]
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { v = 2.0, ka = 1.2, k = 0.3 }
"""
V, KA, K = 2.0, 1.2, 0.3
DOSES = "ID,TIME,DV,AMT,EVID,"


def read(tmp_path, text: str, **reading):
    path = tmp_path / "data.csv"
    path.write_text(text)
    return read_data(path, Reading(**{"time_unit": "d", "unit": "ug/mL", "untreated": True, "duplicates": "keep"} | reading))


def problem_of(tmp_path, text: str, **more):
    data = read(tmp_path, text, **more.pop("reading", {}))
    arguments = {"random": {"k": 0.3}, "residuals": [ResidualError("level", "additive", a=1.0)]} | more
    return new_problem(from_toml(ORAL, "oral"), data, **arguments)


def predicted(tmp_path, text: str, **more) -> np.ndarray:
    prepared = prepare(problem_of(tmp_path, text, **more))
    return predictions(prepared, centre(prepared, point_of(prepared.problem)))


def samples(times, more: str = "", subject: str = "A") -> str:
    return "".join(f"{subject},{t},5,,0,{more}\n" for t in times)


def oral(t, amount):
    """Level after an oral dose at time 0."""
    t = np.maximum(np.asarray(t, dtype=float), 0.0)
    return amount * KA / (V * (KA - K)) * (np.exp(-K * t) - np.exp(-KA * t))


def infused(t, amount, length):
    """Level during and after an infusion from time 0 into `central`."""
    t = np.asarray(t, dtype=float)
    rise = 1 - np.exp(-K * np.clip(t, 0, length))
    return amount / length / (V * K) * rise * np.exp(-K * np.maximum(t - length, 0))


TIMES = np.array([0.5, 1.0, 3.0, 7.5, 11.0])


@pytest.mark.parametrize(
    ("columns", "rows", "expected"),
    [
        ("CMT", "A,0,,10,1,1\nA,2,,30,1,2\n", oral(TIMES, 10) + 30 / V * np.exp(-K * (TIMES - 2)) * (TIMES > 2)),
        ("CMT", "A,0,,10,1,depot\nA,2,,30,1,central\n", oral(TIMES, 10) + 30 / V * np.exp(-K * (TIMES - 2)) * (TIMES > 2)),
        ("RATE,ADM", "A,0,,10,1,5,central\n", infused(TIMES, 10, 2.0)),
        ("TINF,CMT", "A,0,,10,1,2,central\n", infused(TIMES, 10, 2.0)),
        ("ADDL,II", "A,0,,10,1,2,4\n", oral(TIMES, 10) + oral(TIMES - 4, 10) + oral(TIMES - 8, 10)),
        # a reset drops what there is and the additional doses that have not come yet
        ("ADDL,II", "A,0,,10,1,2,4\nA,5,,,3,,\nA,6,,20,1,,\n", np.where(
            TIMES < 5, oral(TIMES, 10) + oral(TIMES - 4, 10), oral(TIMES - 6, 20))),
        ("RATE", "A,0,,10,1,\nA,2,,20,4,\n", np.where(TIMES <= 2, oral(TIMES, 10), oral(TIMES - 2, 20))),
        ("SS,II", "A,0,,10,1,1,2\n", sum(oral(TIMES + 2 * j, 10) for j in range(80))),
        # an infusion for ever that ends at time 0 left 5 / k behind
        ("SS,RATE,CMT", "A,0,,0,1,1,5,central\n", 5 / (V * K) * np.exp(-K * TIMES)),
    ],
)
def test_predictions_are_those_of_the_rows(tmp_path, columns, rows, expected):
    found = predicted(tmp_path, DOSES + columns + "\n" + rows + samples(TIMES, "," * columns.count(",")))
    np.testing.assert_allclose(found, expected, rtol=2e-5)


SAYS = {
    "RATE": "A,0,,10,1,5,,,,,", "DUR": "A,0,,10,1,,2,,,,", "CMT": "A,0,,10,1,,,central,,,", "ADDL": "A,0,,10,1,,,,2,4,",
    "SS": "A,0,,10,1,,,,,2,1",
}


@pytest.mark.parametrize("column", EVENT)
def test_no_column_of_doses_is_without_effect(tmp_path, column):
    if column == "II":  # says something beside ADDL or SS alone
        row, other = "A,0,,10,1,,,,2,2,", SAYS["ADDL"]
    else:
        row, other = "A,0,,10,1,,,,,,", SAYS[column]
    heading, rest = DOSES + "RATE,DUR,CMT,ADDL,II,SS\n", samples(TIMES, ",,,,,")
    one, two = (predicted(tmp_path, heading + own + "\n" + rest) for own in (row, other))
    assert (np.abs(one - two) > 0.01).any()
    data = read(tmp_path, heading + other + "\n" + rest)  # and the canonical table keeps it
    data.table().to_csv(tmp_path / "again.csv", index=False)
    again = read_data(tmp_path / "again.csv", Reading(time_unit="d"))
    for name in ("time", "amount", "duration", "into", "steady", "every"):
        np.testing.assert_array_equal(getattr(again.doses, name), getattr(data.doses, name), err_msg=name)


def test_slopes_go_through_steady_states_resets_and_infusions(tmp_path):
    rows = "A,0,,10,1,1,2,,\nA,8,,20,4,,,10,2\n" + samples(TIMES, ",,,")
    prepared = prepare(problem_of(tmp_path, DOSES + "SS,II,RATE,CMT\n" + rows, random={"k": 0.3, "ka": 0.3}))
    point = point_of(prepared.problem)
    phi = centre(prepared, point)
    slopes = moments(prepared, point, phi).slopes
    for j in range(2):
        move = 1e-4 * np.eye(2)[j]
        by = (predictions(prepared, phi + move) - predictions(prepared, phi - move)) / 2e-4
        np.testing.assert_allclose(slopes[:, j], by, rtol=2e-3, atol=1e-5)


def test_a_clock_that_starts_again_at_a_reset_goes_on(tmp_path):
    rows = "A,0,,10,1,\n" + samples(TIMES) + "A,0,,20,4,\n" + samples(TIMES)
    np.testing.assert_allclose(predicted(tmp_path, DOSES + "X\n" + rows), np.r_[oral(TIMES, 10), oral(TIMES, 20)], rtol=2e-5)


def test_occasions_with_clocks_of_their_own_need_a_reset(tmp_path):
    def rows(event: int) -> str:
        return DOSES + "OCC\nA,0,,10,1,1\n" + samples(TIMES, "1") + f"A,0,,20,{event},2\n" + samples(TIMES, "2")

    np.testing.assert_allclose(predicted(tmp_path, rows(4)), np.r_[oral(TIMES, 10), oral(TIMES, 20)], rtol=2e-5)
    with pytest.raises(InputError, match="occasions 1 and 2 both begin at time 0"):
        predicted(tmp_path, rows(1))
    assert not [note for note in read(tmp_path, rows(1)).notes if "two doses" in note]


@pytest.mark.parametrize(
    ("columns", "row", "sentence"),
    [
        ("RATE", "A,0,,10,1,-2", "line 2, column RATE: a rate of `-2` means that the model estimates it"),
        ("RATE,DUR", "A,0,,10,1,5,3", "the rate `5` and the length of the infusion do not make its amount"),
        ("ADDL", "A,0,,10,1,3", "line 2, column ADDL: `3` additional doses have no time between them"),
        ("ADDL,II", "A,0,,10,1,1.5,2", "line 2, column ADDL: `1.5` is no number of additional doses"),
        ("SS", "A,0,,10,1,1", "line 2, column SS: the steady state has no time between its doses"),
        ("SS,II", "A,0,,10,1,7,2", "line 2, column SS: `7` says no steady state"),
        ("CMT", "A,0,,10,1,-1", "line 2, column CMT: `-1` turns a compartment off"),
        ("CMT", "A,0,,10,1,2", "line 2: all doses go into compartment 2, which is `central`"),
        ("CMT", "A,0,,10,1,9", "line 2: the dose goes into compartment `9`, and the states of `oral` are 1 depot, 2 central"),
        ("CMT", "A,0,,10,1,gut", "say which one it is .--compartment gut=STATE."),
        ("SS,II", "A,3,,10,1,0,0\nA,4,,10,1,2,2", "SS 2. is read where nothing was before alone"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_by_line(tmp_path, columns, row, sentence):
    with pytest.raises(InputError, match=sentence):
        predicted(tmp_path, DOSES + columns + "\n" + row + "\n" + samples(TIMES, "," * columns.count(",")))


def test_a_word_for_an_infusion_may_be_a_covariate(tmp_path):
    # no row is a dose: `rate` and `dur` are what the file says of its subjects
    data = read(tmp_path, "ID,TIME,DV,RATE,DUR\nA,1,5,fast,90\nA,2,3,fast,90\nB,1,5,slow,10\n")
    assert data.covariates["RATE"].tolist() == ["fast", "slow"] and data.covariates["DUR"].tolist() == ["90", "10"]
    text = DOSES + "DUR\nA,0,,10,1,90\nA,1,5,,0,90\nA,2,5,,0,90\n"
    with pytest.raises(InputError, match="line 3, column DUR.*`90` stands in a row that is no dose"):
        read(tmp_path, text)
    assert read(tmp_path, text, columns={"DUR": "covariate"}).doses.duration[0] == 0
    assert read(tmp_path, text, columns={"DUR": "DUR"}).doses.duration[0] == 90


def test_a_table_says_which_compartment_is_which_state(tmp_path):
    text = DOSES + "CMT\nA,0,,10,1,2\n" + samples(TIMES)
    found = predicted(tmp_path, text, compartments={"2": "depot"})
    np.testing.assert_allclose(found, oral(TIMES, 10), rtol=2e-5)
    problem = problem_of(tmp_path, DOSES + "CMT\nA,0,,10,1,1\nA,2,,30,1,2\n" + samples(TIMES))
    assert any("compartments of the doses: `1` is `depot`, `2` is `central`" in n for n in prepare(problem).design.notes)
    with pytest.raises(InputError, match="compartment `2`: unknown state `gut`"):
        predicted(tmp_path, text, compartments={"2": "gut"})


def test_subjects_without_a_dose_are_untreated_where_others_have_one(tmp_path):
    text = DOSES + "X\nA,1,,10,1,\n" + samples(1 + TIMES) + samples(TIMES, subject="B")
    text += "C,0,,0,1,\n" + samples(TIMES, subject="C")
    prepared = prepare(problem_of(tmp_path, text))
    found = predictions(prepared, centre(prepared, point_of(prepared.problem)))
    np.testing.assert_allclose(found, np.r_[oral(TIMES, 10), 0 * TIMES, 0 * TIMES], rtol=2e-5)
    np.testing.assert_allclose(prepared.design.time, np.tile(TIMES, 3))
    assert any("fitted as untreated, with the amount 0: B, C" in note for note in prepared.design.notes)
    with pytest.raises(InputError, match="subject `B` has no dose record, others have; .*--untreated"):
        read(tmp_path, text, untreated=False)
    with pytest.raises(InputError, match="subject `A` has no dose, and `oral` needs one"):
        predicted(tmp_path, "ID,TIME,DV\nA,1,3\nA,2,2\n")


def test_a_simulation_with_the_doses_of_a_file_is_what_a_fit_predicts(tmp_path):
    text = DOSES + "RATE,CMT,ADDL,II,SS\nA,0,,10,1,,1,2,3,\nA,4,,30,4,5,2,,,\nB,0,,10,1,,depot,,2,1\n"
    text += samples(TIMES, ",,,,") + samples(TIMES, ",,,,", subject="B")
    found = predicted(tmp_path, text)
    regimens, notes = regimens_of(from_toml(ORAL, "oral"), read(tmp_path, text))
    curves = [simulate(from_toml(ORAL, "oral"), regimen=regimens[name], times=TIMES, outputs=["level"]).curve("level")
              for name in ("A", "B")]
    np.testing.assert_allclose(found, np.concatenate(curves), rtol=1e-4)
    assert any("compartments of the doses" in note for note in notes)


def test_the_command_simulates_with_the_doses_of_a_subject(tmp_path):
    (tmp_path / "oral.toml").write_text(ORAL)
    rows = "A,0,,10,1,5,2,,,\nA,4,,30,4,,1,2,3,\nB,0,,10,1,,depot,,2,1\n" + samples(TIMES, ",,,,")
    read(tmp_path, DOSES + "RATE,CMT,ADDL,II,SS\n" + rows + samples(TIMES, ",,,,", subject="B"))
    command = ["simulate", str(tmp_path / "oral.toml"), "--days", "12", "--as-scenario", "--doses-from"]

    def document(subject: str) -> str:
        return CliRunner().invoke(cli, [*command, f"{tmp_path / 'data.csv'}={subject}"]).output

    for text in ('"10 into=central over=2"', '"reset@4"', '"30@4"', '"30@7"', '"30@10"'):
        assert text in document("A"), text
    assert '"10 every=2 steady=replace"' in document("B")
    for record in (Dose(1 / 3, 0.1, "gut", rate=2.0, every=3.0, repeats=2, lag=0.5, fraction=0.8), Reset(2.5)):
        assert read_dose(write_dose(record)) == record


def wells(tmp_path, k_kill: float):
    """Wells of the re-stimulation assay, tumour cells added at 24 and 48 h, with 1 % of error."""
    model, random, lines = get_model("carrgo_restimulation"), np.random.default_rng(4), ["ID,TIME,DV,AMT,EVID,CMT,UNIT"]
    times = np.array([6.0, 12, 18, 23, 26, 32, 40, 47, 50, 60, 71])
    rates = k_kill * np.exp(0.2 * random.normal(size=6))
    for i, rate in enumerate(rates.tolist()):
        additions = [Dose(5000, 24, "tumour"), Dose(5000, 48, "tumour")]
        curve = simulate(model.with_values(k_kill=rate), regimen=additions, times=times).curve("tumour")
        lines += [f"W{i},{t},,5000,1,tumour," for t in (24, 48)]
        noisy = curve * np.exp(0.01 * random.normal(size=len(times)))
        lines += [f"W{i},{t:g},{v:.8g},,0,,cells" for t, v in zip(times, noisy, strict=True)]
    path = tmp_path / "wells.csv"
    path.write_text("\n".join(lines) + "\n")
    return model, path, rates


def test_wells_with_later_additions_give_back_the_rate_of_killing(tmp_path):
    model, path, rates = wells(tmp_path, 1.4e-5)
    data = read_data(path, Reading(time_unit="h"))
    problem = new_problem(model, data, {"k_kill": 0.3}, residuals=[ResidualError("tumour", "lognormal", a=0.05)])
    prepared = prepare(problem)
    assert len(prepared.design.time) == data.rows and prepared.design.time.min() == 6.0  # none is dropped
    assert any("their time counts as written" in note for note in prepared.design.notes)
    result = fit(problem, "focei")
    rows = {row.name: row.value for row in result.estimates}
    assert result.status == "converged"
    np.testing.assert_allclose(result.individuals.values["k_kill"], rates, rtol=0.01)
    assert rows["k_kill"] == pytest.approx(np.exp(np.log(rates).mean()), rel=0.01)
    assert 0.005 < rows["a tumour"] < 0.02
    # the canonical table keeps the clock
    again = tmp_path / "again.csv"
    data.table().to_csv(again, index=False)
    np.testing.assert_array_equal(prepare(new_problem(
        model, read_data(again), {"k_kill": 0.3}, residuals=problem.residuals)).design.time, prepared.design.time)


@pytest.mark.parametrize("layout", ["nonmem", "monolix"])
def test_files_for_other_tools_hold_infusions_resets_and_intervals(tmp_path, layout):
    text = "ID,TIME,DV,AMT,EVID,RATE,CMT,CENS,LIMIT,SS,II,OCC\nA,0,,10,1,5,2,,,1,4,1\nA,1,3,,0,,,0,,,,1\nA,2,2,,0,,,1,1,,,1\n"
    text += "A,5,,,3,,,,,,,1\nA,6,,20,1,,1,,,,,1\nA,7,4,,0,,,-1,9,,,1\n"
    data = read(tmp_path, text)
    made = data_file(data, layout)
    made.table.to_csv(tmp_path / "out.csv", index=False)
    again = read_data(tmp_path / "out.csv", Reading(time_unit="d", columns=made.reading.columns))
    for name in ("time", "amount", "duration", "into", "steady", "every", "reset", "given"):
        np.testing.assert_array_equal(getattr(again.doses, name), getattr(data.doses, name), err_msg=name)
    np.testing.assert_array_equal(again.end, data.end)
    np.testing.assert_array_equal(again.dv, data.dv)


@pytest.mark.parametrize("copies", [1, 2])
def test_linear_flows_are_those_of_the_general_solver_in_every_course(copies, tmp_path):
    """Infusions, resets, steady states and untreated subjects: values and slopes by exponentials and by steps in time."""
    text = DOSES + "RATE,CMT,ADDL,II,SS\nA,0,,10,1,,1,2,3,\nA,4.5,,0,3,,,,,\nA,5,,30,4,5,2,,,\nB,0,,10,1,,depot,,2,1\n"
    text += samples(TIMES, ",,,,") + samples(TIMES, ",,,,", subject="B") + samples(TIMES, ",,,,", subject="C")
    problem = problem_of(tmp_path, text, random={"k": 0.3, "v": 0.2})
    design = design_of(problem)
    found, general = predictor_of(problem, design, copies), general_predictor(problem, design, copies)
    assert isinstance(found, LinearPredictor) and len(found.owner) > design.n * copies
    table = np.tile(design.table, (copies, 1)) * np.linspace(0.8, 1.2, design.n * copies)[:, None]
    np.testing.assert_allclose(found.values(table), general.values(table), rtol=1e-4, atol=1e-8)
    for one, two in zip(found.slopes(table), general.slopes(table), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)
