"""Units: one list with exact factors; data in other units of the same measure give the same fit, all others are refused."""

import dataclasses
from fractions import Fraction
from typing import get_args, get_type_hints

import numpy as np
import pytest

from livingdrug.core.errors import InputError, ModelError, UnitError
from livingdrug.core.units import MOLAR, UNITS, WORDS, conversion, is_rate, known_words, measures, parse_unit
from livingdrug.data import Data, Reading, check, doses_in, read_data, read_unit, times_in, values_in
from livingdrug.data.conversion import COUNTS, DOSE, PLAIN, RATE, TIME, VALUE
from livingdrug.fit import FitProblem, ResidualError, design_of, evaluate, new_problem, regimens_of
from livingdrug.fit.replicates import trial_of
from livingdrug.models.text import from_toml

DRUG = """
name = "drug"
title = "One compartment"
[structure]
time_unit = "h"
dose_into = "inside"
states = [{ name = "inside", unit = "mg", meaning = "inside", roles = ["drug"] }]
flows = [{ name = "loss", rate = "k * inside", kind = "clearance", out_of = "inside" }]
outputs = [{ name = "level", expression = "inside / v", unit = "mg/L", meaning = "level", measured = true }]
quantities = [
  { name = "v", unit = "L", meaning = "volume", bound = "positive" },
  { name = "k", unit = "1/h", meaning = "rate", bound = "positive" },
]
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { v = 2.0, k = 0.03 }
"""
# one data set in the model's units, mg, mg/L and h: (time, value) of two subjects, the last value below a limit of 0.5
ROWS = [("a", 0, 100), ("a", 6, 45), ("a", 30, 21), ("a", 60, 7), ("b", 0, 100), ("b", 12, 30), ("b", 90, None)]


def table(tmp_path, time="h", value="mg/L", dose="mg", factors=(1, 1, 1)) -> str:
    """The data set written in other units; factors: how many of them make one h, one mg/L, one mg."""
    lines = [f"ID,TIME ({time}),AMT ({dose}),DV ({value}),LIMIT,EVID"]
    for who, when, number in ROWS:
        t = f"{float(when * factors[0]):.17g}"
        if when == 0:
            lines.append(f"{who},{t},{float(number * factors[2]):.17g},.,.,1")
        else:
            limit = f"{float(Fraction(1, 2) * factors[1]):.17g}"
            lines.append(f"{who},{t},.,{f'<{limit}' if number is None else f'{float(number * factors[1]):.17g}'},{limit},0")
    path = tmp_path / "data.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def problem(path, text=DRUG, **reading) -> FitProblem:
    residual = [ResidualError("level", "proportional", b=0.2)]
    return new_problem(from_toml(text, "drug"), read_data(path, Reading(**reading)), {"k": 0.3}, residuals=residual)


# ---------------------------------------------------------------------------------------------------------- the list


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("mg/L", "ng/mL", 1000),
        ("ng/mL", "mg/L", Fraction(1, 1000)),
        ("ug/mL", "mg/L", 1),
        ("mg/dL", "mg/L", 10),
        ("nM", "pmol/mL", 1),
        ("uM", "nmol/L", 1000),
        ("nM", "pM", 1000),
        ("h", "d", Fraction(1, 24)),
        ("week", "d", 7),
        ("min", "h", Fraction(1, 60)),
        ("s", "min", Fraction(1, 60)),
        ("1/h", "1/d", 24),
        ("copies/mL", "copies/uL", Fraction(1, 1000)),
        ("cells/uL", "cells/mL", 1000),
        ("d*ng/mL", "h*mg/L", Fraction(24, 1000)),
        ("g", "kg", Fraction(1, 1000)),
        ("L", "uL", 10**6),
        ("fg/pL", "mg/L", 1),
        ("1/nM/d", "1/M/s", Fraction(10**9, 86400)),
        ("1", "1", 1),
    ],
)
def test_factors_are_exact(given, wanted, factor):
    assert conversion(given, wanted) == factor
    assert conversion(wanted, given) * factor == 1


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("copies/ug", "cells/uL"),
        ("mg/L", "nM"),
        ("copies/ug", "copies/uL"),
        ("%", "1"),
        ("cells/kg", "cells"),
        ("mg", "mg/L"),
        ("d", "1/d"),
        ("cells/uL", "%"),
    ],
)
def test_nothing_else_is_converted(given, wanted):
    assert conversion(given, wanted) is None and conversion(wanted, given) is None


