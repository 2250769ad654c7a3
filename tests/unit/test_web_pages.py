"""Pages of models, sensitivity, sampling days and reports: what they show, and refusals in the words of their fields."""

import json

import pytest

from livingdrug.core.errors import InputError
from livingdrug.export import model_text
from livingdrug.models import build_model, find_models, list_models
from livingdrug.report import MOST_RUNS
from livingdrug.web.address import read_query, to_query
from livingdrug.web.app import make_app, page_of
from livingdrug.web.exports import MODEL_FILES
from livingdrug.web.forms import _shown, edited
from livingdrug.web.report import address, described, others, place_of
from livingdrug.web.sensitivity import VARIES
from livingdrug.web.work import Work
from livingdrug.workflows import kinds, workflow
from livingdrug.workflows.nca.spec import Nca
from livingdrug.workflows.power.spec import Power
from livingdrug.workflows.simulate.spec import Simulation

CURVES, POWER, NCA = Simulation(model="stein_2019", days=28), Power(effect=0.5), Nca(file="example")


@pytest.fixture(scope="module")
def work():
    return Work()


@pytest.fixture(scope="module")
def client(work):
    return make_app(work).server.test_client()


def text_of(work, path, query=""):
    def plain(thing):
        return thing.to_plotly_json() if hasattr(thing, "to_plotly_json") else str(thing)

    return json.dumps(page_of(path, query, work).to_plotly_json(), default=plain, ensure_ascii=False)


def test_what_drives_an_exposure_is_a_sentence_with_a_figure(work):
    text = text_of(work, "/sensitivity", "?kind=sensitivity&model=stein_2019&variability=sd&n=16")
    assert "is driven by" in text and "data:image/png;base64" in text and '"className": "problem"' not in text
    text = text_of(work, "/sensitivity", "?kind=sensitivity&model=stein_2019&variability=sd&n=2")
    assert '"className": "problem"' in text and "data:image" not in text


def test_ranges_and_groups_survive_fields_and_address(work):
    noun = workflow("sensitivity").scenario
    typed = {
        "ranges": "dose=1e7,1e9; mu_memory=0.1,1",
        "groups": "product=mu_memory,mu_effector",
        "method": "prcc",
        "cv": "0.5",
        "seed": "1",
    }
    made = edited(noun(model="kirouac_2023"), VARIES, [typed.get(e.key, "") for e in VARIES])
    assert made.ranges == {"dose": (1e7, 1e9), "mu_memory": (0.1, 1.0)} and made.groups["product"] == (
        "mu_memory",
        "mu_effector",
    )
    assert read_query(to_query(made))[0] == made
    for entry in VARIES:
        assert edited(made, [entry], [str(_shown(getattr(made, entry.key), entry))]) == made, entry.key


def test_sampling_days_name_their_fields(work):
    text = text_of(work, "/sampling")
    assert "would cut the expected error" in text and "data:image/png;base64" in text
    text = text_of(work, "/sampling", "?kind=sampling&model=stein_2019&variability=sd&fix=nothing")
    assert '"className": "problem"' in text and "--" not in text


def test_the_catalogue_is_filtered_as_the_command_finds_models(work):
    everything = text_of(work, "/models")
    assert all(f"model={name}" in everything for name in list_models())
    found = find_models(disease="lymphoma", data="patients")
    text = text_of(work, "/models", "?disease=lymphoma&data=patients")
    assert f"{len(found)} of {len(list_models())} models." in text
    assert [name for name in list_models() if f'?model={name}"' in text] == found
    assert "did you mean `lymphoma`" in text_of(work, "/models", "?disease=lymphom")
    assert "it knows no" in text_of(work, "/models", "?colour=red")


@pytest.mark.parametrize("name", ["kirouac_2023", "stein_2019", "park_2025_sle"])
def test_the_card_of_a_model_has_equations_sources_and_ways_on(work, name):
    text = text_of(work, "/models", f"?model={name}")
    assert "equations" in text and "parameters" in text and f"kind=simulate&model={name}" in text


