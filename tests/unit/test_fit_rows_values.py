"""What values mean to a fit: intervals of censored values, logarithms, replicates, values before the dose."""

import math

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import norm

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.fit import ResidualError, design_of, evaluate, fit, new_problem, point_of
from livingdrug.fit.point import centre, log_likelihood, moments, predictions, prepare
from livingdrug.fit.updates import residual_squares
from livingdrug.models.text import from_toml
from livingdrug.nca import nca
from tests.decline import DECLINE

# level of one subject at 1, 2, ...: measured; below 8; between 2 and 8; above 9; between 9 and 30
CENSORED = "ID,TIME,DV,CENS,LIMIT\nA,1,12,0,\nA,2,8,1,\nA,3,8,1,2\nA,4,9,-1,\nA,5,9,-1,30\nA,6,8,1,0\n"


def read(tmp_path, text: str, **reading):
    path = tmp_path / "data.csv"
    path.write_text(text)
    return read_data(path, Reading(**{"time_unit": "d", "unit": "copies/ug", "duplicates": "keep"} | reading))


def problem_of(tmp_path, text: str, error: ResidualError, reading=None, **more):
    data = read(tmp_path, text, **(reading or {}))
    return new_problem(from_toml(DECLINE, "decline"), data, more.pop("random", {"rate": 0.4}), residuals=[error], **more)


ERRORS = [
    ResidualError("level", "additive", a=7.0), ResidualError("level", "proportional", b=0.3),
    ResidualError("level", "combined", a=4.0, b=0.2), ResidualError("level", "lognormal", a=0.5),
]  # fmt: skip


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: e.kind)
def test_a_censored_value_has_the_probability_of_its_interval(tmp_path, error):
    prepared = prepare(problem_of(tmp_path, CENSORED, error))
    point = point_of(prepared.problem)
    phi = centre(prepared, point)
    f = predictions(prepared, phi)
    logs = error.kind == "lognormal"
    s = {"additive": 7 + 0 * f, "proportional": 0.3 * f, "combined": 4 + 0.2 * f, "lognormal": 0.5 + 0 * f}[error.kind]
    scale = np.log if logs else (lambda x: x)
    t = scale(f)

    def probability(i, low, high):
        under = norm.cdf((scale(low) - t[i]) / s[i]) if low > 0 or not logs else 0.0
        return norm.cdf((scale(high) - t[i]) / s[i]) - under

    expected = norm.logpdf(scale(12.0), t[0], s[0]) - (math.log(12) if logs else 0)
    expected += norm.logcdf((scale(8.0) - t[1]) / s[1]) + math.log(probability(2, 2.0, 8.0))
    expected += norm.logsf((scale(9.0) - t[3]) / s[3])
    expected += math.log(probability(4, 9.0, 30.0)) + math.log(probability(5, 0.0, 8.0))
    np.testing.assert_allclose(log_likelihood(prepared, point, f)[0], expected, rtol=1e-10)
    # slopes by the individual parameter
    found, h = moments(prepared, point, phi), 1e-5
    for j in range(phi.shape[1]):
        moves = [phi + side * h * np.eye(phi.shape[1])[j] for side in (1, -1)]
        sides = [log_likelihood(prepared, point, predictions(prepared, move)) for move in moves]
        np.testing.assert_allclose(found.gradient[0, j], (sides[0] - sides[1])[0] / (2 * h), rtol=1e-5, atol=1e-7)


def test_intervals_far_out_lose_nothing(tmp_path):
    level = 100 * math.exp(-0.2)
    for low, high in ((40.0, 41.0), (-41.0, -40.0), (-1.0, 60.0)):
        row = f"ID,TIME,DV,CENS,LIMIT\nA,1,{level + high!r},1,{level + low!r}\n"
        prepared = prepare(problem_of(tmp_path, row, ResidualError("level", "additive", a=1.0)))
        point = point_of(prepared.problem)
        found = log_likelihood(prepared, point, predictions(prepared, centre(prepared, point)))[0]
        near, far = sorted((abs(low), abs(high)))
        expected = norm.logsf(near) + math.log1p(-math.exp(norm.logsf(far) - norm.logsf(near)))
        expected = expected if low * high > 0 else norm.logsf(-1)
        assert found == pytest.approx(expected, rel=1e-9)


def test_the_expected_square_of_a_residual_is_that_of_its_interval(tmp_path):
    prepared = prepare(problem_of(tmp_path, "ID,TIME,DV,CENS,LIMIT\nA,3,8,1,2\n", ERRORS[0]))
    point = point_of(prepared.problem)
    f = predictions(prepared, centre(prepared, point))
    z = np.linspace((2 - f[0]) / 7, (8 - f[0]) / 7, 200001)
    expected = 49 * np.trapezoid(z**2 * norm.pdf(z), z) / np.trapezoid(norm.pdf(z), z)
    np.testing.assert_allclose(residual_squares(prepared, point, f)[0], expected, rtol=1e-6)


