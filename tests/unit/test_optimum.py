"""The best dose and schedule against closed forms: a model whose exposure is the dose over its clearance."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, ndtr

from livingdrug.core.errors import InputError
from livingdrug.models import Flow, Model, Output, Place, Quantity, State, Structure, Values
from livingdrug.models.shared import SYNTHETIC
from livingdrug.optimum import Aim, Schedule, optimise, read_schedule, side_of, splits, stated_curve
from livingdrug.response import Curve, curve_at
from livingdrug.simulation import Draw
from tests.commands import livingdrug

RATE, DAYS = 0.1, 28.0
LINEAR = Model(
    name="linear", title="Cells that are lost at a constant rate",
    structure=Structure(
        places=(Place("body"),), states=(State("cells", "cells", "cells given", ("car_t",), "body", "0", "C"),),
        flows=(Flow("loss", "k * cells", "death", out_of="cells"),),
        outputs=(Output("level", "cells", "cells", "cells", measured=True),),
        quantities=(Quantity("k", "1/d", "rate of loss", "k"),), dose_into="cells", time_unit="d",
    ),
    values=(Values("made_up", SYNTHETIC, {"k": RATE}),),
)  # fmt: skip
ONE = Draw(2, 1, None, 1e-9)  # patients that do not differ
AUC = (1 - math.exp(-RATE * DAYS)) / RATE  # of a dose of 1
RESPONSE, TOXICITY = stated_curve("AUC28:500:1.5", "response"), stated_curve("AUC28:4000:2", "toxicity")


def chance(curve: Curve, area: float) -> float:
    return float(expit(curve.intercept + curve.slope * math.log(area)))


NET, AT_ONCE = Aim(1.0), splits((), ())


def best(doses, aim=NET, schedules=AT_ONCE, sides=(RESPONSE, TOXICITY), **more):
    made = [side_of(curve, LINEAR, "level", "cells") for curve in sides]
    return optimise(LINEAR, *made, doses, schedules, aim, "level", more.pop("draw", ONE), **more)


def test_each_point_is_the_closed_form():
    found = best((10.0, 100.0, 1000.0))
    for point in found.points:
        area = point.candidate.dose * AUC
        assert point.response == pytest.approx(chance(RESPONSE, area), rel=1e-6)
        assert point.toxicity == pytest.approx(chance(TOXICITY, area), rel=1e-6)
        assert point.value == pytest.approx(point.response - point.toxicity)
    assert found.top is found.points[1] and found.draws == 0


@pytest.mark.parametrize("weight", [0.5, 1.0, 3.0])
def test_the_search_finds_the_dose_of_the_closed_form(weight):
    found = best(np.geomspace(1, 1e4, 7), Aim(weight), refine=True)
    loss = lambda x: weight * chance(TOXICITY, math.exp(x) * AUC) - chance(RESPONSE, math.exp(x) * AUC)  # noqa: E731
    exact = minimize_scalar(loss, bracket=(math.log(30), math.log(150), math.log(2000)))
    assert found.converged and found.top.value == pytest.approx(-exact.fun, abs=1e-6)
    assert math.log(found.top.candidate.dose) == pytest.approx(exact.x, abs=0.02)


def test_under_a_ceiling_the_search_ends_where_toxicity_is_at_it():
    found = best(np.geomspace(1, 1e4, 9), Aim(ceiling=0.2), refine=True)
    exact = brentq(lambda d: chance(TOXICITY, d * AUC) - 0.2, 1, 1e4)
    assert found.points[found.best].toxicity <= 0.2
    assert found.top.candidate.dose == pytest.approx(exact, rel=0.02) and found.top.toxicity <= 0.2


def test_a_ceiling_that_is_met_nowhere_is_an_answer():
    found = best((1e4, 1e5), Aim(ceiling=0.1))
    assert found.top is None and found.best is None


def test_divided_doses_add_up_in_a_linear_model():
    plan = Schedule(((0.0, 0.3), (10.0, 0.7)))
    point = best((200.0,), schedules=(plan,)).points[0]
    area = 200 * (0.3 * AUC + 0.7 * (1 - math.exp(-RATE * 18)) / RATE)
    assert point.exposure == pytest.approx(area, rel=1e-6)
    assert point.response == pytest.approx(chance(RESPONSE, area), rel=1e-6)


def test_how_often_a_dose_is_the_best_is_how_often_the_slope_rises():
    """Without toxicity the higher of two doses is the best where the drawn slope is positive: Phi(slope / SD)."""
    rising = replace(RESPONSE, slope=0.3, covariance=np.diag([0.2, 0.25]), label="fitted", unit="d*cells")
    found = best((100.0, 1000.0), Aim(0.0), sides=(rising, TOXICITY), draws=4000)
    assert found.points[1].best == pytest.approx(ndtr(0.3 / 0.5), abs=4 * math.sqrt(0.25 / 4000))
    assert found.points[0].best + found.points[1].best == pytest.approx(1) and found.alike == (0, 1)
    certain = best((100.0, 1000.0), Aim(0.0), sides=(replace(rising, covariance=np.diag([0.2, 1e-4])), TOXICITY))
    assert certain.points[1].best == 1 and certain.alike == (1,)


def test_ends_of_the_response_are_those_of_the_drawn_curve():
    curve = replace(RESPONSE, covariance=np.diag([0.16, 0.0]), label="fitted", unit="d*cells")
    point = best((50.0,), sides=(curve, TOXICITY), draws=4000).points[0]
    middle = curve.intercept + curve.slope * math.log(50 * AUC)
    assert point.response_ends == pytest.approx(expit([middle - 1.96 * 0.4, middle + 1.96 * 0.4]), abs=0.02)


def test_a_peak_that_is_the_infusion_itself_is_counted():
    sides = (RESPONSE, stated_curve("CMAX:300:2", "toxicity"))
    point = best((100.0,), sides=sides).points[0]
    assert point.infused == 1 and point.toxicity == 0  # the level never rises: there is no peak of an expansion
    assert best((100.0,)).points[0].infused == 0  # areas ask for no peak


def test_exposures_outside_of_those_seen_are_counted():
    made = [side_of(c, LINEAR, "level", "cells", lowest=1.0, highest=100.0) for c in (RESPONSE, TOXICITY)]
    found = optimise(LINEAR, *made, (5.0, 50.0), splits((), ()), Aim(1.0), "level", ONE)
    assert [p.beyond for p in found.points] == [0, 1]


def on_cmax(unit: str) -> Curve:
    return curve_at("r", 5, 1, "", "fitted", "CMAX", unit)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Aim(), "either a weight"),
        (lambda: Aim(1.0, 0.2), "either a weight"),
        (lambda: Aim(-1.0), "weight of toxicity is -1"),
        (lambda: Aim(ceiling=20.0), "between 0 and 1"),
        (lambda: read_schedule("0.5@0,0.6@7"), "add up to 1"),
        (lambda: read_schedule("0.5@3,0.5@7"), "first infusion is on day 3"),
        (lambda: read_schedule("0.5@0,0.5@0"), "a day of its own"),
        (lambda: read_schedule("half"), "FRACTION@DAY"),
        (lambda: splits((0.0,), (0.5,)), "day of a second infusion is 0"),
        (lambda: splits((7.0,), (1.5,)), "fraction of the dose given first is 1.5"),
        (lambda: best((-1.0,)), "a dose is -1"),
        (lambda: best((1.0,), refine=True), "nothing to search"),
        (lambda: stated_curve("CMAX:a:1", "toxicity"), "EXPOSURE:EC50:SLOPE"),
        (lambda: side_of(replace(RESPONSE, exposure="TMAX"), LINEAR, "level", "cells"), "on `TMAX`"),
        (lambda: side_of(on_cmax("copies/ug"), LINEAR, "level", "cells"), "of the same unit"),
        (lambda: side_of(on_cmax(""), LINEAR, "level", "cells"), "has no stated unit"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


ASKED = ("kirouac_2023", "--output", "car_t_blood", "--cv", "0.5", "-n", "4", "--response", "AUC28:60:0.9", "--toxicity",
         "CMAX:200:1.2")  # fmt: skip


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ((), "give the doses to compare"),
        (("--doses", "1e7", "--between", "1e6,1e8"), "give the doses to compare"),
        (("--between", "1e8,1e6"), "lowest and the highest dose"),
        (("--doses", "1e7", "--first", "0.3"), "give its days"),
        (("--doses", "1e7", "--second-day", "7", "--schedule", "1@0"), "not both"),
        (("--doses", "1e7", "--weight", "1", "--ceiling", "0.2"), "either a weight"),
        (("--doses", "1e7", "--draws", "-5"), "--draws is -5"),
        (("--between", "1e6,1e9", "--points", "3000"), "--points is 3000"),
    ],
)
def test_the_command_refuses_in_a_sentence(more, sentence, tmp_path):
    run = livingdrug("optimise", *ASKED, *more, "--out", "out", cwd=tmp_path)
    assert run.returncode == 2 and sentence in " ".join(run.stderr.split()) and "Traceback" not in run.stderr
    assert not list(tmp_path.iterdir())


def test_a_model_without_a_dose_in_its_equations_is_refused(tmp_path):
    run = livingdrug("optimise", "stein_2019", "--doses", "1e7,1e8", "--response", "tisagenlecleucel_response",
                     "--toxicity", "tisagenlecleucel_severe_crs", "-n", "4", cwd=tmp_path)  # fmt: skip
    assert run.returncode == 2 and "changes nothing" in " ".join(run.stderr.split())


def test_the_command_writes_what_it_says(tmp_path):
    run = livingdrug("optimise", *ASKED, "--doses", "1e6,1e9", "--second-day", "7", "--out", "out", "--json", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    import pandas as pd

    rows = pd.read_csv(tmp_path / "out" / "results.csv")
    assert len(rows) == 4 and rows["best"].sum() == 1 and set(rows["schedule"]) == {"1@0", "0.5@0,0.5@7"}
    assert {p.name for p in (tmp_path / "out" / "pictures").glob("*.png")} == {"doses.png", "surface.png"}
    said = " ".join(json.loads(run.stdout)["sentences"])
    assert "P(response) - 1 x P(toxicity)" in said and "cannot be said" in said


def test_a_curve_in_another_unit_is_pointed_out(tmp_path):
    """An EC50 far from every exposure gives one probability at all doses."""
    asked = [*ASKED[:-3], "AUC28:0.0001:1.5", *ASKED[-2:]]
    run = livingdrug("optimise", *asked, "--doses", "1e7,1e9", cwd=tmp_path)
    said = " ".join((run.stdout + run.stderr).split())
    assert run.returncode == 0 and "its EC50 taken in d*cells/uL" in said
    assert "P(response) is 100.0% at every dose" in said and "P(toxicity) is" not in said
