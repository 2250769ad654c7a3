"""SBML and Antimony out: the same equations come back, and other readers find the same curves."""

from dataclasses import replace

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import LivingdrugError
from livingdrug.engine import closed_form_values, compile_system, output_function
from livingdrug.engine.reference.lsoda import solve
from livingdrug.export import model_text
from livingdrug.models import ClosedForm, list_runnable, to_toml
from livingdrug.models.text import from_toml
from livingdrug.simulation import (
    default_regimen,
    default_until,
    subject_events,
)
from tests.commands import livingdrug
from tests.equations import equations_at, values_of
from tests.reference_solver import reference_curves


def back(model, tmp_path):
    (tmp_path / "m.xml").write_text(model_text(model, "sbml"))
    return ld.read_model(tmp_path / "m.xml")


@pytest.mark.parametrize("name", list_runnable())
def test_every_published_model_comes_back_with_the_same_equations(name, tmp_path):
    """At random states and times, derivatives and outputs agree to rounding."""
    model = ld.get_model(name)
    again = back(model, tmp_path)
    rng = np.random.default_rng(1)
    times = sorted(rng.uniform(0, default_until(model), 5))
    if isinstance(model.system, ClosedForm):
        values = {k: np.array([v]) for k, v in values_of(model).items()}
        expected = closed_form_values(model.system, values, np.array(times))[0]
        found = reference_curves(again, times)
        for output, row in zip(model.system.outputs, expected, strict=True):
            assert found[output.name] == pytest.approx(row, rel=1e-12), output.name
        return
    names = {s.name for s in model.system.states}
    assert names == {s.name for s in again.system.states}
    assert {s.roles for s in again.system.states} == {s.roles for s in model.system.states}
    for t in times:
        states = {n: float(10 ** rng.uniform(-2, 4)) for n in sorted(names)}
        slopes, outputs = equations_at(model, t, states)
        slopes_again, outputs_again = equations_at(again, t, states)
        scale = {n: abs(v) for n, v in slopes.items()}
        for state in names - {q.into for q in again.system.flows if q.name.startswith("infusion_into_")}:
            same = pytest.approx(slopes[state], rel=1e-9, abs=1e-12 * max(scale.values()))
            assert slopes_again[state] == same, state
        for output, value in outputs.items():
            other = outputs_again.get(f"{output}_2", outputs_again[output])
            assert other == pytest.approx(value, rel=1e-12), output


@pytest.mark.parametrize(
    "name", ["kirouac_2023", "hanson_2016", "langenhorst_2019_fludarabine", "park_2025_efineptakin"]
)
def test_curves_of_the_model_that_comes_back(name, tmp_path):
    """Doses at the start, infusions and later doses are part of the file."""
    model = ld.get_model(name)
    times = np.linspace(0, min(default_until(model), 60), 13)[1:] + 0.01
    expected = dose_curves(model, times)
    found = reference_curves(back(model, tmp_path), times, rtol=1e-10)
    for output, row in expected.items():
        mine = found.get(f"{output}_2", found.get(output))
        assert mine == pytest.approx(row, rel=1e-7, abs=1e-9 * np.abs(row).max()), output


def dose_curves(model, times):
    """The model with the doses of its first experiment, by the reference solver."""
    system, values = model.system, values_of(model)
    p = [values[q.name] for q in system.quantities]
    events, names = subject_events(default_regimen(model), system, p), [o.name for o in system.outputs]
    wanted = output_function(system, names)
    found = solve(compile_system(system), p, events, times, float(times[-1]), wanted, rtol=1e-10, atol=1e-12)
    return dict(zip(names, found.values, strict=True))


READERS = {"sbml": "roadrunner", "antimony": "antimony"}


@pytest.mark.parametrize("target", READERS)
@pytest.mark.parametrize("name", ["kirouac_2023", "stein_2019", "park_2025_efineptakin"])
def test_an_independent_reader_finds_the_same_curves(name, target, tmp_path):
    roadrunner = pytest.importorskip("roadrunner")
    text = model_text(ld.get_model(name), target)
    if target == "antimony":
        antimony = pytest.importorskip("antimony")
        antimony.clearPreviousLoads()
        assert antimony.loadAntimonyString(text) >= 0, antimony.getLastError()
        text = antimony.getSBMLString(antimony.getMainModuleName())
    model = ld.get_model(name)
    until = min(default_until(model), 60.0)
    times = np.linspace(0, until, 13)
    if isinstance(model.system, ClosedForm):
        values = {k: np.array([v]) for k, v in values_of(model).items()}
        rows = closed_form_values(model.system, values, times)[0]
        expected = dict(zip([o.name for o in model.system.outputs], rows, strict=True))
    else:
        expected = dose_curves(model, times)
    runner = roadrunner.RoadRunner(text)
    # CVODE cannot start the steep terms of kirouac_2023, with 1e8 cells, below an absolute tolerance of 1e-6 cells
    runner.integrator.relative_tolerance = 1e-8 if name == "kirouac_2023" else 1e-10
    runner.integrator.absolute_tolerance = 1e-6 if name == "kirouac_2023" else 1e-12
    ids = set(runner.model.getGlobalParameterIds()) | set(runner.model.getFloatingSpeciesIds())
    chosen = [output for output in expected if output in ids]
    assert chosen
    found = runner.simulate(0, until, 13, ["time", *chosen])
    for i, output in enumerate(chosen, 1):
        row = expected[output]
        later = slice(1, None)
        near = pytest.approx(row[later], rel=1e-5, abs=1e-8 * np.abs(row).max())
        assert np.array(found)[later, i] == near, output


