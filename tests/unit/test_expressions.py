"""The expression language: what it accepts, what it refuses, units, LaTeX."""

import pytest

from livingdrug.core.errors import ModelError, UnitError
from livingdrug.core.expressions import names, parse, python_text, unit_of
from livingdrug.core.latex import latex
from livingdrug.core.units import parse_unit, unit_text


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('echo INJECTED > injected.txt')",
        "().__class__",
        "x if x else y",
        "lambda: 1",
        "[x for x in y]",
        "f(x)",
        "x @ y",
        "10 ** 10 ** 10",
        "x ** 17",
        "1e400",
        "True + 1",
        "exp(x, x)",
        "exp(x=1)",
        "",
        "x" * 3000,
        "+".join(["x"] * 500),
        "µ + 1",
        "1j",
        "x; y",
        "'a'",
    ],
)
def test_anything_but_arithmetic_is_refused_in_one_sentence(text):
    with pytest.raises(ModelError) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_the_offending_token_and_its_column_are_named():
    with pytest.raises(ModelError, match=r"`__import__\('os'\)\.system.*column 5"):
        parse("x + __import__('os').system('ls')")


def test_names_leave_out_functions_and_selectors():
    assert names("hill(x, n, k) + amount(car_t @ blood) * time") == {"x", "n", "k", "time"}


@pytest.mark.parametrize(
    ("text", "unit"),
    [("a / b", "1/d"), ("a * b", "d*cells*cells"), ("hill(a, 2, a)", "1"), ("a ** 2", "cells*cells")],
)
def test_units_follow_the_arithmetic(text, unit):
    known = {"a": parse_unit("cells"), "b": parse_unit("d*cells")}
    assert unit_of(text, known) == parse_unit(unit)


@pytest.mark.parametrize("text", ["a + b", "exp(a)", "a ** n", "1 + a", "2 ** a", "min(a, b)"])
def test_units_that_disagree_are_refused(text):
    known = {"a": parse_unit("cells"), "b": parse_unit("d"), "n": parse_unit("1")}
    with pytest.raises(UnitError):
        unit_of(text, known)


def test_literal_zero_fits_any_unit():
    assert unit_of("max(a, 0)", {"a": parse_unit("cells")}) == parse_unit("cells")


@pytest.mark.parametrize("text", ["cells/uL", "1/d", "d*copies/ug", "1", "cells/kg", "%"])
def test_units_print_as_they_are_read(text):
    assert parse_unit(unit_text(parse_unit(text))) == parse_unit(text)


def test_litres_and_microlitres_never_turn_into_each_other():
    assert parse_unit("cells/uL") != parse_unit("cells/mL")
    assert parse_unit("cells/µL") == parse_unit("cells/uL")
    with pytest.raises(UnitError, match="they must agree .1 cells/mL is 1/1000 cells/uL, and a model converts nothing"):
        unit_of("a + b", {"a": parse_unit("cells/mL"), "b": parse_unit("cells/uL")})


def test_a_variable_exponent_of_a_negative_base_stays_real():
    from livingdrug.engine.codegen.functions import SCALAR

    assert eval(python_text("x ** n"), {**SCALAR, "x": -1e-9, "n": 0.3}) == 0.0


def test_latex_keeps_the_written_order_and_brackets():
    assert latex("a * (b - c) / d ** 2", {"a": r"\alpha"}) == (
        r"\frac{\alpha\,\left(\mathrm{b} - \mathrm{c}\right)}{\mathrm{d}^{2}}"
    )
