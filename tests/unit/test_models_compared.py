"""Several models on one axis, and probabilities of cure on the command line."""

import json

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.data import bridge_factor
from livingdrug.simulation import compare_models, conversions
from livingdrug.simulation.extinction import Course
from tests.commands import livingdrug


@pytest.fixture(scope="module")
def compared():
    models = [ld.get_model("stein_2019"), ld.get_model("leontriana_2020_ball")]
    return compare_models(models, ["1e8"], 28.0, "kirouac_2024", subjects=40)


def test_levels_stand_in_one_unit_by_a_named_conversion(compared):
    stein, leon = compared.curves
    assert (compared.unit, stein.unit, leon.unit) == ("cells/uL", "copies/ug", "cells/uL")
    alone = ld.simulate(ld.get_model("stein_2019"), times=stein.typical.times, until=28.0)
    assert stein.metric("CMAX") == pytest.approx(0.05 * float(alone.metric("transgene", "CMAX")[0]), rel=1e-9)
    assert leon.metric("CMAX") == pytest.approx(
        float(leon.typical.metric("car_t_blood", "CMAX")[0]), rel=1e-12
    )
    assert stein.dose == "none: its equations take no dose" and leon.dose == "1e8"
    low, high = stein.peaks((5, 95))
    assert low < stein.metric("CMAX") < high and leon.peaks((5, 95)) is None


def test_the_ratio_follows_the_conversion_and_is_its_own_inverse(compared):
    assert conversions(compared) == ("kirouac_2024", "singh_2021")
    there = [compared.ratio(0, 1, name) for name in conversions(compared)]
    assert there[0] / there[1] == pytest.approx(100.0, rel=1e-12)
    assert compared.ratio(1, 0) == pytest.approx(1 / compared.ratio(0, 1), rel=1e-12)


def test_models_in_one_unit_need_no_conversion():
    models = [ld.get_model("stein_2019"), ld.get_model("stein_2019_comedication")]
    found = compare_models(models, days=28.0, conversion="singh_2021")
    assert (found.unit, found.conversion) == ("copies/ug", "") and {c.factor for c in found.curves} == {1.0}
    assert found.ratio(0, 1, "singh_2021") == found.ratio(0, 1)


@pytest.mark.parametrize(
    ("text", "factor"),
    [("kirouac_2024", 0.05), ("singh_2021", 0.0005), ("white_cells:wbc=5000,vcn=2", 5000 * 6.6e-6 / 2)],
)
def test_factors_of_conversions(text, factor):
    assert bridge_factor(text) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("percent_of_cd3:cd3=800", "starts from %"),
        ("white_cells:wbc=many,vcn=1", "must be a number"),
        ("white_cells:wbc=-1,vcn=1", "above 0"),
        ("kirouac", "did you mean `kirouac_2024`"),
    ],
)
def test_conversions_that_cannot_be_are_refused(text, sentence):
    with pytest.raises(InputError, match=sentence):
        bridge_factor(text)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("stein_2019",), "compared from two on"),
        (("stein_2019", "stein_2019"), "is named twice"),
        (("stein_2019", "brummer_2022"), "no level of CAR-T cells in blood"),
        (("stein_2019", "ogasawara_2021"), "has no number for"),
        (("stein_2019", "stein_2019_ode", "--variability", "none"), "no model here has a variability `none`"),
    ],
)
def test_models_that_cannot_be_compared_are_refused(words, sentence, tmp_path):
    done = livingdrug("models", "compare", *words, cwd=tmp_path)
    assert done.returncode == 2 and sentence in done.stderr and not list(tmp_path.iterdir())


def test_the_command_says_the_gap_and_its_reasons(tmp_path):
    done = livingdrug(
        "models",
        "compare",
        "stein_2019",
        "leontriana_2020_ball",
        "--days",
        28,
        "-n",
        10,
        "--out",
        "run",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert all(
        word in text
        for word in (
            "-fold higher than",
            "scale: one is in copies/ug",
            "patients:",
            "variability: CMAX of stein_2019",
        )
    )
    assert (tmp_path / "run" / "pictures" / "models.png").stat().st_size > 5000
    rows = (tmp_path / "run" / "results.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 201 and rows[0].startswith("model,time_d,unit,factor,typical,p5,p50,p95")


# ---------------------------------------------------------------------------------------------------------- cure


def test_the_cure_of_the_published_tumour_is_that_of_the_closed_form(tmp_path):
    """0.7241 in the reference facts, and within the interval of runs drawn event by event."""
    done = livingdrug(
        "cure",
        "kimmel_2021",
        "--set",
        "mu_tumour=0.1",
        "--runs",
        400,
        "--json",
        "--out",
        "c.csv",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    sentences = json.loads(done.stdout)["sentences"]
    row = (tmp_path / "c.csv").read_text().splitlines()[1].split(",")
    cured, relapsed = float(row[2]), float(row[3])
    assert cured == pytest.approx(0.7241, abs=5e-4) and cured + relapsed == pytest.approx(1.0)
    low, high = (float(part.strip(").")) for part in sentences[1].split("interval ")[1].split(" to "))
    assert low < cured < high


def test_who_never_comes_down_to_few_cells_is_not_cured(tmp_path):
    done = livingdrug(
        "cure", "kimmel_2021", "--set", "mu_tumour=1", "--days", 60, "--out", "c.csv", cwd=tmp_path
    )
    assert done.returncode == 0 and "never falls below 100 cells" in " ".join(done.stdout.split())
    assert (tmp_path / "c.csv").read_text().splitlines()[1] == "1,,0.0,"


def test_few_cells_from_the_start_are_followed_from_there():
    """Births 0.1, deaths 0.3 per day, 20 cells: Kendall's closed form at day 15."""
    times = np.linspace(0, 15, 1501)
    b, d, n = 0.1, 0.3, 20
    course = Course(0.0, n, times, np.full(1500, b), np.full(1500, d))
    grown = np.exp((b - d) * 15)
    assert course.extinct_by(15.0) == pytest.approx((d * (1 - grown) / (d - b * grown)) ** n, rel=1e-6)
    model = ld.get_model("kimmel_2021").with_values(tumour_volume_0=5e-8)
    from livingdrug.simulation import courses

    (found,) = courses(model, until=30.0)
    assert (found.start, found.cells) == (0.0, 50) and 0 < found.extinct_by(30.0) < 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("kimmel_2021", "--cv", 0.1), "without a number of subjects"),
        (("kimmel_2021", "-n", 0), "from 1 to 2,000"),
        (("kimmel_2021", "--below", 1), "must be 2 or more"),
        (("kimmel_2021", "--state", "tumor"), "did you mean `tumour`"),
        (("kimmel_2021", "--days", -1), "above 0"),
        (("stein_2019",), "closed form"),
    ],
)
def test_a_question_of_cure_that_cannot_be_is_refused(words, sentence, tmp_path):
    done = livingdrug("cure", *words, cwd=tmp_path)
    assert done.returncode == 2 and sentence in done.stderr, done.stderr


def test_diseases_of_a_product_are_compared_in_the_same_kind_of_patients(tmp_path):
    """Responders with responders (EU SmPC, Tables 8-10: 32,900, 6,070 and 6,280), not with non-responders."""
    done = livingdrug("models", "compare", "stein_2019", "kirouac_2023", cwd=tmp_path)
    said = " ".join(done.stdout.split())
    assert "of tisagenlecleucel in responders differ 5.42-fold between diseases by qPCR" in said and "n 67" in said
    assert "6,070 copies/ug (n 44)" in said and "5,000" not in said