def test_prefixes_are_powers_of_a_thousand():
    power = {"m": 3, "u": 6, "n": 9, "p": 12, "f": 15, "d": 1, "k": -3}
    for word, unit in UNITS.items():
        for base in ("mol", "g", "L"):
            if word.endswith(base) and word != base:
                assert unit.size == Fraction(10) ** -power[word.removesuffix(base)], word
    for word, amount in MOLAR.items():
        assert conversion(word, f"{amount}/L") == 1 and word.removesuffix("M") == amount.removesuffix("mol")


def test_spellings_name_one_word_each():
    seen = {}
    for word, unit in UNITS.items():
        for text in (word, *unit.also):
            assert seen.setdefault(text.lower(), word) == word
            assert read_unit(text) == word or text == "l"
    assert all(word in known_words() for word in (*WORDS, *MOLAR))


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("NG/ML", "ng/mL"),
        ("mcg/ml", "ug/mL"),
        ("\u00b5g per mL", "ug/mL"),
        ("nM", "nmol/L"),
        ("nm", None),
        ("NM", None),
        ("nmol/l", "nmol/L"),
        ("mg / dL", "mg/dL"),
        ("weeks", "week"),
        ("Minutes", "min"),
        ("M", None),
        ("m", None),
        ("F", None),
        ("month", None),
        ("mg/kg", "mg/kg"),
        ("ng.mL", None),
        ("L/h", "L/h"),
        ("cells/L", None),
        ("copies/ng", None),
        ("copies/mL", "copies/mL"),
    ],
)
def test_units_of_files(text, unit):
    assert read_unit(text) == unit


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1/day", "`day` is not a known unit; write `d`"),
        ("months", "no fixed length; write d or week"),
        ("mcg", "write `ug`"),
        ("IU/L", "known: cells, .*fM and 1"),
        ("", "known: "),
        ("ngg", "did you mean `ng`"),
    ],
)
def test_an_unknown_unit_is_refused_in_words(text, sentence):
    with pytest.raises(UnitError, match=sentence):
        parse_unit(text)


def test_what_is_per_time_is_a_rate():
    assert is_rate("1/min") and is_rate("mg/week") and is_rate("1/nM/s") and not is_rate("mg/L")
    assert measures(parse_unit("mg/L*mL")) == {"mass": 1}


def test_a_model_converts_nothing_by_itself():
    with pytest.raises(UnitError, match="has unit mg/L; expected ng/mL .1 mg/L is 1000 ng/mL, and a model converts nothing"):
        from_toml(DRUG.replace('unit = "mg/L"', 'unit = "ng/mL"'), "drug")
    with pytest.raises(UnitError, match="only a molar mass links"):
        from_toml(DRUG.replace('unit = "mg/L"', 'unit = "nM"'), "drug")


# ------------------------------------------------------------------------------------------------- data meet a model


@pytest.mark.parametrize(
    ("units", "factors", "count"),
    [
        (("d", "mg/L", "mg"), (Fraction(1, 24), 1, 1), 1),
        (("h", "ng/mL", "mg"), (1, 1000, 1), 1),
        (("h", "ug/mL", "mg"), (1, 1, 1), 1),
        (("week", "mg/dL", "g"), (Fraction(1, 168), Fraction(1, 10), Fraction(1, 1000)), 3),
        (("min", "pg/mL", "ug"), (60, 10**6, 1000), 2),
    ],
)
def test_a_fit_is_the_same_in_any_units(units, factors, count, tmp_path):
    own = problem(table(tmp_path))
    other = problem(table(tmp_path, *units, factors))
    assert own.notes == () and len(other.notes) == count
    notes = " ".join([*other.notes, *other.data.notes])
    assert all(f"1 {unit} is " in notes for unit in units if unit not in ("h", "mg/L", "mg"))
    one, two = design_of(own), design_of(other)
    for name in ("time", "y", "kind"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-14)
    given = [[[(dose.time, dose.amount) for dose in regimen.doses] for regimen in design.doses] for design in (one, two)]
    np.testing.assert_allclose(given[0], given[1], rtol=1e-14)
    assert np.array(given).size == 8
    np.testing.assert_allclose(trial_of(own).lower, trial_of(other).lower, rtol=1e-14)  # what a VPC censors at
    assert evaluate(other, "focei").minus2ll == pytest.approx(evaluate(own, "focei").minus2ll, rel=1e-12)
    assert set(other.notes) <= set(two.notes)


