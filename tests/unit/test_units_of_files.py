"""Powers of ten and spellings of units in files: exact factors with a note, or a question."""

import math
from fractions import Fraction

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.data.units import read_scaled
from livingdrug.nca import nca

# unit of the file, unit here, how many of ours one of theirs is (from the definitions of litre, gram and cubic millimetre)
SPELLINGS = [
    ("10^6 cells", "cells", 10**6),
    ("1e6 CAR-T cells", "cells", 10**6),
    ("CAR-T cells", "cells", 1),
    ("x10\u2076 CAR+ T cells/kg", "cells/kg", 10**6),
    ("cells (x10^6)", "cells", 10**6),
    ("million cells", "cells", 10**6),
    ("10^9/L", "cells/uL", 1000),
    ("10\u2079 cells/L", "cells/uL", 1000),
    ("10*6/L", "cells/uL", 1),
    ("K/\u00b5L", "cells/uL", 1000),
    ("K/\u03bcL", "cells/uL", 1000),
    ("/mm^3", "cells/uL", 1),
    ("cells/mm3", "cells/uL", 1),
    ("cells/mm\u00b3", "cells/uL", 1),
    ("CAR-T cells/\u00b5L", "cells/uL", 1),
    ("cells/L", "cells/uL", Fraction(1, 10**6)),
    ("copies/100 ng", "copies/ug", 10),
    ("copies per 50 ng DNA", "copies/ug", 20),
    ("copies/\u00b5g gDNA", "copies/ug", 1),
    ("copies/\u03bcg genomic DNA", "copies/ug", 1),
    ("cells/dL", "cells/mL", Fraction(1, 100)),
]


@pytest.mark.parametrize(("text", "unit", "factor"), SPELLINGS)
def test_spellings_have_exact_factors(text, unit, factor):
    found = read_scaled(text)
    assert (found.unit, found.factor) == (unit, factor)


@pytest.mark.parametrize(
    "text",
    [
        "10E6 cells",
        "106 cells",
        "10^6",
        "2e6 cells",
        "copies/10^6 cells",
        "copies/0 ng",
        "10^6 10^6 cells",
        "/L",
        "mg cells",
        "x",
    ],
)
def test_what_may_mean_two_things_is_asked(text):
    assert read_scaled(text) is None


def write(path, rows):
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "unit", "factor"), [s for s in SPELLINGS if "/" in s[1] and s[1] != "cells/kg"])
@pytest.mark.parametrize("place", ["column", "heading"])
def test_a_file_in_another_unit_gives_the_same_numbers(text, unit, factor, place, tmp_path):
    values = (40.0, 800.0, 300.0, 90.0)

    def rows(written, divisor):
        head = "ID,TIME (d),DV,LIMIT,UNIT" if place == "column" else f"ID,TIME (d),DV ({written}),LIMIT"
        end = f",{written}" if place == "column" else ""
        made = [f"P1,{day},{v / divisor!r},{20 / divisor!r}{end}" for day, v in zip((1, 7, 14, 28), values, strict=True)]
        return [head, *made, f"P1,60,<{20 / divisor!r},{20 / divisor!r}{end}"]

    ours = read_data(write(tmp_path / "a.csv", rows(unit, 1)))
    theirs = read_data(write(tmp_path / "b.csv", rows(text, float(factor))))
    assert set(theirs.profiles.unit) == {unit}
    np.testing.assert_allclose(theirs.dv, ours.dv, rtol=1e-12)
    np.testing.assert_allclose(theirs.limit, ours.limit, rtol=1e-12)
    if factor != 1:
        assert any(f"values times {float(factor):g}" in note for note in theirs.notes)
    assert nca(theirs).values["CMAX"][0] == pytest.approx(800)


