"""Fragments: which joins which base, what stays conserved, and each mechanism against a closed form."""

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from livingdrug.engine import compile_system
from livingdrug.engine.codegen.compile import output_function
from livingdrug.engine.reference.lsoda import solve
from livingdrug.models import (
    Flow,
    Model,
    Output,
    Place,
    Quantity,
    Source,
    State,
    Structure,
    Values,
    get_fragment,
    get_model,
    list_fragments,
    list_models,
)
from livingdrug.models.conformance import joining
from livingdrug.simulation import Regimen, read_dose
from livingdrug.simulation.solve import subject_events

OURS = Source("synthetic", "made up for this test")


@lru_cache(maxsize=1)
def table() -> dict:
    """(base, fragment) -> whether and how they join."""
    return {(base, name): joining(get_model(base), name) for base in list_models() for name in list_fragments()}


@pytest.mark.parametrize("name", list_fragments())
def test_a_fragment_joins_and_conserves_or_refuses_in_one_sentence(name):
    joined = 0
    for base in list_models():
        found, model = table()[base, name], get_model(base)
        if not found.fits:
            assert found.why and "\n" not in found.why and "`" in found.why, (base, found.why)
            continue
        joined += 1
        fragment = get_fragment(name)
        parts = model + fragment + get_fragment(found.partner) if found.partner else model + fragment
        other = fragment + get_fragment(found.partner) + model if found.partner else fragment + model
        assert parts.system == other.system
        kept, now = {s.name: s for s in model.system.states}, {s.name: s for s in parts.system.states}
        assert {name: now.get(name) for name in kept} == kept
        assert {o.name for o in model.system.outputs} <= {o.name for o in parts.system.outputs}
        own = {f.name for f in model.system.flows}
        for flow in parts.system.flows:
            # what a fragment moves between places or kinds of cells arrives where it goes
            if flow.name not in own and flow.kind in ("exchange", "differentiation") and flow.out_of:
                assert flow.into and flow.gain == "1", (base, flow.name)
    assert joined, f"{name} joins no model"


def base(host: bool = False, target: bool = False, growth: str = "0") -> Model:
    """CAR-T cells in blood that do nothing but grow at a rate, with host or target cells where asked."""
    states = [State("car_t", "cells", "CAR-T cells", ("car_t",), "blood", "car_t_0")]
    outputs = [Output("car_t", "amount(car_t)", "cells", "CAR-T cells")]
    quantities = [Quantity("car_t_0", "cells", "start"), Quantity("k_growth", "1/d", "growth"),
                  Quantity("blood_volume", "uL", "blood volume behind cells/uL", "V_{blood}", bound="positive", fixed=True)]
    numbers = {"car_t_0": 1e6, "k_growth": float(growth), "blood_volume": 5e6}
    if host:
        states.append(State("host", "cells/uL", "host T cells", ("host_t",), "blood", "host_0"))
        outputs.append(Output("host_cells", "host", "cells/uL", "host T cells"))
        quantities.append(Quantity("host_0", "cells/uL", "start"))
        numbers["host_0"] = 100.0
    if target:
        states.append(State("tumour", "cells", "tumour", ("target",), "blood", "tumour_0"))
        outputs.append(Output("tumour", "tumour", "cells", "tumour"))
        quantities.append(Quantity("tumour_0", "cells", "start"))
        numbers["tumour_0"] = 1e8
    structure = Structure(
        places=(Place("blood", "blood_volume"),), states=tuple(states), outputs=tuple(outputs), quantities=tuple(quantities),
        flows=(Flow("growth", "k_growth * car_t", "expansion", into="car_t"),), dose_into="car_t", time_unit="d",
    )
    return Model("base", "a base of this test", structure, (Values("made_up", OURS, numbers),))