def test_the_table_keeps_intervals_and_a_limit_column_is_none(tmp_path):
    data = read(tmp_path, CENSORED)
    np.testing.assert_array_equal(data.end, [np.nan, np.nan, 2, np.nan, 30, 0])
    data.table().to_csv(tmp_path / "again.csv", index=False)
    again = read_data(tmp_path / "again.csv", Reading(time_unit="d"))
    for name in ("dv", "cens", "limit", "end"):
        np.testing.assert_array_equal(getattr(again, name), getattr(data, name))
    # CENS 1 with DV 0, or with a part of the limit, beside a column of limits: no interval
    data = read(tmp_path, "ID,TIME,DV,CENS,LLOQ\nA,1,12,0,8\nA,2,0,1,8\nA,3,4,1,8\nA,4,90,-1,8\n")
    np.testing.assert_array_equal(data.dv, [12, 8, 8, 90])
    assert np.isnan(data.end).all()


LOGS = "ID,TIME,DV,CENS,LIMIT\nA,1,1.5,0,-1\nA,2,-0.5,0,-1\nA,3,-1,1,-1\nA,4,0,0,-1\n"


def test_logarithms_are_turned_back_or_kept(tmp_path):
    with pytest.raises(InputError, match="is negative, .*--logarithms"):
        read(tmp_path, LOGS)
    for base, factor in (("e", 1.0), ("10", math.log(10))):
        data = read(tmp_path, LOGS, logarithms=base)
        np.testing.assert_allclose(data.dv, np.exp(factor * np.array([1.5, -0.5, -1, 0])))
        np.testing.assert_array_equal(data.cens, [0, 0, 1, 0])
    turned = problem_of(tmp_path, LOGS, ERRORS[3], {"logarithms": "e"})
    text = DECLINE.replace("top * exp(-rate * time)", "log(top * exp(-rate * time))")
    assert text != DECLINE
    kept = new_problem(from_toml(text.replace("copies/ug", "1"), "logs"), read(tmp_path, LOGS, logarithms="kept", unit=None),
                       {"rate": 0.4}, residuals=[ResidualError("level", "additive", a=0.5)])
    # the same density but for the Jacobian of the measured values
    assert evaluate(kept, "laplace").minus2ll == pytest.approx(evaluate(turned, "laplace").of_logarithms, rel=1e-9)
    with pytest.raises(InputError, match="the residual error of `level` is lognormal: say additive"):
        design_of(new_problem(kept.model, kept.data, {"rate": 0.4}, residuals=[ERRORS[3]]))
    with pytest.raises(InputError, match="kept as logarithms"):
        nca(kept.data)


def test_replicates_each_have_an_error_of_their_own(tmp_path):
    text = "ID,TIME,DV\nA,1,70\nA,1,80\nA,1,80\nA,4,50\nB,1,60\nB,4,40\n"
    problem = problem_of(tmp_path, text, ERRORS[0], random={"top": 0.3})
    assert len(design_of(problem).y) == 6
    note = next(n for n in problem.data.notes if "replicates" in n)
    assert note.startswith("1 set(s)") and "1 of them equal another one exactly (the first is line" in note
    found = fit(problem, "focei")
    assert len(found.predictions.time) == 6
    with pytest.raises(InputError, match="two values at time 1 .*--duplicates mean .or, in a fit, keep"):
        read(tmp_path, text, duplicates=None)
    with pytest.raises(InputError, match="several values at one time; take their mean"):
        nca(problem.data)


def test_individual_refuses_what_it_would_leave_as_it_is(tmp_path):
    read(tmp_path, "ID,TIME,DV\nA,1,70\nA,2,60\n")
    (tmp_path / "decline.toml").write_text(DECLINE)
    command = ["fit", str(tmp_path / "data.csv"), "--model", str(tmp_path / "decline.toml"), "--random", "top=0.3",
               "--estimate", "rate", "--residual", "additive:5", "--method", "individual"]
    answer = CliRunner().invoke(cli, command)
    assert isinstance(answer.exception, InputError)
    assert "--estimate rate: method individual finds each subject's own numbers" in str(answer.exception)


def test_the_command_and_its_document_say_what_the_rows_mean(tmp_path):
    (tmp_path / "decline.toml").write_text(DECLINE)
    command = ["fit", "d.csv", "--model", str(tmp_path / "decline.toml"), "--compartment", "2=depot",
               "--missing", "leave-out", "--ignore-before-dose", "--logarithms", "10", "--duplicates", "mean"]
    document = CliRunner().invoke(cli, [*command, "--as-scenario"]).output
    said = ('missing = "leave-out"', "ignore_before_dose = true", 'logarithms = "10"', 'duplicates = "mean"', '2 = "depot"')
    for line in said:
        assert line in document, line
    plain = CliRunner().invoke(cli, [*command[:4], "--as-scenario"]).output
    assert "untreated" not in plain and "duplicates" not in plain  # a fit keeps replicates and untreated subjects by itself
