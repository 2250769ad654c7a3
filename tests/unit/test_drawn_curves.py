"""What is drawn is what is stated: the highest point of a curve, breakpoints, and doses as the jumps that they are."""

import numpy as np
import pytest

from livingdrug.models import get_model
from livingdrug.plots import drawn_curve, panels_of, plot_panels
from livingdrug.simulation import simulate
from livingdrug.web.drawn_times import breakpoints, drawn_times
from livingdrug.web.explore import complete, pin_names
from livingdrug.web.figures import traces
from livingdrug.web.work import Work
from livingdrug.workflows.simulate.spec import Simulation, plan

MODELS = ("stein_2019", "singh_2021", "kirouac_2023", "carrgo_restimulation", "two_compartment_hill")


@pytest.fixture(scope="module")
def work():
    return Work()


@pytest.mark.parametrize("name", MODELS)
def test_the_highest_point_drawn_is_the_maximum_stated(work, name):
    scenario = complete(Simulation(model=name))
    result = work.simulate(scenario)
    panels = panels_of(get_model(name))
    made = traces([result], panels)
    outputs = [output for panel in panels for output in panel.outputs]
    assert len(made) == len(outputs)
    for trace, output in zip(made, outputs, strict=True):
        top = float(result.metric(output, "CMAX")[0])
        if top > 1e-30:
            highest = max((y, x) for x, y in zip(trace["x"], trace["y"], strict=True) if y is not None)
            assert highest[0] == pytest.approx(top, rel=1e-5), output
        assert (np.diff(trace["x"]) > 0).all()
    # the figure that is downloaded draws the same points
    axes = plot_panels([result], panels).axes
    line = axes[0].lines[0]
    shown = [y for y in made[0]["y"] if y is not None]
    assert np.nanmax(line.get_ydata()) == pytest.approx(max(shown), rel=1e-5)


def test_a_step_of_the_table_alone_would_miss_the_peak():
    model = get_model("stein_2019")
    result = simulate(model, times=np.arange(0.0, 366.0, 2.0))
    assert result.curve("transgene").max() < 0.95 * result.metric("transgene", "CMAX")[0]
    assert drawn_curve(result, "transgene")[1].max() == result.metric("transgene", "CMAX")[0]


def test_a_dose_is_a_jump_and_a_breakpoint_is_drawn():
    assert breakpoints(get_model("stein_2019")) == pytest.approx([9.3])
    assert breakpoints(get_model("stein_2019_ode")) == pytest.approx([9.3])
    added = ("5000", "5000@24 into=tumour every=24 repeats=1")
    scenario = complete(Simulation(model="carrgo_restimulation", doses=added, days=3))
    times = drawn_times(plan(scenario))
    for at in (24.0, 48.0):
        assert at in times and np.min(times[times > at]) - at < 1e-4
    table = plan(scenario).times
    assert set(table) <= set(times) and len(times) < len(table) + 80
    several = drawn_times(plan(scenario.model_copy(update={"subjects": 5, "cv": 0.3})))
    assert set(several) <= set(times) and len(several) < len(table) + 8


def test_a_pin_is_called_by_what_sets_it_apart():
    from livingdrug.web.address import to_query

    base = Simulation(model="kirouac_2023", fragments=("tissue",), values={"k12": 1.0})
    pins = [to_query(base.model_copy(update={"values": {"k12": 1.0, "k_kill": k}})) for k in (0.01, 0.5)]
    assert pin_names(base, pins) == ["k_kill 0.01", "k_kill 0.5"]
    assert pin_names(base, [to_query(base)]) == ["k12 1, tissue"]
    assert pin_names(Simulation(model="stein_2019"), [to_query(Simulation(model="stein_2019"))]) == [
        "published values"
    ]
    other = pin_names(base, [to_query(Simulation(model="stein_2019"))])
    assert other == ["stein_2019"]
