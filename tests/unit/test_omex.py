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
    assert [c.get("location") for c in root if c.get("master") == "true"] == ["./model.xml"]
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
