"""Whether CMAX is that of the infused cells is one rule in one wording, in every command that gives a CMAX of a model."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import livingdrug
from livingdrug.cli.main import cli
from livingdrug.models import (
    ClosedForm,
    ClosedOutput,
    Condition,
    Event,
    Flow,
    Model,
    Output,
    Piece,
    Place,
    Quantity,
    State,
    Structure,
    Values,
    infused_outputs,
)
from livingdrug.models.shared import BLOOD_VOLUME, SYNTHETIC
from livingdrug.optimum import read_schedule
from livingdrug.sensitivity.indices import prcc_indices
from livingdrug.simulation import (
    Regimen,
    compare_splits,
    expansion_peak,
    exposure_task,
    infusate_first,
    infusate_words,
    read_split,
    simulate,
    with_il6,
)
from livingdrug.trial import Arm, Endpoint, Escalation, Level, Trial, simulate_escalation, simulate_trial

SOURCE = Path(livingdrug.__file__).parent
A, G, S = 2.0, 0.4, 0.01
SAID = re.compile(r"is the level of the infused cells|have the infused cells as their peak")
DOSE = ["--dose", "1e10"]

# every kind of scenario that gives a CMAX of a model, and how it comes to one of infused cells; {dir}: a folder
COMMANDS = {
    "simulate": ["simulate", "singh_2021", "--dose", "5e8"],
    "sensitivity": ["sensitivity", "singh_2021", "--dose", "5e8", "--cv", "0.1", "--of", "CMAX", "--method", "prcc", "--n",
                    "40"],
    "optimise": ["optimise", "singh_2021", "--cv", "0.1", "-n", "20", "--doses", "5e7,5e9", "--output", "transgene",
                 "--response", "CMAX:1000:1", "--toxicity", "CMAX:1e5:1"],
    "fractionation": ["fractionation", "hardiansyah_2019", *DOSE, "--split", "100@0", "--split", "1/1@0,1"],
    "preconditioning": ["preconditioning", "hardiansyah_2019", *DOSE, "--days", "40"],
    "models.compare": ["models", "compare", "singh_2021", "stein_2019", "--dose", "5e9"],
    "forecast": ["forecast", "{dir}/samples.csv", "--model", "singh_2021", "--cv", "0.1", "--unit", "copies/ug",
                 "--assay", "qPCR", "--until", "30", "--residual", "transgene=proportional:0.2"],
    "population": ["population", "singh_2021", "--cv", "0.3", "-n", "200", "--match", "{dir}/targets.toml",
                   "--out", "{dir}/out"],
    "index": ["index", "--efficacy-curve", "tisagenlecleucel_response", "--toxicity-curve", "tisagenlecleucel_severe_crs",
              "--product-model", "singh_2021", "-n", "50"],
    "attributes.carry": ["attributes", "carry", "singh_2021", "--map", "killing=k_kill:1+-0", "--change", "killing=0.01",
                         "--days", "3"],
}
# those whose rule is tested in Python below, or by their own tests, and why others need none
ELSEWHERE = {
    "trial": "below", "escalation": "below", "fit": "below", "assay.dose": "test_assay_dose.py",
    "nca": "samples, by the rule of nca.rise", "compare": "samples", "response": "samples",
    "products": "published numbers", "verify": "reference numbers", "verify.cases": "the same", "examples": "no command",
    "assay.calibrate": "asks for observed exposure", "assay.score": "observed exposure",
    "attributes.relate": "observed exposure", "assay.predict": "as attributes.carry", "power": "stated effects",
}  # fmt: skip


def samples():
    """Of one patient who is the typical subject."""
    days = (1.0, 7.0, 14.0, 28.0)
    levels = simulate(livingdrug.get_model("singh_2021"), regimen=[(0.0, 5e8)], times=days, until=28.0).curve("transgene")
    rows = [f"P,{day},{level},0,," for day, level in zip(days, levels, strict=True)]
    return "\n".join(["ID,TIME (d),DV,EVID,AMT (cells),LIMIT", "P,0,,1,5e8,", *rows]) + "\n"


def kinds_with_a_peak():
    """Kinds of scenario whose words, tables or fields name a CMAX."""
    found = set()
    for path in (SOURCE / "workflows").rglob("*.py"):
        place = path.relative_to(SOURCE / "workflows").parts[:-1]
        if place and re.search(r"\bX?C(MAX|max)\b|\bcmax\b|METRICS", path.read_text()):
            found.add(".".join(place))
    return found


def test_every_command_with_a_peak_is_known_here():
    assert kinds_with_a_peak() - COMMANDS.keys() - ELSEWHERE.keys() == set()


@pytest.mark.parametrize("kind", COMMANDS)
def test_commands_say_it_in_the_same_words(tmp_path, kind):
    (tmp_path / "samples.csv").write_text(samples())
    (tmp_path / "targets.toml").write_text(
        '[[targets]]\nexposure = "CMAX"\noutput = "transgene"\nunit = "copies/ug"\nmedian = 30000\np25 = 20000\np75 = 45000\n'
        "n = 40\nsource = \"simulated\"\n"
    )
    found = CliRunner().invoke(cli, [text.replace("{dir}", str(tmp_path)) for text in COMMANDS[kind]])
    assert SAID.search(" ".join(found.output.split())), found.output


def test_the_rule_and_its_words():
    peak, rise = np.array([5.0, 5.0, 5.0, np.nan]), np.array([5.0, 2.0, np.nan, np.nan])
    assert infusate_first(peak, rise).tolist() == [False, True, True, False]
    np.testing.assert_array_equal(expansion_peak(peak, rise), [5.0, 2.0, 0.0, np.nan])
    assert infusate_words("level", 0, 9) == ""
    assert infusate_words("level", 1_000, 2_000) == (
        "CMAX of level is the level of the infused cells in 1,000 of 2,000 subjects, not of their expansion"
    )


def test_nobody_has_a_rule_of_their_own():
    """No module but the one of the rule, and the engine, compares a rise with a peak or a time with a dose."""
    own = re.compile(r"rise\S* >= \S*peak|TMAX\W+\)?\[0\]? ?== ?0|starts_at_peak|tmax == 0")
    found = {p.name for p in SOURCE.rglob("*.py") if own.search(p.read_text())}
    assert found == {"infusate.py"}


def test_a_result_that_is_always_the_same_is_driven_by_nothing():
    """Such as the CMAX of one dose that is the peak in every run: no traceback, and no index."""
    found = prcc_indices(np.random.default_rng(1).random((30, 3)), np.full(30, 7.0))
    assert np.isnan(found.first).all() and found.used == 30


# ------------------------------------------------------------------------------------- closed forms, events, windows


def falling_and_rising(growth=G):
    """D e^(-A t) + S e^(G t) as a formula."""
    pieces = (Piece("infused * exp(-a * time) + seed * exp(g * time)"),)
    quantities = (Quantity("infused", "cells/uL", "infused"), Quantity("a", "1/d", "loss"),
                  Quantity("g", "1/d", "growth", bound="any"), Quantity("seed", "cells/uL", "start"))  # fmt: skip
    form = ClosedForm((ClosedOutput("level", pieces, "cells/uL", "CAR-T", measured=True),), quantities)
    return Model("formula", "formula", form, (Values("v", SYNTHETIC, {"infused": 50.0, "a": A, "g": growth, "seed": S}),))


def with_event(growth=G):
    """The same by rates, with an event that changes nothing."""
    structure = Structure(
        places=(Place("blood", volume="blood_volume"),),
        states=(State("infusate", "cells/uL", "infused", ("car_t",), "blood"),
                State("grown", "cells/uL", "grown", ("car_t",), "blood", "seed"),
                State("clock", "cells", "nothing")),
        flows=(Flow("leave", "a * infusate", "death", out_of="infusate"),
               Flow("grow", "g * grown", "expansion", into="grown")),
        events=(Event("tick", "grown - 2 * seed", {"clock": "2 * clock"}),),
        outputs=(Output("level", "density(car_t @ blood)", "cells/uL", "CAR-T", measured=True),),
        quantities=(Quantity("a", "1/d", "loss"), Quantity("g", "1/d", "growth", bound="any"),
                    Quantity("seed", "cells/uL", "start"), BLOOD_VOLUME),
        dose_into="infusate", time_unit="d",
    )  # fmt: skip
    return Model("ticking", "ticking", structure,
                 (Values("v", SYNTHETIC, {"a": A, "g": growth, "seed": S, "blood_volume": 5e6}),))  # fmt: skip


@pytest.mark.parametrize("made", [falling_and_rising, with_event])
def test_closed_forms_and_models_with_events_follow_the_rule(made):
    given = None if made is falling_and_rising else [(0.0, 50.0)]
    found = simulate(made(), regimen=given, until=10.0)
    assert infused_outputs(made()) and found.infused == ("level",)
    assert found.metric("level", "CMAX")[0] == pytest.approx(50.0 + S, rel=1e-6) and found.infusate_peaks("level")[0]
    assert found.metric("level", "XCMAX")[0] == pytest.approx(50 * np.exp(-A * 10) + S * np.exp(G * 10), rel=1e-6)
    assert found.metric("level", "XTMAX")[0] == pytest.approx(10.0)
    late = simulate(made(), regimen=given, until=40.0)
    assert late.metric("level", "XCMAX")[0] == late.metric("level", "CMAX")[0] and not late.infusate_peaks("level")[0]
    never = simulate(made(-0.1), regimen=given, until=10.0)
    assert np.isnan(never.metric("level", "XCMAX")[0]) and never.infusate_peaks("level")[0]


def test_a_second_dose_in_a_model_with_events_is_no_expansion():
    found = simulate(with_event(), regimen=[(0.0, 50.0), (7.0, 500.0)], until=12.0)
    end = 50 * np.exp(-A * 12) + 500 * np.exp(-A * 5) + S * np.exp(G * 12)  # higher than before the second dose
    assert found.metric("level", "CMAX")[0] > 500
    assert found.metric("level", "XCMAX")[0] == pytest.approx(end, rel=1e-5)


@pytest.mark.parametrize("window", [(20.0, 60.0), (40.0, 60.0)])
def test_a_window_after_the_expansion_holds_no_infusate(window):
    """The level falls from the start of the window on; the minimum lies before it."""
    for name in ("singh_2021", "stein_2019"):
        task = exposure_task(livingdrug.get_model(name), window=window, outputs=["transgene"])
        block = task(0, 1)
        assert block.rise[0, 0] == pytest.approx(block.peak[0, 0], rel=1e-12) and block.rise_time[0, 0] == window[0]


# --------------------------------------------------------------------------------------------------------- trials


def test_trials_and_escalations_say_it_and_count_the_subjects_that_were_drawn():
    model = livingdrug.get_model("singh_2021")
    curve = Endpoint("toxicity", "toxicity", ec50=(1e5,), slope=1.0, exposure="cmax", at_least=1, window=(0.0, 28.0))
    levels = (Level("low", 1.0), Level("high", 100.0))
    plan = Escalation(levels, "3+3", toxicity=curve, model=model, output="transgene", cv=0.1, doses=Regimen.of([(0.0, 5e7)]))
    found = simulate_escalation(plan, 2, 1)
    said = [n for n in found.notices if SAID.search(n)]
    assert len(said) == 1 and "XCMAX" in said[0] and "`high` 100 %" in said[0]
    arms = (Arm("a", 3), Arm("b", 3, dose=100.0))
    peaks = (Endpoint("peak", "cmax", window=(0.0, 28.0)),)
    trial = Trial(model, arms, "a", peaks, "transgene", cv=0.1, doses=Regimen.of([(0.0, 5e7)]))
    told = [n for n in simulate_trial(trial, 2, 1).notices if SAID.search(n)]
    assert len(told) == 1 and told[0].split(":")[1] == said[0].split(":")[1]


def test_cautions_of_a_trial_are_of_its_subjects_not_of_the_typical_one():
    structure = replace(with_event().structure, events=(), cautions=(Condition("g - a / 4", "grows fast"),))
    made = replace(with_event(), structure=structure)
    assert not any("fast" in n for n in simulate(made, regimen=[(0.0, 50.0)], until=1.0).notices)
    arms, areas = (Arm("a", 5), Arm("b", 5)), (Endpoint("area", "auc", window=(0.0, 5.0)),)
    trial = Trial(made, arms, "a", areas, "level", cv=0.6, doses=Regimen.of([(0.0, 50.0)]))
    notice = next(n for n in simulate_trial(trial, 4, 1).notices if "grows fast" in n)
    count, total = map(int, re.search(r"in (\d+) of (\d+) subjects", notice).groups())
    assert total == 40 and 0 < count < 40


# --------------------------------------------------------------------------------------------- one place, one grammar


def test_a_number_of_the_field_stands_in_one_place():
    """1.96 in all its forms, and 28 days as the name or default of a window."""
    own = re.compile(r"\b1\.9(6|5996\d*)\b(?!;)|^\w+ = (\(0\.0, )?28\.0|(: float|days: .*|window.*) = (\(0\.0, )?28\.0", re.M)
    allowed = {"conventions.py", "distinguish.py", "course.py"}  # a comment of 80 % power; days that are drawn evenly
    found = {p.name for p in SOURCE.rglob("*.py") if "published" not in p.parts and own.search(p.read_text())}
    assert found - allowed == set()


@pytest.mark.parametrize("text", ["10/30/60@0,1,2", "0.1@0,0.3@1,0.6@2", "0.6@2,0.1@0,0.3@1"])
def test_a_divided_dose_is_read_alike_in_both_places(text):
    split, schedule = read_split(text), read_schedule(text)
    assert schedule.parts == tuple(zip(split.days, split.parts, strict=True)) == ((0.0, 0.1), (1.0, 0.3), (2.0, 0.6))


def test_the_link_to_crs_takes_the_slope_of_the_model():
    steep = with_il6(livingdrug.get_model("kirouac_2023")).with_values({"crs_slope": 3.0})
    one = compare_splits(steep, [read_split("100@0")], 1e8, crs_50=1500.0).splits[0]
    np.testing.assert_allclose(one.severe, 1 / (1 + (1500.0 / one.il6) ** 3.0), rtol=1e-9)
