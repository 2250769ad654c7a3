"""An OMEX archive holds what its manifest says, and its curves are those of the model in it."""

import csv
import io
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.export import model_text, omex
from livingdrug.export.sedml import sedml
from livingdrug.models import list_runnable
from tests.commands import livingdrug

pytest.importorskip("libsbml")


@pytest.fixture(scope="module")
def made():
    return omex(ld.get_model("kirouac_2023"))


def test_the_manifest_lists_every_file_and_itself(made):
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        root = ElementTree.fromstring(archive.read("manifest.xml"))
        names = archive.namelist()
    combine = "http://identifiers.org/combine.specifications"
    assert root.tag == f"{{{combine}/omex-manifest}}omexManifest"
    formats = {content.get("location"): content.get("format") for content in root}
    assert formats.pop(".") == f"{combine}/omex"
    assert sorted(place.removeprefix("./") for place in formats) == sorted(names)
    assert formats["./model.xml"] == f"{combine}/sbml.level-3.version-1.core"
    assert formats["./simulation.sedml"] == f"{combine}/sed-ml.level-1.version-4"
    assert [c.get("location") for c in root if c.get("master") == "true"] == ["./simulation.sedml"]
    assert made == omex(ld.get_model("kirouac_2023"))  # the same bytes each time


def test_curves_are_those_of_the_model_in_the_archive(made, tmp_path):
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        archive.extract("model.xml", tmp_path)
        rows = list(csv.DictReader(io.StringIO(archive.read("curves.csv").decode())))
    again = ld.read_model(tmp_path / "model.xml")
    for output in ("car_t", "car_t_blood"):
        mine = [row for row in rows if row["output"] == output]
        times = [float(row["time"]) for row in mine]
        # the archive's doses are part of its model
        found = ld.simulate(again, regimen=[], times=times, rtol=1e-10).curve(output)
        values = np.array([float(row["value"]) for row in mine])
        assert len(times) > 50 and found[1:] == pytest.approx(values[1:], rel=1e-4)


def test_the_command_needs_a_file_and_one_subject(tmp_path):
    refused = livingdrug("models", "export", "hanson_2016", "--to", "omex", cwd=tmp_path)
    assert refused.returncode == 2 and "add --out FILE.omex" in refused.stderr
    asked = ("--to", "omex", "--variability", "sd", "--out", "a.omex")
    refused = livingdrug("models", "export", "stein_2019", *asked, cwd=tmp_path)
    assert refused.returncode == 2 and "one subject" in refused.stderr and not list(tmp_path.iterdir())
    run = livingdrug("models", "export", "hanson_2016", "--to", "omex", "--out", "a.omex", cwd=tmp_path)
    assert run.returncode == 0 and zipfile.is_zipfile(tmp_path / "a.omex"), run.stderr
    with pytest.raises(InputError, match=r"livingdrug\.export\.omex"):
        model_text(ld.get_model("hanson_2016"), "omex")


# ---------------------------------------------------------------------------------------------------------- SED-ML

SEDML = "{http://sed-ml.org/sed-ml/level1/version4}"
IN_SBML = {"sbml": "http://www.sbml.org/sbml/level3/version1/core"}


def parts(root) -> dict[str, ElementTree.Element]:
    """Every element with an id, which stands there once."""
    found = [element for element in root.iter() if element.get("id")]
    assert len({element.get("id") for element in found}) == len(found)
    return {str(element.get("id")): element for element in found}


@pytest.mark.parametrize("name", list_runnable())
def test_what_is_simulated_names_what_the_model_holds(name):
    """Of every published model: references meet their element, and each output is one element of the SBML."""
    model = ld.get_model(name)
    root = ElementTree.fromstring(sedml(model, "model.xml", 30.0, 30))
    ids, document = parts(root), ElementTree.fromstring(model_text(model, "sbml"))
    references = [e.get(k) for e in root.iter() for k in e.keys() if k.endswith("Reference")]  # noqa: SIM118
    assert references and set(references) <= set(ids)
    targets = [e.get("target") for e in root.iter(f"{SEDML}variable") if e.get("target")]
    assert len(targets) == len(model.system.outputs)
    for target in targets:
        (_,) = document.findall(target.replace("/sbml:sbml", "."), IN_SBML)
    reported = [e.get("label") for e in root.iter(f"{SEDML}dataSet")]
    assert reported[1:] == [f"{o.name} ({o.unit})" for o in model.system.outputs]


def test_who_runs_the_archive_finds_its_curves(made):
    """libRoadRunner is told by the SED-ML alone what to simulate and to report."""
    roadrunner = pytest.importorskip("roadrunner")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        root = ElementTree.fromstring(archive.read("simulation.sedml"))
        rows = list(csv.DictReader(io.StringIO(archive.read("curves.csv").decode())))
        ids = parts(root)
        runner = roadrunner.RoadRunner(archive.read(ids["model"].get("source")).decode())
    course = ids["course"]
    # CVODE cannot start the steep terms of this model, with 1e8 cells, below an absolute tolerance of 1e-6 cells
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-8, 1e-6
    end, steps = float(course.get("outputEndTime")), int(course.get("numberOfSteps"))
    variables = {e.get("id"): e.get("target", "").split("'")[1] for e in root.iter(f"{SEDML}variable") if e.get("target")}
    found = runner.simulate(0, end, steps + 1, ["time", *variables.values()])
    for i, variable in enumerate(variables, 1):
        mine = [row for row in rows if row["output"] == variable.removesuffix("_")]
        assert [float(row["time"]) for row in mine] == pytest.approx(np.array(found)[:, 0])
        values = np.array([float(row["value"]) for row in mine])
        assert np.array(found)[1:, i] == pytest.approx(values[1:], rel=1e-4), variable


def test_the_libraries_of_the_two_standards_read_it(made, tmp_path):
    libsedml, libcombine = pytest.importorskip("libsedml"), pytest.importorskip("libcombine")
    (tmp_path / "a.omex").write_bytes(made)
    archive = libcombine.CombineArchive()
    assert archive.initializeFromArchive(str(tmp_path / "a.omex"))
    assert archive.getMasterFile().getLocation() == "./simulation.sedml"
    read = libsedml.readSedMLFromString(archive.extractEntryToString("./simulation.sedml"))
    assert read.getNumErrors() == 0, read.getErrorLog().toString()
    assert read.getModel("model").getSource() == "model.xml" and read.getNumOutputs() == 2
