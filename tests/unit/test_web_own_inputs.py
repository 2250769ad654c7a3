"""Targets and curves of one's own on the pages Matched patients and Best dose: by file or as a text."""

import base64
import json
import re
from pathlib import Path

import pytest

from livingdrug.core.errors import InputError
from livingdrug.models import get_model
from livingdrug.population import of_product, published_groups, read_targets, targets_text
from livingdrug.products import list_products
from livingdrug.response import CURVE_FILE, read_curves
from livingdrug.web import optimise, population
from livingdrug.web.address import to_query
from livingdrug.web.app import make_app, page_of
from livingdrug.web.exports import export
from livingdrug.web.own_curves import curves_on_offer, with_curve
from livingdrug.web.work import Work
from livingdrug.workflows import Conduct, workflow
from livingdrug.workflows.response.spec import Response
from tests.callbacks import asked, call

TARGETS = """[[targets]]
exposure = "CMAX"
unit = "copies/ug"
n = 30
median = 20000
p90 = 90000
source = "made up"
"""
ORR = Response(file="example_response", exposure="CMAX", endpoint="ORR")
GRADES = ORR.model_copy(update={"endpoint": "CRS grade"})


def sent(content: bytes) -> str:
    return "data:text/plain;base64," + base64.b64encode(content).decode()


@pytest.fixture(scope="module")
def work():
    return Work()


@pytest.fixture(scope="module")
def app(work):
    made = make_app(work)
    made.server.test_client().get("/_dash-dependencies")
    return made


@pytest.fixture(scope="module")
def curves(work, tmp_path_factory):
    """Bytes of the files of two fits, as the page of the response hands them out."""
    return {one: export(CURVE_FILE, to_query(scenario), work) for one, scenario in (("orr", ORR), ("crs", GRADES))}


@pytest.mark.parametrize("product", [p for p in list_products() if published_groups(p)])
def test_the_text_that_a_page_begins_with_is_what_is_matched(product):
    model, found = get_model("stein_2019"), 0
    for group in published_groups(product):
        try:
            targets = of_product(product, model, group)
        except InputError:  # two groups are called alike
            continue
        assert read_targets(targets_text(targets), "text", model) == targets
        found += 1
    assert found


def test_a_target_of_response_and_quotes_survive_the_text():
    text = '[[targets]]\nexposure = "response"\noutput = "tumour"\nday = 28\nbelow = 0.1\nrate = 0.5\nn = 30\n'
    model = get_model("kirouac_2023")
    targets = read_targets(text + "source = 'a \"b\" \\ c'\n", "text", model)
    assert read_targets(targets_text(targets), "text", model) == targets


def press(app, search, **given):
    filled = {
        "targets-upload.contents": None, "targets-upload.filename": None, "targets-use.n_clicks": 0, "targets-text.value": "",
        "targets-query.data": to_query(population.QUESTION.scenario("")), **given,
    }  # fmt: skip
    start = "targets-upload.contents" if filled["targets-upload.contents"] else "targets-use.n_clicks"
    return call(app, "targets-upload.contents", filled, search, changed=start)


def test_targets_as_a_text_become_the_question_and_keep_what_else_was_asked(app, work):
    ahead = population.QUESTION.scenario("").model_copy(update={"subjects": 300})
    made = asked(press(app, "?" + to_query(ahead), **{"targets-use.n_clicks": 1, "targets-text.value": TARGETS}))
    assert made.subjects == 300 and made.product is None and made.group is None
    assert work.uploads.path(made.targets).read_text() == TARGETS and work.uploads.name(made.targets) == "targets.toml"
    shown = str(page_of("/population", to_query(made), work))
    assert "className='problem'" not in shown and "targets of your own" in shown and "median = 20000" in shown
    assert 'targets = "targets.toml"' in export("scenario.toml", to_query(made), work).decode()
    found = workflow("population").run(work.located(made), Conduct())
    sentence = workflow("population").answer(work.located(made), found).sentences[0]
    assert sentence.replace("'", "\\'") in shown or sentence in shown


def test_a_file_of_targets_is_the_same_question_as_its_text(app, work):
    typed = asked(press(app, "", **{"targets-use.n_clicks": 1, "targets-text.value": TARGETS}))
    file = {"targets-upload.contents": sent(TARGETS.encode()), "targets-upload.filename": "mine.toml"}
    chosen = asked(press(app, "", **file))
    assert chosen == typed and work.uploads.name(chosen.targets) == "mine.toml"


