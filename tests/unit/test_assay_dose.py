"""A first dose from the rates of an assay: exposure by dose and percentile, ceilings with a margin, doses of mice."""

import numpy as np
import pandas as pd
import pytest

from livingdrug.assay import RULES, Estimates, first_dose, read_link
from livingdrug.assay.first_dose import Exposed, FirstDose, _percentiles
from livingdrug.assay.rates import Rate
from livingdrug.core.errors import InputError
from livingdrug.models import build_model
from tests.commands import livingdrug

LINK = (read_link("k_kill=k_kill:1+-0"),)
EXACT = (read_link("k_kill=k_kill:0+-0"),)
KNOWN = {"growth": 0.03, "crowding": 1e-5, "net_growth": 0.02, "contact_loss": 1e-6}
DESIGN = {"effectors": 5e3, "targets": 5e3, "steps": [], "until": 24.0}


def estimates(ratio: float = 2.0) -> Estimates:
    """A fit in which B kills `ratio` times as fast as A, and nothing is uncertain."""
    rates = tuple(
        Rate("k_kill", g, "1/cells/h", k, k, k, float(np.log(k)), 0.0, 1e6, True, "determined")
        for g, k in (("A", 1e-5), ("B", 1e-5 * ratio))
    )
    laws = {"name": "exhaustion", "killing": "mass_action", "growth": "logistic"}
    return Estimates(laws, rates, np.zeros((2, 2)), np.full((2, 2), 1e6), {}, (), (), 4, 40, 0.0, (), KNOWN, DESIGN)


def dosed(found=None, links=LINK, group="B", doses=(1e7, 1e8), **more):
    return first_dose(found or estimates(), build_model("kirouac_2023"), links, group, "A", doses, count=60, cv=0.3, **more)


def test_a_slope_of_0_and_the_control_itself_change_nothing():
    base = dosed(group="A")
    assert [row.values for row in dosed(links=EXACT).rows] == [row.values for row in base.rows]
    assert [row.values for row in dosed().rows] != [row.values for row in base.rows]


def test_a_ratio_moves_every_patient_as_if_it_had_been_set_in_the_model():
    model = build_model("kirouac_2023")
    twice = model.with_values({"k_kill": 2 * model.typical["k_kill"]})
    own = dosed(percentiles=(50.0,))
    other = first_dose(estimates(), twice, LINK, "A", "A", (1e7, 1e8), count=60, percentiles=(50.0,), cv=0.3)
    assert [r.values[0] for r in own.rows] == pytest.approx([r.values[0] for r in other.rows], rel=1e-9)


def test_the_highest_dose_keeps_the_percentile_times_the_margin_below_the_ceiling():
    rows = tuple(Exposed(d, (e,), (e,), (e,), 0, 0.0) for d, e in ((1.0, 10.0), (2.0, 20.0), (3.0, 45.0), (4.0, 30.0)))
    found = FirstDose("x CMAX", "cells/uL", "cells", (95.0,), rows, (), False)
    assert found.highest(100.0, 5.0, 95.0) == 2.0
    assert found.highest(100.0, 2.5, 95.0) == 2.0  # not the fourth, as the third is above
    assert found.highest(100.0, 20.0, 95.0) is None and found.highest(1000.0, 1.0, 95.0) == 4.0


def test_intervals_of_percentiles_are_order_statistics():
    values = np.arange(1.0, 1001.0)
    (middle,), (low,), (high,) = _percentiles(values, (50.0,))
    assert middle == 500.5 and low == 469 and high == 532  # 500 -+ 1.96 sqrt(250), as ranks
    assert np.isnan(_percentiles(np.arange(10.0), (95.0,))[2][0])  # ten patients bound no 95th percentile


def test_doses_of_mice_go_by_the_volumes_of_their_source():
    assert {r.name: r.human_dose(5e6) for r in RULES} == {"kirouac_2024": 1.25e10, "singh_2021": 5e6 * 5e6 / 944}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"doses": ()}, "above 0"), ({"doses": (1e7, -1.0)}, "above 0"), ({"group": "C"}, "construct"),
        ({"metric": "car_t_blood TMAX"}, "no metric"), ({"percentiles": (100.0,)}, "between 0 and 100"),
    ],
)  # fmt: skip
def test_what_cannot_be_dosed_is_refused(change, said):
    with pytest.raises(InputError, match=said):
        dosed(**change)


def test_the_command_names_the_dose_and_what_it_does_not_stand_for(tmp_path):
    (tmp_path / "estimates.json").write_text(estimates().as_json())
    asked = ("assay", "dose", tmp_path, "--construct", "B", "--map", "k_kill=k_kill", "--doses", "1e6,1e7,1e8")
    asked += ("--subjects", "60")
    done = livingdrug(*asked, "--ceiling", "1e9", "--margin", "3", "--from-mouse", "5e6", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert "95th percentile times 3 stays below" in text and "higher ones were not asked for" in text and "singh_2021" in text
    assert "toxicology" in done.stderr and "no public data pair them" in done.stderr
    table = pd.read_csv(tmp_path / "out" / "results.csv")
    assert len(table) == 9 and (table.value > 0).all()
    assert (tmp_path / "out" / "pictures" / "doses.png").is_file()
    refused = livingdrug(*asked, "--margin", "3")
    assert refused.returncode == 2 and "a safety margin needs a ceiling" in refused.stderr


def test_a_cmax_of_infused_cells_is_no_expansion_and_counted():
    """Killing so weak and a horizon so short that the infused cells are the peak of singh_2021, whose dose enters blood."""
    model = build_model("singh_2021")
    links = (read_link("k_kill=k_kill:1+-0"),)
    rows = first_dose(estimates(), model, links, "B", "A", (4.5e8,), until=2.0, count=20, cv=0.05).rows
    assert rows[0].infused == 1.0
    assert all(row.infused == 0 for row in dosed(until=28.0).rows)  # of kirouac_2023, whose cells reach blood later