def test_doses_and_the_limit_of_an_option_are_in_the_unit_of_the_file(tmp_path):
    rows = ["ID,TIME (d),DV,UNIT,AMT,DOSEUNIT", "P1,0,,,200,10^6 cells", "P1,7,0.41,10^9/L,,", "P1,14,BLQ,10^9/L,,"]
    data = read_data(write(tmp_path / "a.csv", rows), Reading(limit=0.002))
    assert data.dose_unit == "cells" and data.profiles.dose[0] == 2e8 and data.doses.amount[0] == 2e8
    np.testing.assert_allclose((data.dv[0], data.limit[1]), (410, 2))
    mixed = [*rows, "P1,21,BLQ,cells/uL,,"]
    with pytest.raises(InputError, match="--limit is one number"):
        read_data(write(tmp_path / "m.csv", mixed), Reading(limit=0.002))


@pytest.mark.parametrize(("text", "unit", "factor"), [s for s in SPELLINGS if "/" in s[1] and s[1] != "cells/kg"])
@pytest.mark.parametrize("outputs", [False, True])
def test_a_unit_that_the_user_states_is_read_like_one_in_a_heading(text, unit, factor, outputs, tmp_path):
    rows = ["ID,TIME (d),DV,LIMIT,DVID", "P1,1,40,2,CART", "P1,7,<2,2,CART", "P1,9,3,,blasts"][: 4 if outputs else 3]
    stated = Reading(units={"cart": text}, limit=1) if outputs else Reading(unit=text)
    data = read_data(write(tmp_path / "a.csv", rows), stated)
    mine = data.profiles.output[data.profile] == "CART"
    assert set(data.profiles.unit[data.profiles.output == "CART"]) == {unit}
    np.testing.assert_allclose(data.dv[mine], [40 * float(factor), 2 * float(factor)], rtol=1e-15)
    np.testing.assert_allclose(data.limit[mine], 2 * float(factor), rtol=1e-15)
    if outputs:
        assert (data.dv[~mine].tolist(), data.profiles.unit[data.profiles.output == "blasts"].tolist()) == ([3], [""])
    assert factor == 1 or any(f"values times {float(factor):g}" in note for note in data.notes)
    heading = [rows[0].replace("DV,", f"DV ({text}),", 1), *rows[1:3]]
    assert read_data(write(tmp_path / "b.csv", heading), Reading(unit=text)).dv[0] == pytest.approx(40 * float(factor))
    other = [rows[0].replace("DV,", "DV (nmol/L),", 1), *rows[1:3]]
    with pytest.raises(InputError, match="the file says .* and --unit says"):
        read_data(write(tmp_path / "c.csv", other), Reading(unit=text))


@pytest.mark.parametrize(("text", "unit", "factor"), [s for s in SPELLINGS if s[1] in ("cells", "cells/kg")])
def test_a_unit_of_doses_that_the_user_states_is_read_like_one_in_a_heading(text, unit, factor, tmp_path):
    stated, bare = Reading(dose_unit=text), ["ID,TIME (d),AMT,DV,EVID,RATE,WT", "P1,0,20,.,1,4,50", "P1,7,3,.,0,.,50"]
    bare[2] = "P1,7,.,3,0,.,50"
    weight = 50 if unit == "cells/kg" else 1
    doses = read_data(write(tmp_path / "a.csv", bare), stated)
    assert doses.doses.amount[0] == pytest.approx(20 * factor * weight) and doses.dose_unit == "cells"
    assert doses.doses.duration[0] == pytest.approx(5)
    one = read_data(write(tmp_path / "b.csv", ["ID,TIME (d),DV,WT", "P1,7,3,50"]), Reading(dose=20, dose_unit=text))
    assert one.profiles.dose[0] == pytest.approx(20 * factor * weight)
    same = [bare[0] + ",DOSEUNIT", bare[1] + f",{text}", bare[2] + ","]
    assert read_data(write(tmp_path / "c.csv", same), stated).doses.amount[0] == pytest.approx(20 * factor * weight)
    if factor != 1:
        with pytest.raises(InputError, match="another unit than --dose-unit"):
            read_data(write(tmp_path / "d.csv", [bare[0].replace("AMT", f"AMT ({unit})"), *bare[1:]]), stated)