@pytest.mark.parametrize(("text", "said"), [
    ("", "holds no list of targets"), (TARGETS.replace("90000", "9000"), "no distribution has both"),
    (TARGETS.replace("copies/ug", "cells/uL"), "does not convert"), ("[[targets", "targets.toml"),
])  # fmt: skip
def test_targets_that_cannot_be_are_one_sentence_and_change_nothing(app, text, said):
    answer = press(app, "", **{"targets-use.n_clicks": 1, "targets-text.value": text})
    assert said in answer and "address" not in json.loads(answer) and "livingdrug-" not in answer


def test_a_curve_of_a_file_is_taken_by_its_name(app, work, curves):
    drawn = optimise.QUESTION.scenario("")
    given = {"curve-response_curve.contents": sent(curves["orr"]), "curve-response_curve.filename": CURVE_FILE,
             "curves-query.data": to_query(drawn)}  # fmt: skip
    made = asked(call(app, "curve-response_curve.contents", given, "?" + to_query(drawn.model_copy(update={"points": 4}))))
    token, _, name = made.response_curve.partition(":")
    assert made.points == 4 and name == "ORR" and work.uploads.path(token).read_bytes() == curves["orr"]
    made = made.model_copy(update={"subjects": 30, "draws": 20})
    shown = str(page_of("/optimise", to_query(made), work))
    assert "className='problem'" not in shown and "livingdrug-" not in shown and f"ORR, of {CURVE_FILE}" in shown
    assert f'response_curve = "{CURVE_FILE}:ORR"' in export("scenario.toml", to_query(made), work).decode()


def test_the_answer_is_that_of_the_command_with_the_file(work, curves, tmp_path):
    (tmp_path / CURVE_FILE).write_bytes(curves["orr"])
    begin = optimise.QUESTION.scenario("").model_copy(update={"points": 4, "subjects": 30, "draws": 20})
    in_app = with_curve(begin, "response_curve", CURVE_FILE, sent(curves["orr"]), work)
    by_command = begin.model_copy(update={"response_curve": f"{tmp_path / CURVE_FILE}:ORR"})
    kind = workflow("optimise")
    one, other = (kind.answer(s, kind.run(s, Conduct())) for s in (work.located(in_app), by_command))
    assert one.sentences == other.sentences and one.tables[0].rows == other.tables[0].rows


def test_every_curve_of_a_file_is_on_offer_and_the_first_is_taken(work, curves, tmp_path):
    (tmp_path / CURVE_FILE).write_bytes(curves["crs"])
    names = [one.name for one in read_curves(str(tmp_path / CURVE_FILE))]
    made = with_curve(optimise.QUESTION.scenario(""), "toxicity_curve", CURVE_FILE, sent(curves["crs"]), work)
    token = made.toxicity_curve.partition(":")[0]
    assert made.toxicity_curve == f"{token}:{names[0]}" and len(names) > 1
    offered = dict(curves_on_offer(made, work))
    assert {f"{token}:{name}" for name in names} < set(offered) and "tisagenlecleucel_response" in offered


def test_two_files_of_one_name_are_told_apart_in_what_is_handed_out(work, curves):
    made = with_curve(optimise.QUESTION.scenario(""), "response_curve", CURVE_FILE, sent(curves["orr"]), work)
    made = with_curve(made, "toxicity_curve", CURVE_FILE, sent(curves["crs"]), work)
    text = export("scenario.toml", to_query(made), work).decode()
    files = re.findall(r'_curve = "(curve_\w{6}\.toml):', text)
    assert len(set(files)) == 2
    assert set(files) <= set(work.names(made).values())


def test_what_is_no_curve_is_refused_by_the_name_that_its_user_gave_it(work):
    begin = optimise.QUESTION.scenario("")
    for content, name, said in ((b"x = 1", "mine.toml", "holds no list"), (b"[[curves", "mine.toml", "mine.toml"),
                                (b"x", "mine.csv", "ends in .toml")):  # fmt: skip
        with pytest.raises(InputError, match=said) as refused:
            with_curve(begin, "response_curve", name, sent(content), work)
        assert "mine" in str(refused.value) and str(Path(work.folder).parent) + "/livingdrug" not in str(refused.value)


def test_a_link_to_a_curve_asks_for_its_file_where_the_app_has_it_not(curves):
    other = Work()
    made = with_curve(optimise.QUESTION.scenario(""), "response_curve", CURVE_FILE, sent(curves["orr"]), other)
    assert "Choose the same file again" in str(page_of("/optimise", "?" + to_query(made), Work()))


def test_an_outcome_without_a_curve_of_a_probability_offers_none(work):
    value = ORR.model_copy(update={"endpoint": "PFS", "outcome": "time"})
    for scenario, there in ((ORR, True), (GRADES, True), (value, False)):
        assert (CURVE_FILE in str(page_of("/response", "?" + to_query(scenario), work))) == there