def curves(model: Model, times, doses=()) -> dict[str, np.ndarray]:
    """Outputs at times by the reference solver, which compiles nothing."""
    system, outputs = model.system, [o.name for o in model.system.outputs]
    numbers = list(model.typical.values())
    events = subject_events(Regimen.of([read_dose(text) for text in doses]), system, numbers)
    found = solve(compile_system(system), numbers, events, np.array(times, dtype=float), float(times[-1]),
                  output_function(system, outputs))
    assert found.status == "ok", found.reason
    return dict(zip(outputs, found.values, strict=True))


def test_the_pool_settles_at_the_published_saturation():
    still = (base(host=True) + get_fragment("cytokine_pool")).with_values(car_t_0=2.5e8)
    pool = curves(still, [60.0])["cytokine_pool"][0]
    # 100 host and 50 CAR-T cells/uL: TK / (TK + Tt) of equation 2
    assert pool == pytest.approx(50 / (50 + 150), rel=1e-6)
    growing = (base(host=True, growth="0.01") + get_fragment("cytokine_pool")).with_values(car_t_0=1.0, k_cytokine=50.0)
    late = curves(growing, [30.0, 31.0])["car_t"]
    assert math.log(late[1] / late[0]) == pytest.approx(0.01 * 50 / 150, rel=1e-4)
    refused = joining(get_model("kirouac_2023") + get_fragment("host_competition"), "cytokine_pool")
    assert not refused.fits and "competition" in refused.why


def test_preconditioning_kills_host_cells_by_its_signal():
    model = (base(host=True) + get_fragment("preconditioning")).with_values(k_chemo=0.0)
    host = curves(model, [5.0], ["1935@0 into=chemo"])["host_cells"][0]
    level = 1935 / 5.0
    assert host == pytest.approx(100 * math.exp(-5 * 0.85 * 1.02 * level / (0.15 + level)), rel=1e-6)
    fading = base(host=True) + get_fragment("preconditioning")
    # the integral of c/(EC50 + c) of an exponential decline is ln((EC50 + c0)/(EC50 + c)) over its rate
    area = (math.log(0.15 + level) - math.log(0.15 + level * math.exp(-1.39 * 20))) / 1.39
    assert curves(fading, [20.0], ["1935@0 into=chemo"])["host_cells"][0] == pytest.approx(
        100 * math.exp(-0.85 * 1.02 * area), rel=1e-5)


def test_fludarabine_has_the_exposure_of_its_model_and_no_effect_until_it_is_set():
    model = base(host=True) + get_fragment("preconditioning_fludarabine")
    doses = [f"{55.5 * 0.781}@0 over={0.5 / 24} every=1 repeats=2 into=fludarabine"]
    found = curves(model, [60.0], doses)
    assert 24 * found["fludarabine_exposure"][0] == pytest.approx(17.54405, rel=1e-4)
    assert found["host_cells"][0] == 100.0
    killed = curves(model.with_values(k_flu_kill=2.0), [60.0], doses)
    assert killed["host_cells"][0] == pytest.approx(100 * math.exp(-2.0 * found["fludarabine_exposure"][0]), rel=1e-5)


def test_alemtuzumab_has_the_level_of_its_model():
    model = base(host=True) + get_fragment("preconditioning_alemtuzumab")
    times = np.linspace(0, 1, 4801)
    found = curves(model, times, [f"30@0 over={2 / 24} into=alemtuzumab"])
    # the peak is at the end of the infusion: the reference outcome of the model with its count held at 10e9/L
    assert found["alemtuzumab"].max() == pytest.approx(2.3080486, rel=1e-4)
    assert found["alemtuzumab"][-1] == pytest.approx(0.14902254, rel=1e-4)
    effect = found["alemtuzumab"] / (0.306 + found["alemtuzumab"])
    area = float(np.sum((effect[1:] + effect[:-1]) / 2) / 4800)
    assert found["host_cells"][-1] == pytest.approx(100 * math.exp(-24 * 0.029 * 18.2 * area), rel=1e-3)