def test_conversion_rounds_once(tmp_path):
    found = problem(table(tmp_path, value="ng/mL", factors=(1, 1000, 1)))
    assert found.data.dv.tolist() == [45.0, 21.0, 7.0, 30.0, 0.5] and set(found.data.profiles.unit) == {"mg/L"}
    assert found.data.limit.tolist() == [0.5] * 5


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        (("h", "nM", "mg"), "values are in nmol/L and `level` of `drug` is in mg/L; only a molar mass links"),
        (("h", "copies/ug", "mg"), "values are in copies/ug and `level` of `drug` is in mg/L; they measure different things"),
        (("h", "mg/L", "nmol"), "doses are in nmol and `drug` takes them in mg; only a molar mass"),
        (("h", "mg/L", "cells"), "doses are in cells and `drug` takes them in mg; they measure different things"),
    ],
)
def test_what_no_factor_links_is_refused_with_both_units(units, sentence, tmp_path):
    with pytest.raises(InputError, match=sentence):
        problem(table(tmp_path, *units))


def test_copies_become_cells_only_by_a_named_conversion(tmp_path):
    text = DRUG.replace('"mg/L"', '"cells/mL"').replace('"mg"', '"cells"').replace('"L"', '"mL"')
    with pytest.raises(InputError, match="in copies/ug and .* is in cells/mL; only a conversion that is named and"):
        problem(table(tmp_path, value="copies/ug", dose="cells"), text)
    found = problem(table(tmp_path, value="cells/uL", dose="cells"), text)
    assert found.data.dv.tolist() == [45e3, 21e3, 7e3, 30e3, 500.0]


def test_units_that_are_not_stated_count_as_the_models(tmp_path):
    path = table(tmp_path)
    path.write_text(path.read_text().replace(" (h)", "").replace(" (mg/L)", "").replace(" (mg)", ""))
    found = problem(path)
    assert found.notes == ()
    notes = " ".join(design_of(found).notes)
    assert "model's unit, h" in notes and "unit of `level`, mg/L" in notes
    assert "no unit of doses: they count in the model's unit, mg" in notes


def test_a_problem_made_by_hand_is_not_converted(tmp_path):
    made = problem(table(tmp_path))
    data = read_data(table(tmp_path, value="ng/mL", factors=(1, 1000, 1)))
    with pytest.raises(InputError, match="1 ng/mL is 1/1000 mg/L.*make the problem with `new_problem`"):
        design_of(FitProblem(made.model, data, made.parameters, made.residuals, outputs=made.outputs))


def test_times_in_minutes_and_weeks_are_read(tmp_path):
    found = check(table(tmp_path, time="min", factors=(60, 1, 1)))
    assert found.data.time_unit == "h" and found.data.time.tolist() == [6.0, 30.0, 60.0, 12.0, 90.0]
    assert any("times in min are counted in h: 1 min is 1/60 h" in note for note in found.notes)
    assert read_data(table(tmp_path, time="weeks")).time.tolist() == [7.0 * t for t in (6, 30, 60, 12, 90)]