@pytest.mark.parametrize("name", sorted(MODEL_FILES))
def test_a_model_is_handed_out_as_the_command_exports_it(client, name):
    query = "kind=simulate&model=kirouac_2023&fragments=tissue&values.k12=3"
    answer = client.get(f"/export/{name}?{query}")
    assert answer.status_code == 200 and len(answer.data) > 200, answer.data[:200]
    target = MODEL_FILES[name]
    if target not in ("toml", "sbml"):
        assert answer.text == model_text(build_model("kirouac_2023", ("tissue",)), target)
    assert client.get(f"/export/{name}?kind=power&effect=0.5").status_code == 400


def test_chapters_are_moved_and_left_out_by_their_address(work):
    items = [to_query(CURVES), to_query(POWER), to_query(NCA)]
    text = text_of(work, "/report", "?" + address(items, "Mine"))
    assert (
        text.count("Leave out: ") == 3
        and text.count('"Up: ') == 2
        and text.count('"Down: ') == 2
        and "Mine" in text
    )
    assert address([items[1], items[0], items[2]], "Mine") in text and address(items[:2], "Mine") in text
    left = str(others([*items, "kind=nca&file=gone"], items[:1], "", work))
    assert "Power" in left and "cannot be shown" in left and "Add all" in left and "Simulate" not in left


def test_every_kind_has_a_page_for_its_chapter():
    from livingdrug.web.pages import pages

    for kind in kinds():
        assert place_of(type("Asked", (), {"kind": kind})) in pages(), kind
    assert described("kind=simulate&model=stein_2019&days=28", Work()) == (
        "Simulate: stein_2019",
        "/explore?kind=simulate&model=stein_2019&days=28",
    )


def test_a_report_of_several_answers_in_three_forms(client, work, tmp_path):
    query = address([to_query(POWER), to_query(CURVES)], "Two questions")
    answer = client.get(f"/export/report.html?{query}")
    html = answer.text
    assert (
        answer.status_code == 200
        and "<h1>Two questions</h1>" in html
        and html.index("1. Power") < html.index("2. ")
    )
    assert html.count('id="sources"') == 1 and "<svg" in html
    anchors = [part.split('"')[0] for part in html.split('<h2 id="')[1:]]
    assert len(anchors) == len(set(anchors))
    word = client.get(f"/export/report.docx?{query}")
    assert word.status_code == 200 and word.data.startswith(b"PK")
    turned = client.get(f"/export/report.html?{address([to_query(CURVES), to_query(POWER)], '')}").text
    assert turned.index("1. ") < turned.index("2. Power")


def test_a_chapter_that_cannot_be_made_is_named(client):
    gone = client.get("/export/report.html?" + address([to_query(POWER), "kind=nca&file=gone"], ""))
    assert gone.status_code == 400 and gone.text.startswith(
        "chapter 2: the file of this address is not on this machine"
    )
    many = client.get("/export/report.html?" + address(["kind=power&effect=0.5"] * (MOST_RUNS + 1), ""))
    assert many.status_code == 400 and "at most" in many.text
    assert client.get("/export/picture.png?" + address([to_query(POWER)], "")).status_code == 400


def test_runs_are_bound_into_a_new_folder_alone(tmp_path):
    from livingdrug.report import bind, read_record
    from livingdrug.workflows import keep_run

    for k, scenario in enumerate((CURVES, POWER)):
        keep_run(scenario, tmp_path / str(k))
    report = bind([tmp_path / "0", tmp_path / "1"], tmp_path / "both", "Both")
    assert report.title == "Both" and len(report.summary) == 2
    html = (tmp_path / "both" / "report.html").read_text()
    for k in "01":  # whoever has the files can be sure of them
        assert all(known in html for known in read_record(tmp_path / k)["hashes"].values())
    first = (tmp_path / "both" / "report.html").read_bytes()
    with pytest.raises(InputError, match="not empty"):
        bind([tmp_path / "0"], tmp_path / "both")
    bind([tmp_path / "0", tmp_path / "1"], tmp_path / "again", "Both")
    assert (tmp_path / "again" / "report.html").read_bytes() == first
    (tmp_path / "1" / "results.csv").write_text("changed")
    with pytest.raises(InputError, match="is not the file that the run wrote"):
        bind([tmp_path / "0", tmp_path / "1"], tmp_path / "third")
    assert not (tmp_path / "third").exists()
    with pytest.raises(InputError, match="give 1 to"):
        bind([], tmp_path / "third")