def test_il6_settles_at_the_balance_of_release_and_loss():
    model = base(target=True) + get_fragment("il6_crs")
    found = curves(model.with_values(il6_block=0.9, block_start=30.0), [20.0, 40.0])
    level = 1.7 + 1.8e-15 * 1e6 * 1e8 / 3.96
    assert found["il6"] == pytest.approx([level, level], rel=1e-6)
    severe = [x**1.118 / (1000**1.118 + x**1.118) for x in (level, 0.1 * level)]
    assert found["severe_crs"] == pytest.approx(severe, rel=1e-6)


def test_lost_antigen_conserves_cells_and_grows_unseen():
    model = base(target=True) + get_fragment("antigen_loss")
    lost = curves(model.with_values(k_antigen_loss=0.2, mu_antigen_negative=0.0, antigen_negative_0=5.0), [3.0])
    assert lost["all_target"][0] == pytest.approx(1e8 + 5.0, rel=1e-9)
    assert lost["antigen_negative"][0] == pytest.approx(5.0 + 1e8 * (1 - math.exp(-0.6)), rel=1e-6)
    alone = curves(model, [100.0])["antigen_negative"][0]
    start, most = 19.89 * 5e6, 19988.53 * 5e6
    assert alone == pytest.approx(most / (1 + (most / start - 1) * math.exp(-10.0)), rel=1e-6)


def test_b_cells_stay_without_car_t_and_fall_with_them():
    model = base() + get_fragment("b_cells")
    assert curves(model.with_values(car_t_0=0.0), [200.0])["b_cells_left"][0] == pytest.approx(1.0, rel=1e-9)
    held = curves(model.with_values(k_on_normal_b=0.0, car_t_0=1e10), [400.0])
    assert held["b_cells_left"][0] == pytest.approx(1 / (1 + 60 * 4.5e-11 * 1e10), rel=1e-6)
    # 5e9 cells of antigen at the published rate, before they are killed
    fed = curves(model.with_values(k_kill_normal_b=0.0), [2.0])["car_t"][0]
    assert fed == pytest.approx(1e6 * math.exp(2 * 0.25 * 4.5e-11 * 2.5e10), rel=1e-6)


def test_antibodies_follow_exposure_and_remove_cells():
    model = (base() + get_fragment("humoral_rejection")).with_values(anti_car_50=1e-9, k_humoral=0.3)
    found = curves(model, [10.0])
    assert found["anti_car"][0] == pytest.approx(1 - math.exp(-0.5), rel=1e-6)
    # the integral of 1 - exp(-k t)
    area = 10.0 - (1 - math.exp(-0.5)) / 0.05
    assert found["car_t"][0] == pytest.approx(1e6 * math.exp(-0.3 * area), rel=1e-5)


def test_organs_hold_what_blood_gives():
    model = base() + get_fragment("organs")
    assert curves(model, [0.5, 5.0, 50.0])["car_t"] == pytest.approx([1e6] * 3, rel=1e-9)
    places = ("lungs", "spleen", "liver", "marrow")
    held = tuple(Output(place, f"car_t_{place}", "cells", place) for place in places)
    watched = replace(model, structure=replace(model.structure, outputs=(*model.structure.outputs, *held)))
    late = curves(watched, [2000.0])
    blood = late["car_t"][0] - sum(late[place][0] for place in places)
    ratios = [model.typical[f"k_to_{place}"] / model.typical[f"k_from_{place}"] for place in places]
    assert [late[place][0] / blood for place in places] == pytest.approx(ratios, rel=1e-3)


def test_expansion_stops_at_the_ceiling():
    model = (base(growth="1.0") + get_fragment("lymphocyte_capacity")).with_values(car_t_ceiling=100.0)
    cells = curves(model, [20.0, 40.0])["car_t"] / 5e6
    start = 0.2
    logistic = [100 / (1 + (100 / start - 1) * math.exp(-t)) for t in (20.0, 40.0)]
    assert cells == pytest.approx(logistic, rel=1e-6)
