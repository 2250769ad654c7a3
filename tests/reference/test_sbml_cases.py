"""SBML in against the semantic test suite and published CAR-T models of BioModels, whose curves others computed."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import LivingdrugError
from tests.reference_solver import reference_curves

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
CASES, CART = REFERENCE / "sbml_semantic_visible", REFERENCE / "sbml_cart"
KNOWN = json.loads((CASES / "answers.json").read_text())["answers"] if CASES.exists() else {"none": {}}
CURVES = sorted(p.name.removesuffix("_trajectory.csv") for p in CART.glob("*_trajectory.csv")) or ["none"]
FILES = sorted(p.stem for p in CART.glob("*.xml")) or ["none"]
REFUSED = {"BIOMD0000000808": "the function floor is not supported"}


@pytest.mark.parametrize("case", KNOWN)
def test_semantic_case(case):
    """|computed - expected| <= absolute + relative |expected| at every time: the criterion of the suite."""
    if not CASES.exists():
        pytest.skip("the reference folder sbml_semantic_visible is not on this machine")
    answer, folder = KNOWN[case], CASES / case
    settings = dict(
        line.split(": ", 1)
        for line in (folder / f"{case}-settings.txt").read_text().splitlines()
        if ": " in line
    )
    amounts = settings.get("amount", "").replace(" ", "").split(",")
    rows = np.array(answer["rows"], dtype=float)
    found = reference_curves(ld.read_model(folder / f"{case}-sbml-l3v2.xml"), rows[:, 0])
    for name, expected in zip(answer["columns"][1:], rows[:, 1:].T, strict=True):
        mine = found.get(f"{name}_amount", found[name]) if name in amounts else found[name]
        assert (
            np.abs(mine - expected) <= answer["absolute"] + answer["relative"] * np.abs(expected)
        ).all(), name


@pytest.mark.parametrize("name", CURVES)
def test_published_model_of_biomodels(name):
    """Within 1e-4 of the curves, wherever a population has more than one cell (below that the files' own solvers differ)."""
    if not CART.exists():
        pytest.skip("the reference folder sbml_cart is not on this machine")
    with (CART / f"{name}_trajectory.csv").open() as file:
        rows = list(csv.DictReader(file))
    time, *species = rows[0]
    found = reference_curves(
        ld.read_model(CART / f"{name}.xml"), [float(row[time]) for row in rows], rtol=1e-8
    )
    for column in species:
        expected = np.array([float(row[column]) for row in rows])
        large = np.abs(expected) > 1
        assert found[column][large] == pytest.approx(expected[large], rel=1e-4), column


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_read_or_refused_by_name(name):
    if not CART.exists():
        pytest.skip("the reference folder sbml_cart is not on this machine")
    if name in REFUSED:
        with pytest.raises(LivingdrugError, match=REFUSED[name]):
            ld.read_model(CART / f"{name}.xml")
    else:
        assert ld.read_model(CART / f"{name}.xml").system.states


# the slips that the README of the files names (the floor of BIOMD0000000808 is refused), and what their kind meets elsewhere
SLIPS = {
    "BIOMD0000001012": ("`CAR_T_cells` grows from nothing", "takes from `B_cell_progenitors`"),
    "BIOMD0000000732": ("divides by `g1`, while `g3` stands in a saturation",),
    "MODEL2009230001": ("1.6e+11 times its size per d", "1.4e+07 per d into `CARTE_pb` that never ends"),
    "MODEL2109110005": ("takes the logarithm of `U`, which `C_E` can bring down to 0",),
    "BIOMD0000001025": ("takes the logarithm of `Tumor_cells`",),
    "BIOMD0000000837": ("takes from `Inflam` at a rate that does not fall to 0",),
}


@pytest.mark.parametrize("name", sorted({*FILES} - {*REFUSED}))
def test_slips_of_encoding_are_named(name):
    if not CART.exists():
        pytest.skip("the reference folder sbml_cart is not on this machine")
    model = ld.read_model(CART / f"{name}.xml")
    found = [c.message for c in model.system.cautions if "looks like a slip" in c.message]
    assert len(found) == len(SLIPS.get(name, ())), found
    for words in SLIPS.get(name, ()):
        assert any(words in message for message in found), words