def test_logarithms_that_stay_take_no_power_of_ten_from_the_user(tmp_path):
    path = write(tmp_path / "a.csv", ["ID,TIME (d),DV", "P1,7,3"])
    with pytest.raises(InputError, match="kept as logarithms take no power of ten"):
        read_data(path, Reading(unit="10^9/L", logarithms="kept"))
    assert read_data(path, Reading(unit="10^9/L", logarithms="10")).dv[0] == pytest.approx(1e6)


def test_a_limit_in_another_unit_than_the_values_is_refused(tmp_path):
    rows = ["ID,TIME (d),DV (copies/ug),LLOQ (copies/mL)", "P1,7,40,5"]
    with pytest.raises(InputError, match="limit is in `copies/mL`"):
        read_data(write(tmp_path / "a.csv", rows))
    scaled = read_data(write(tmp_path / "b.csv", ["ID,TIME (d),DV (copies/ug),LLOQ (copies/100 ng)", "P1,7,40,5"]))
    assert scaled.limit[0] == 50 and scaled.cens[0] == 1


def test_one_foreign_analyte_does_not_refuse_a_file(tmp_path):
    rows = [
        "ID,TIME (d),DV,UNIT,PARAM",
        "P1,7,40,copies/ug,CAR",
        "P1,14,90,copies/ug,CAR",
        "P1,7,3,IU/mL,ferritin",
        "P1,14,5,IU/mL,ferritin",
    ]
    data = read_data(write(tmp_path / "a.csv", rows))
    assert sorted(set(data.profiles.unit)) == ["IU/mL", "copies/ug"]
    assert any("`ferritin` (IU/mL)" in note for note in data.notes)
    assert nca(data).values["CMAX"].tolist() == [90, 5]
    alone = ["ID,TIME (d),DV,UNIT", "P1,7,40,IU/mL"]
    with pytest.raises(InputError, match="`IU/mL` is not a unit"):
        read_data(write(tmp_path / "b.csv", alone))
    with pytest.raises(InputError, match="line 4"):
        read_data(write(tmp_path / "c.csv", [*rows[:3], "P1,21,3,IU/mL,CAR"]))


@pytest.mark.parametrize("cell", ["12,400", "1.234,5", "1'234", "1 234", "1,234,567", "1.234.567"])
def test_thousands_and_commas_that_may_mean_two_things_are_asked(cell, tmp_path):
    rows = ["ID;TIME (d);DV (copies/ug)", f"P1;7;{cell}", "P1;14;80"]
    with pytest.raises(InputError, match="line 2"):
        read_data(write(tmp_path / "a.csv", rows))


def test_rates_of_infusions_are_in_the_unit_of_the_doses(tmp_path):
    rows = "1,0,100,.,1,50\n1,5,.,3,0,.\n1,9,.,2,0,.\n"
    (tmp_path / "s.csv").write_text("ID,TIME (d),AMT (10^6 cells),DV (cells/uL),EVID,RATE\n" + rows)
    doses = read_data(tmp_path / "s.csv").doses
    assert (doses.amount.tolist(), doses.duration.tolist()) == ([1e8], [2.0])


@pytest.mark.parametrize(("base", "numbers"), [("10", (1.0, 0.5, 0.0)), ("e", (math.log(10), math.log(10) / 2, 0.0))])
def test_limits_of_logarithms_meet_powers_of_ten(base, numbers, tmp_path):
    """1, 10^0.5 and 10 of 10^9/L are 1000 times as many in cells/uL; the limit is one of 10^0.25."""
    high, low, least = numbers
    rows = f"1,1,{high!r}\n1,2,{low!r}\n1,3,{least!r}\n"
    (tmp_path / "s.csv").write_text("ID,TIME (d),DV (10^9/L)\n" + rows)
    found = read_data(tmp_path / "s.csv", Reading(logarithms=base, limit=low / 2))
    limit = 1000 * 10**0.25
    np.testing.assert_allclose(found.dv, [1e4, 1000 * 10**0.5, limit], rtol=1e-12)
    np.testing.assert_allclose(found.limit, limit, rtol=1e-12)
    assert found.cens.tolist() == [0, 0, 1]
    with pytest.raises(InputError, match="kept as logarithms take no power of ten"):
        read_data(tmp_path / "s.csv", Reading(logarithms="kept"))
