"""Pages that are made of the fields of a kind and of its answer: every page of that sort, field by field."""

import re

import pytest

from livingdrug.core.errors import InputError
from livingdrug.web.address import read_query, to_query
from livingdrug.web.app import make_app, page_of
from livingdrug.web.exports import export
from livingdrug.web.forms import edited
from livingdrug.web.pages import pages
from livingdrug.web.questions import MODELS, Question
from livingdrug.web.report import place_of
from livingdrug.web.work import Work
from livingdrug.workflows import about, workflow

QUESTIONS = {path: m.QUESTION for path, m in pages().items() if isinstance(getattr(m, "QUESTION", None), Question)}
FLAG = re.compile(r"(?<![\w`-])--[a-z]")
OPTIMISE = "kind=optimise&model=singh_2021&response_curve=tisagenlecleucel_response"
OPTIMISE += "&toxicity_curve=tisagenlecleucel_severe_crs"


@pytest.fixture(scope="module")
def work():
    return Work()


def words_of(part) -> str:
    """Every text of a page."""
    if part is None or isinstance(part, (str, int, float)):
        return "" if part is None else str(part)
    if isinstance(part, (list, tuple)):
        return "\n".join(map(words_of, part))
    given = [getattr(part, name, None) for name in ("data-table", "data-choice", "alt")]
    return "\n".join([*filter(None, given), words_of(getattr(part, "children", None))])


def find(part, ident: str):
    """The element of an id, None where there is none."""
    if isinstance(part, (list, tuple)):
        return next((found for found in (find(one, ident) for one in part) if found is not None), None)
    if part is None or isinstance(part, (str, int, float)):
        return None
    return part if getattr(part, "id", None) == ident else find(getattr(part, "children", None), ident)


def test_there_are_some():
    doses = {"/preconditioning", "/fractionation", "/optimise", "/cure"}
    assert doses | {"/models-compare", "/models-distinguish", "/population"} <= set(QUESTIONS)


@pytest.mark.parametrize("path", QUESTIONS)
def test_it_begins_with_an_answer_a_figure_and_its_table(path, work):
    page = page_of(path, "", work)
    assert find(page, "sentence").children.strip().endswith(".")
    words = words_of(page)
    assert "role='alert'" not in str(page) and "data-table" in str(page) and "Img(" in str(page)
    assert not FLAG.search(re.sub(r"`livingdrug [^`]*`|\(--out FOLDER", "", words)), FLAG.search(words)


@pytest.mark.parametrize("path", QUESTIONS)
def test_every_field_that_has_an_option_has_an_input(path):
    question = QUESTIONS[path]
    shown = {e.key for entries in question.entries().values() for e in entries}
    fields = {n: about(i) for n, i in workflow(question.kind).scenario.model_fields.items() if about(i)}
    assert {n for n, said in fields.items() if not said.hidden} - {"even_so"} <= shown | ({MODELS} - shown)
    labels = [e.label for entries in question.entries().values() for e in entries]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("path", QUESTIONS)
def test_a_form_that_is_not_touched_asks_the_same(path):
    question = QUESTIONS[path]
    scenario = question.scenario("")
    from livingdrug.web.forms import _shown

    for entries in question.entries(scenario, Work()).values():
        plain = [e for e in entries if e.choices or e.several or e.apart or getattr(scenario, e.key) is not None]
        texts = [_shown(getattr(scenario, e.key), e) for e in plain]
        assert edited(scenario, plain, texts) == scenario
    assert read_query(to_query(scenario))[0] == scenario


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e8, "1e8"), (1.1e9, "1.1e9"), (28.0, "28"), (1e-10, "1e-10"), (0.123456789, "0.123456789"), (1234567.0, "1234567.0")],
)
def test_a_number_in_a_field_is_short_and_not_rounded(value, text):
    from livingdrug.web.forms import Entry, _shown

    assert _shown(value, Entry("x", "X")) == text and float(text) == value
    assert _shown((value, 2.0), Entry("x", "X", several=True)) == f"{text} 2"
    assert _shown({"k": value}, Entry("x", "X", apart=";", pairs=True)) == f"k={text}"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/cure?kind=cure&model=kimmel_2021&cv=0.2", '`100` in the field "Virtual subjects"'),
        (f"/optimise?{OPTIMISE}", 'in the field "Lowest and highest dose"'),
        ("/fractionation?kind=fractionation&model=hardiansyah_2019&dose=1e9&splits=100@0", 'the field "Splits"'),
        ("/preconditioning?kind=preconditioning&model=kirouac_2023&response=0.5", 'the field "Slope, stated by you"'),
        ("/models-distinguish?kind=models-distinguish&models=kirouac_2023", "1 model(s) were named"),
        ("/population?kind=population&model=stein_2019&product=tisagenlecleucel", 'the field "Published group"'),
    ],
)
def test_what_cannot_be_names_the_field_and_leaves_the_form(address, said, work):
    path, _, query = address.partition("?")
    page = page_of(path, query, work)
    assert said in words_of(page) and not FLAG.search(words_of(page))
    assert find(page, f"{QUESTIONS[path].kind}-0-query") is not None


@pytest.mark.parametrize("path", QUESTIONS)
def test_its_chapter_of_a_report_leads_back_to_it(path):
    assert place_of(QUESTIONS[path].scenario("")) == path


def test_a_scenario_of_another_kind_has_another_page(work):
    assert "has a page of its own" in words_of(page_of("/cure", "kind=power&effect=0.5", work))


def test_of_three_models_each_can_be_left_out_and_of_two_none(work):
    three = "kind=models-compare&models=stein_2019&models=kirouac_2023&models=hardiansyah_2019&subjects=0"
    page = QUESTIONS["/models-compare"].shown(three, work)
    assert str(page).count("leave it out") == 3
    assert "kind=models-compare&models=stein_2019&models=hardiansyah_2019" in str(page)
    assert "leave it out" not in str(QUESTIONS["/models-compare"].shown(three.replace("&models=kirouac_2023", ""), work))


def test_every_page_can_be_registered(work):
    inputs = str([given["inputs"] for given in make_app(work).callback_map.values()])
    for question in QUESTIONS.values():
        for k, entries in enumerate(question.entries().values()):
            assert all(f"'{question.kind}-{k}-{entry.key}'" in inputs for entry in entries)
    assert "'models-compare-add'" in inputs


def test_more_than_a_screen_waits_for_is_refused():
    many = OPTIMISE + "&between=1e6&between=1e10&points=1500&subjects=100"
    with pytest.raises(InputError, match="100,000 virtual patients"):
        read_query(many)
    for name in ("../secret.toml", "kirouac_2023&models=../secret.toml+tissue"):
        with pytest.raises(InputError, match="come with livingdrug"):
            read_query(f"kind=models-distinguish&models={name.replace('+', '%2B')}")


def test_a_population_is_handed_out_as_a_model(work):
    query = to_query(QUESTIONS["/population"].scenario(""))
    text = export("model.toml", query, work).decode()
    assert "matched" in text and "members" in text
    with pytest.raises(InputError, match="no population to download"):
        export("model.toml", query + "&least=400", work)
