"""The app opens the files that were given to it, and no other of this machine, whatever kind an address asks for."""

import re

import pytest

from livingdrug.core.errors import InputError
from livingdrug.web.limits import MODEL_NAMES
from livingdrug.web.work import Work
from livingdrug.workflows import about, kinds, workflow

SPEAKS_OF_FILES = re.compile(
    r"\b(file|files|folder|CSV|TSV|Excel|GMT)\b|\bA (second )?table\b", re.IGNORECASE
)
# fields whose help names a file without being the name of one
WORDS_ONLY = {"sheet", "unit", "units", "time_unit", "dose", "assay", "columns", "limit", "plate"}


def paths(scenario) -> dict[str, str]:
    """Fields of text that speak of a file or a folder."""
    found = {}
    for name, field in scenario.model_fields.items():
        said, kind = about(field), str(field.annotation)
        if said and "str" in kind and "dict" not in kind and "Literal" not in kind and name not in WORDS_ONLY:
            if SPEAKS_OF_FILES.search(said.text.split(";")[0].split(",")[0]) or said.metavar in (
                "FILE",
                "FOLDER",
                "MAP",
            ):
                found[name] = said.text
    return found


@pytest.mark.parametrize("kind", kinds())
def test_every_field_that_names_a_file_or_a_folder_is_known_as_one(kind):
    scenario = workflow(kind).scenario
    known = {*scenario.FILES, *scenario.FOLDERS, *MODEL_NAMES}
    unknown = {name: text for name, text in paths(scenario).items() if name not in known}
    # an outcome, a column or an endpoint of a file is no file
    assert {
        name: text
        for name, text in unknown.items()
        if not re.match(r"(A c|An outcome|C|Endpoint|The o|What|Unit)", text)
    } == {}


@pytest.mark.parametrize("kind", [kind for kind in kinds() if workflow(kind).scenario.FILES])
def test_a_file_that_was_not_given_to_the_app_is_not_opened(kind, tmp_path, monkeypatch):
    monkeypatch.setattr("livingdrug.web.work.check_run", lambda _: None)  # what is refused before is another matter
    secret = tmp_path / "secret.csv"
    secret.write_text("patient,CMAX\nA,1\n")
    noun = workflow(kind).scenario
    for name in noun.FILES:
        several = "tuple" in str(noun.model_fields[name].annotation)
        given = dict.fromkeys(noun.FILES, None) | {name: (str(secret),) if several else str(secret)}
        with pytest.raises(InputError, match="not on this machine|one file at a time"):
            Work().located(noun.model_construct(**given))


@pytest.mark.parametrize("kind", [kind for kind in kinds() if workflow(kind).scenario.FOLDERS])
def test_no_folder_is_opened(kind):
    noun = workflow(kind).scenario
    with pytest.raises(InputError, match="opens no folders"):
        Work().located(noun.model_construct(**dict.fromkeys(noun.FOLDERS, "/")))


@pytest.mark.parametrize(
    "given", [{"borrow": "/tmp/x.toml:1"}, {"also": ("/tmp/x.toml",)}, {"model": "/tmp/x.toml"}]
)
def test_a_model_file_of_this_machine_is_not_opened(given):
    noun = workflow("fit").scenario
    with pytest.raises(InputError, match="models that come with livingdrug"):
        Work().located(noun.model_construct(**{"model": "stein_2019", "file": "example", **given}))


def test_model_files_of_this_machine_are_not_compared():
    noun = workflow("models-compare").scenario
    with pytest.raises(InputError, match="models that come with livingdrug"):
        Work().located(noun(models=("stein_2019", "/tmp/x.toml")))


@pytest.mark.parametrize("kind", kinds())
def test_no_curve_of_this_machine_is_opened(kind, tmp_path):
    noun = workflow(kind).scenario
    said = {name: stated.text for name, field in noun.model_fields.items() if (stated := about(field))}
    naming = {name for name, text in said.items() if name.endswith("curve") or "folder of a `response`" in text}
    assert naming <= set(noun.CURVES)
    for name in noun.CURVES:
        with pytest.raises(InputError, match="opens no files of this machine"):
            Work().located(noun.model_construct(**{name: str(tmp_path)}))
