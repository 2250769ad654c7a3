"""Two explanations and the sample that decides between them: against closed forms of two decays that differ in their rate."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from livingdrug.core.errors import InputError
from livingdrug.models import Flow, Model, Output, Place, Quantity, State, Structure, Values
from livingdrug.models.shared import SYNTHETIC
from livingdrug.simulation import Regimen, distinguish
from livingdrug.simulation.distinguish import _separation
from tests.commands import livingdrug


def decay(rate: float, *outputs: Output) -> Model:
    return Model(
        name="decay", title="Cells that are lost at a constant rate",
        structure=Structure(
            places=(Place("body"),), states=(State("cells", "cells", "cells given", ("car_t",), "body", "0", "C"),),
            flows=(Flow("loss", "k * cells", "death", out_of="cells"),),
            outputs=(Output("level", "cells", "cells", "cells", measured=True), *outputs),
            quantities=(Quantity("k", "1/d", "rate of loss", "k"),), dose_into="cells", time_unit="d",
        ),
        values=(Values("made_up", SYNTHETIC, {"k": rate}),),
    )  # fmt: skip


SLOW, FAST, DOSE = decay(0.1), decay(0.15), Regimen.of([1e6])


def rows(**more):
    asked = {"noise": 0.3, "times": (2.0, 10.0, 30.0), "subjects": 4000} | more
    return distinguish(SLOW, FAST, DOSE, **asked)


def test_the_difference_over_the_assay_is_the_closed_form():
    for row in rows().rows:
        exact = 0.05 * row.time / 0.3
        assert row.difference == pytest.approx(exact, rel=0.05)
        assert row.ratio == pytest.approx(math.exp(-0.05 * row.time), rel=0.03)
        assert row.overlap == pytest.approx(ndtr(exact / math.sqrt(2)), abs=0.02)
        assert row.patients == math.ceil(7.849 / row.difference**2)
    assert [row.time for row in rows().rows] == [30.0, 10.0, 2.0]


def test_variability_between_patients_is_noise_too():
    cv, time = 0.4, 10.0
    sd = math.sqrt(math.log(1 + cv**2))
    # ln level = ln dose - k t, k log-normal around its typical value
    means, variances = zip(*((k * math.exp(sd**2 / 2), k**2 * math.exp(sd**2) * math.expm1(sd**2)) for k in (0.1, 0.15)),
                           strict=True)  # fmt: skip
    (row,) = rows(cv=cv, times=(time,), noise=0.2, subjects=20_000).rows
    exact = time * (means[1] - means[0]) / math.sqrt(time**2 * sum(variances) / 2 + 0.2**2)
    assert row.difference == pytest.approx(exact, rel=0.04)


def test_what_lies_below_the_limit_of_both_decides_nothing():
    level = 1e6 * math.exp(-0.1 * 30)
    for row in rows(limits={"level": 10 * level}, times=(30.0,), noise=0.1).rows:
        assert row.below == (1.0, 1.0) and math.isinf(row.patients) and row.overlap == 0.5
    half = rows(limits={"level": math.sqrt(level * 1e6 * math.exp(-0.15 * 30))}, times=(30.0,), noise=0.1).rows[0]
    assert half.below[0] == 0 and half.below[1] == 1 and half.overlap == 1


def test_the_same_model_is_not_found_to_differ():
    found = distinguish(SLOW, SLOW, DOSE, (5.0, 20.0), noise=0.3, subjects=4000)
    assert all(row.patients > 500 for row in found.rows)


def test_outputs_of_one_model_alone_are_named():
    more = decay(0.15, Output("twice", "2 * cells", "cells", "cells twice"))
    found = distinguish(SLOW, more, DOSE, (5.0,))
    assert found.apart == ("twice",) and {row.output for row in found.rows} == {"level"} and found.noiseless == ("level",)
    assert found.variable == (False, False)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: rows(times=()), "days of samples"),
        (lambda: rows(times=(-1.0,)), "days of samples"),
        (lambda: rows(noise=-1.0), "residual error is -1"),
        (lambda: rows(limits={"other": 1.0}), "not among the outputs"),
        (lambda: rows(limits={"level": 0.0}), "must be a number above 0"),
        (lambda: rows(outputs=("missing",)), "missing"),
        (lambda: distinguish(SLOW, replace(FAST, structure=replace(FAST.structure, time_unit="h", quantities=(
            Quantity("k", "1/h", "rate of loss", "k"),))), DOSE), "one unit of time"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


def test_the_command_names_the_sample_and_what_is_left_out(tmp_path):
    asked = ("models", "distinguish", "kirouac_2023", "kirouac_2023+host_competition", "--cv", "0.3", "-n", "20")
    done = livingdrug(*asked, "--days", "7,28", "--out", "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    for words in ("no residual error", "limit of quantification"):
        assert any(words in flag for flag in said["flags"])
    import pandas as pd

    table = pd.read_csv(tmp_path / "out" / "results.csv")
    assert {*table["day"]} == {7, 28} and (table["patients"].fillna(np.inf).diff().dropna() >= 0).all()
    assert [p.name for p in (tmp_path / "out" / "pictures").glob("*.png")] == ["separations.png"]
    for names in (("kirouac_2023",), ("kirouac_2023", "kirouac_2023"), ("kirouac_2023", "stein_2019")):
        done = livingdrug("models", "distinguish", *names, "--cv", "0.3", "-n", "4", cwd=tmp_path)
        assert done.returncode == 2 and "Traceback" not in done.stderr


def test_values_that_have_no_logarithm_ask_for_a_limit():
    """A residual error that adds gives values below 0: without a limit they have no place on the axis."""
    one, other = np.array([3.0, 2.0, -0.5]), np.array([1.0, 2.0, 4.0])
    with pytest.raises(InputError, match="state the limit of quantification"):
        _separation("level", "cells/uL", 7.0, one, other, None)
    found = _separation("level", "cells/uL", 7.0, one, other, 1.5)
    assert found.below == (pytest.approx(1 / 3), pytest.approx(1 / 3)) and np.isfinite(found.difference)
