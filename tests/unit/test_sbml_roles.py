"""A map of roles beside an SBML file, with which fragments join; and terms that look like slips of an encoding."""

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import LivingdrugError
from livingdrug.models import build_model
from livingdrug.standards.sbml.slips import slips
from tests.commands import livingdrug
from tests.sbml_texts import model, parameters, reaction, species

AMOUNT = 'hasOnlySubstanceUnits="true"'
FILE = model(
    species("C", AMOUNT, initialAmount=1e7) + species("B", AMOUNT, initialAmount=1e9),
    reaction("growth", "g * C", {}, {"C": 1}) + reaction("kill", "a * C * B", {"B": 1}, {}),
    parameters(g=0.5, a=1e-10),
)
MAP = """sbml = "m.xml"
dose_into = "C"
[roles]
C = "car_t @ blood"
B = "target"
[kinds]
growth = "expansion"
[places]
blood = 5e6
[units]
C = "cells"
B = "cells"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m.xml").write_text(FILE)
    (tmp_path / "map.toml").write_text(MAP)
    return tmp_path


def test_a_map_gives_roles_places_kinds_and_units(folder):
    made = ld.read_model(folder / "map.toml").system
    states = {s.name: s for s in made.states}
    assert states["C"].roles == ("car_t",) and states["C"].at == "blood" and states["C"].unit == "cells"
    assert states["B"].roles == ("target",) and made.dose_into == "C"
    assert {f.name: f.kind for f in made.flows}["growth"] == "expansion"
    assert ld.read_model(folder / "map.toml").typical["blood_volume"] == 5e6


def test_fragments_join_an_imported_model_and_change_it(folder):
    """Without roles a fragment is refused; with them a saturated expansion grows less, as its closed form says."""
    with pytest.raises(LivingdrugError, match="role"):
        build_model(str(folder / "m.xml"), ("host_competition",))
    joined = build_model(str(folder / "map.toml"), ("host_competition",), {"mu_host": 0.0, "host_0": 1e-9})
    plain = ld.simulate(ld.read_model(folder / "map.toml"), times=[0, 4.0], outputs=["C"]).values[0, 0]
    assert plain == pytest.approx([1e7, 1e7 * np.exp(2.0)], rel=1e-5)
    grown = ld.simulate(joined, times=[0, 4.0], outputs=["C"]).values[0, 0, 1]
    half = joined.typical["host_50"] * 5e6  # dC/dt = g C K/(K + C): ln(C/C0) + (C - C0)/K = g t
    assert np.log(grown / 1e7) + (grown - 1e7) / half == pytest.approx(2.0, rel=1e-5)


def test_a_dose_enters_where_the_map_says(folder):
    found = ld.simulate(
        ld.read_model(folder / "map.toml"),
        None,
        ld.Regimen.of([ld.read_dose("1e7@0")]),
        [0, 2.0],
        outputs=["C"],
    )
    assert found.values[0, 0, 1] == pytest.approx(2e7 * np.e, rel=1e-5)


def test_the_text_form_of_a_mapped_model_stands_alone(folder):
    shown = livingdrug("models", "show", "map.toml", "--toml", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    (folder / "alone.toml").write_text(shown.stdout)
    (folder / "m.xml").rename(folder / "gone.xml")
    assert build_model(str(folder / "alone.toml"), ("tissue",)).system.states


@pytest.mark.parametrize(
    ("was", "is_", "sentence"),
    [
        ('C = "car_t @ blood"', 'D = "car_t"', "unknown state `D`"),
        ('"car_t @ blood"', '"cart"', "unknown role `cart`; did you mean `car_t`"),
        ('"car_t @ blood"', '"car_t @"', "no place stands after @"),
        ("growth =", "grow =", "unknown flow `grow`; did you mean `growth`"),
        ('"expansion"', '"expand"', "unknown kind `expand`"),
        ("blood = 5e6", "blood = -1", "expected a volume in uL above 0"),
        ("blood = 5e6", 'blood = "V"', "unknown quantity `V`"),
        ('B = "cells"', 'B = "cels"', "units, B"),
        ('"m.xml"', '"../m.xml"', "is no file beside the map"),
        ('"m.xml"', '"n.xml"', "`"),
        ("[roles]", 'measured = ["D"]\n[roles]', "unknown output `D`"),
        ("dose_into", "dose_in", "unknown key `dose_in`; did you mean `dose_into`"),
        ('dose_into = "C"', 'dose_into = "c"', "unknown state `c`"),
    ],
)
def test_a_map_that_names_what_is_not_there_is_refused(was, is_, sentence, folder):
    (folder / "map.toml").write_text(MAP.replace(was, is_, 1))
    done = livingdrug("models", "show", "map.toml", cwd=folder)
    assert done.returncode == 2 and sentence in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_new_map_lists_states_and_flows_and_runs_as_it_is(folder):
    done = livingdrug("models", "new", "new.toml", "--roles-of", "m.xml", cwd=folder)
    assert done.returncode == 0, done.stderr
    text = (folder / "new.toml").read_text()
    assert all(f"# {name} = " in text for name in ("C", "B", "growth", "kill"))
    same, theirs = (ld.read_model(folder / name).system for name in ("new.toml", "m.xml"))
    assert (same.states, same.flows, same.quantities) == (theirs.states, theirs.flows, theirs.quantities)
    filled = (
        text.replace('# C = "car_t', 'C = "car_t').replace("# growth", "growth").replace("# blood", "blood")
    )
    (folder / "new.toml").write_text(filled)
    assert ld.read_model(folder / "new.toml").system.states[0].roles == ("car_t",)
    assert livingdrug("models", "new", "x.toml", "--roles-of", "map.toml", cwd=folder).returncode == 2
    assert livingdrug("models", "new", "x.toml", "--flows", "--roles-of", "m.xml", cwd=folder).returncode == 2


def test_imported_models_go_through_sensitivity_and_fit(folder):
    """With a map that names what is measured: the growth rate is found again, and explains all of the exposure."""
    (folder / "map.toml").write_text(
        MAP.replace("dose_into", 'measured = ["C"]\ndose_into').replace("1e-10", "1e-12")
    )
    rows = [f"{i},{t},{1e7 * np.exp(g * t):.6g},0,." for i, g in ((1, 0.4), (2, 0.6)) for t in (1, 2, 4)]
    text = "ID,TIME,DV,EVID,AMT\n" + "\n".join(sorted([*rows, "1,0,.,1,1e-3", "2,0,.,1,1e-3"])) + "\n"
    (folder / "d.csv").write_text(text)
    options = ("--random", "g=0.3", "--method", "individual", "--residual", "C=proportional:0.1", "--json")
    fitted = livingdrug("fit", "d.csv", "--model", "map.toml", *options, cwd=folder)
    assert fitted.returncode in (0, 3), fitted.stderr
    again = livingdrug("sensitivity", "map.toml", "--output", "C", "--range", "g=0.3,0.6", "--range", "a=1e-11,1e-10",
                       "--n", "16", "--days", "4", "--json", cwd=folder)  # fmt: skip
    assert again.returncode == 0 and '"g"' in again.stdout, again.stderr


def tables(*flows, definitions=(), values=None, states=("x", "y")):
    rows = [{"name": s, "unit": "1", "meaning": s, "initial": f"{s}_0"} for s in states]
    return {
        "structure": {
            "time_unit": "d",
            "states": rows,
            "flows": list(flows),
            "definitions": list(definitions),
        },
        "values": [{"values": {"x_0": 1.0, "y_0": 2.0, "k": 0.5, "k1": 3.0, "k2": 4.0, **(values or {})}}],
    }


def flow(name, rate, **ends):
    return {"name": name, "rate": rate, **ends}


@pytest.mark.parametrize(
    ("flows", "words"),
    [
        ([flow("f", "k", out_of="x")], "can fall below 0"),
        ([flow("f", "k * x - k1 * y", out_of="x", into="y")], ""),  # a reversible exchange turns round
        ([flow("f", "k * hill(x, 2, k1)", out_of="x")], ""),
        ([flow("f", "k * (x * y + k1 / (1 + x))", into="x")], "grows from nothing"),
        ([flow("f", "k * (x * y + k1 * y)", into="x")], ""),  # a source beside growth
        ([flow("f", "k * x / (k1 + x)", into="x"), flow("g", "k * x * y / k2", into="y")], "divides by `k2`"),
        ([flow("f", "k * x / (k1 + x)", into="x"), flow("g", "k * y / (k2 + y)", into="y")], ""),
        ([flow("f", "big * x * y", into="x")], "times its size per d"),
        ([flow("infusion", "k", into="x")], "infusion of 0.5 per d"),
        ([flow("source", "k", into="x")], ""),
        ([flow("f", "k * x * log(k1 / x)", into="x"), flow("g", "k * x * y", out_of="x")], ""),
        (
            [flow("f", "k * x * log(x)", into="x"), flow("g", "k * x * y", out_of="x")],
            "takes the logarithm of `x`",
        ),
    ],
)
def test_slips_are_found_by_their_form(flows, words):
    found = slips(tables(*flows, values={"big": 1e7}))
    assert (len(found) == 1 and words in found[0]) if words else not found, found


def test_definitions_that_double_or_run_in_circles_end():
    doubling = [{"name": f"d{i}", "expression": f"d{i - 1} * d{i - 1} + d{i - 1}"} for i in range(1, 300)]
    assert (
        slips(
            tables(flow("f", "d299", out_of="x"), definitions=[{"name": "d0", "expression": "x"}, *doubling])
        )
        == ()
    )
    circle = [{"name": "d0", "expression": "d1"}, {"name": "d1", "expression": "d0"}]
    assert slips(tables(flow("f", "d0 * x", into="x"), definitions=circle)) == ()