def as_sbml(text: str) -> str:
    """Antimony text as the library of the language translates it."""
    antimony = pytest.importorskip("antimony")
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(text) >= 0, antimony.getLastError()
    return antimony.getSBMLString(antimony.getMainModuleName())


@pytest.mark.parametrize("target", READERS)
@pytest.mark.parametrize("name", list_runnable())
def test_an_independent_reader_finds_the_same_slopes_in_every_published_model(name, target):
    """Derivatives at a random state; of a closed form, that it is read. What an infusion at time 0 adds is not compared."""
    roadrunner = pytest.importorskip("roadrunner")
    model, text = ld.get_model(name), model_text(ld.get_model(name), target)
    runner = roadrunner.RoadRunner(text if target == "sbml" else as_sbml(text))
    if isinstance(model.system, ClosedForm):
        assert {o.name for o in model.system.outputs} <= set(runner.model.getGlobalParameterIds())
        return
    names = dict.fromkeys(s.name for s in model.system.states)
    ids = {*runner.model.getFloatingSpeciesIds(), *runner.model.getGlobalParameterIds()}
    ids_of = {n: n if n in ids else f"{n}_" for n in names}
    rng = np.random.default_rng(1)
    states = {n: float(10 ** rng.uniform(-2, 4)) for n in names}
    for state, value in states.items():
        runner.setValue(ids_of[state], value)
    slopes, _ = equations_at(model, 0.0, states)
    infused = {e.into or model.system.dose_into for e in default_regimen(model).doses if e.infused}
    scale = max(abs(v) for v in slopes.values())
    for state in set(names) - infused:
        found = runner.getValue(f"{ids_of[state]}'")
        assert found == pytest.approx(slopes[state], rel=1e-9, abs=1e-12 * scale), state


@pytest.mark.parametrize("word", ["normal", "gamma", "uniform", "exponential", "constraint", "event", "sec", "gt"])
def test_words_of_antimony_get_another_name(word):
    renamed = to_toml(ld.get_model("hanson_2016")).replace("inflammation", word)
    text = model_text(from_toml(renamed, "m.toml"), "antimony")
    assert f"var {word}_;" in text and as_sbml(text)


def test_the_command_line_writes_both(tmp_path):
    for target, word in (("sbml", "<sbml"), ("antimony", "model kirouac_2023")):
        done = livingdrug("models", "export", "kirouac_2023", "--to", target, "--out", "m.txt", cwd=tmp_path)
        assert done.returncode == 0 and word in (tmp_path / "m.txt").read_text()
    refused = livingdrug(
        "models", "export", "stein_2019", "--to", "sbml", "--variability", "sd", cwd=tmp_path
    )
    assert refused.returncode == 2 and "holds one subject" in refused.stderr


def test_roles_come_back_so_that_fragments_join(tmp_path):
    again = back(ld.get_model("kirouac_2023"), tmp_path)
    assert again.system.dose_into == "infused" and not again.system.unchecked, again.system.unchecked
    joined = again + ld.get_fragment("tissue")
    assert {"memory_tissue", "effector1_tissue"} <= {s.name for s in joined.system.states}


def test_extinction_is_refused_by_name(tmp_path):
    model = ld.get_model("kirouac_2023")
    states = tuple(replace(s, extinct_below=1.0) if s.name == "memory" else s for s in model.structure.states)
    with pytest.raises(LivingdrugError, match="`memory` is empty from then on"):
        model_text(replace(model, structure=replace(model.structure, states=states)), "sbml")

# ---------------------------------------------------------------------------------------------------------- terms


def terms_of(element) -> set[str]:
    found = [element.getCVTerm(i).getResources() for i in range(element.getNumCVTerms())]
    return {r.getValue(i) for r in found for i in range(r.getLength())}


def test_terms_say_what_is_known_for_certain():
    """Sources by their DOI and entry, the organism of the data, T cells by their role; nothing by a name alone."""
    libsbml = pytest.importorskip("libsbml")

    def read(name):
        return libsbml.readSBMLFromString(model_text(ld.get_model(name), "sbml")).getModel()

    kimmel = read("kimmel_2021")
    source = ld.get_model("kimmel_2021").values[0].source
    said = terms_of(kimmel)
    assert f"https://identifiers.org/doi:{source.doi}" in said
    assert {"https://identifiers.org/biomodels.db:BIOMD0000001041", "https://identifiers.org/taxonomy:9606"} <= said
    assert terms_of(kimmel.getElementBySId("car_t")) == {"https://identifiers.org/CL:0000084"}
    assert not terms_of(kimmel.getElementBySId("tumour"))
    assert terms_of(read("hardiansyah_2019").getElementBySId("il6")) == {"https://identifiers.org/uniprot:P05231"}
    assert "https://identifiers.org/taxonomy:10090" in terms_of(read("barros_2021_raji"))
    assert not any("taxonomy" in term for term in terms_of(read("carrgo_restimulation")))


def test_terms_and_roles_stand_side_by_side(tmp_path):
    model = ld.get_model("kirouac_2023")
    again = back(model, tmp_path)
    assert [s.roles for s in again.system.states] == [s.roles for s in model.system.states]
    assert again.system.dose_into == model.system.dose_into