def test_doses_per_kg_take_the_weight(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("ID,TIME (h),AMT (mg/kg),DV (mg/L),EVID,WT\n1,0,2,.,1,50\n1,5,.,3,0,50\n1,9,.,2,0,50\n")
    found = read_data(path)
    assert found.doses.amount.tolist() == [100.0] and found.dose_unit == "mg"


def test_a_plain_number_beside_a_unit_is_explained():
    with pytest.raises(UnitError, match="joins 1/h with 1; they must agree .a written number has no unit: give it a name"):
        from_toml(DRUG.replace('rate = "k * inside"', 'rate = "(k + 2) * inside"'), "drug")
    with pytest.raises(ModelError, match="`time` cannot be used here; only the pieces of a closed form and"):
        from_toml(DRUG.replace('rate = "k * inside"', 'rate = "k * inside * time"'), "drug")


def arrays_of(kind: type) -> dict[type, set[str]]:
    """The tables of data that a table holds, itself included, with the names of their arrays."""
    found, waiting = {}, [kind]
    while waiting:
        kind = waiting.pop()
        found[kind] = set()
        for name, hint in get_type_hints(kind).items():
            inner = [hint, *get_args(hint)]
            if np.ndarray in inner:
                found[kind].add(name)
            waiting += [table for table in inner if dataclasses.is_dataclass(table)]
    return found


def test_every_array_of_the_data_says_what_it_counts():
    """A new array of times, values or doses fails here until units change it as well."""
    assert {kind: set(counts) for kind, counts in COUNTS.items()} == arrays_of(Data)


EVERYTHING = """ID,TIME (h),AMT (mg),DV (mg/L),LIMIT,CENS,EVID,RATE,II,SS,CLCR
a,2,100,.,.,0,1,10,.,.,80
a,6,.,45,.,0,0,.,.,.,80
a,20,100,.,.,0,1,.,.,.,80
a,30,.,2,0.5,1,0,.,.,.,40
b,1,100,.,.,0,1,.,12,1,70
b,9,.,30,.,0,0,.,.,.,70
c,1,0,.,.,0,1,5,.,1,60
c,9,.,31,.,0,0,.,.,.,60
"""


def test_what_is_counted_is_converted(tmp_path):
    """Every array of a table that holds something in each of them."""
    (tmp_path / "data.csv").write_text(EVERYTHING)
    data = read_data(tmp_path / "data.csv")
    made = values_in(doses_in(times_in(data, "d"), "kg"), np.full(data.profiles.n, True), "ng/mL")
    factors = {TIME: 1 / 24, DOSE: 1e-6, RATE: 24e-6, VALUE: 1e3, PLAIN: 1}
    pairs = [(data, made), (data.profiles, made.profiles), (data.doses, made.doses)]
    pairs.append((data.changing["CLCR"], made.changing["CLCR"]))
    assert {type(one) for one, _ in pairs} == set(COUNTS)
    for one, two in pairs:
        for name, what in COUNTS[type(one)].items():
            if what != PLAIN:
                assert np.nan_to_num(getattr(one, name)).any(), name
                np.testing.assert_allclose(getattr(two, name), factors[what] * getattr(one, name), rtol=1e-15)
    assert (made.time_unit, made.dose_unit, set(made.profiles.unit)) == ("d", "kg", {"ng/mL"})


def test_logarithms_are_not_converted(tmp_path):
    (tmp_path / "data.csv").write_text("ID,TIME (h),AMT (mg),DV (mg/L),EVID\n1,0,2,.,1\n1,5,.,-3,0\n1,9,.,-2,0\n")
    data = read_data(tmp_path / "data.csv", Reading(logarithms="kept"))
    with pytest.raises(InputError, match="kept as logarithms and cannot be counted in ng/mL instead of mg/L"):
        values_in(data, np.full(data.profiles.n, True), "ng/mL")


def test_infusions_and_simulations_of_a_file_take_the_units_of_the_model(tmp_path):
    """20 ug per min for 5 h are 1.2 mg per h; so are doses of a simulation, which no fit has converted."""
    rows = "1,0,6000,.,1,20\n1,360,.,3,0,.\n1,540,.,2,0,.\n"
    (tmp_path / "data.csv").write_text("ID,TIME (min),AMT (ug),DV (mg/L),EVID,RATE\n" + rows)
    found = regimens_of(from_toml(DRUG, "drug"), read_data(tmp_path / "data.csv"))
    (dose,) = found[0]["1"].doses
    assert (dose.amount, dose.duration) == (6.0, 5.0)
    assert any("doses in ug are counted in the unit of the model: 1 ug is 1/1000 mg" in note for note in found[1])


def test_doses_into_states_of_other_units_are_refused(tmp_path):
    """The gut counts mg and the receptor nmol: no dose in mg enters the receptor."""
    other = '  { name = "receptor", unit = "nmol", meaning = "receptor" },\n]'
    text = DRUG.replace(' roles = ["drug"] }]', ' roles = ["drug"] },\n' + other)
    rows = "1,0,2,.,1,inside\n1,1,2,.,1,receptor\n1,5,.,3,0,\n"
    (tmp_path / "data.csv").write_text("ID,TIME (h),AMT (mg),DV (mg/L),EVID,CMT\n" + rows)
    with pytest.raises(InputError, match="line 3: .* `receptor` is in mg, and `receptor` of .* in nmol"):
        regimens_of(from_toml(text, "drug"), read_data(tmp_path / "data.csv"))
