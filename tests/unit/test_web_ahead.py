"""The address may be ahead of the page that is drawn, as a change is under way: whatever writes the address keeps it."""

import pytest

from livingdrug.web.address import read_query, to_query
from livingdrug.web.app import make_app
from livingdrug.web.compare_models import QUESTION
from livingdrug.web.fit_plan import SAME, roles_of
from livingdrug.web.model_choice import model_of
from livingdrug.web.report import ITEM
from livingdrug.web.work import Work
from livingdrug.workflows import workflow
from livingdrug.workflows.fit.spec import Fit
from livingdrug.workflows.index.spec import Index
from livingdrug.workflows.nca.spec import Nca
from livingdrug.workflows.response.spec import Response
from tests.callbacks import SEARCH, asked, call, name_of

# callbacks that need not look at the address, by the field that starts them, with the reason
ELSEWHERE = {
    "explore-model.value": "begins another question", "patients.n_clicks": "the sliders' own query is ahead of the address",
    "simulate.n_clicks": "the whole document stands in its field",
}  # fmt: skip


@pytest.fixture(scope="module")
def app():
    made = make_app(Work())
    made.server.test_client().get("/_dash-dependencies")  # gathers the callbacks
    return made


def writers(app):
    """(output, inputs, states) of every callback that writes the address."""
    for output, callback in app.callback_map.items():
        if SEARCH in output:
            yield output, [name_of(p) for p in callback["inputs"]], [name_of(p) for p in callback["state"]]


def test_whatever_writes_the_address_looks_at_it_first(app):
    found, excused = list(writers(app)), set()
    for output, inputs, states in found:
        reasons = [name for name in inputs if name in ELSEWHERE or name.endswith("upload.contents")]
        assert SEARCH in [*inputs, *states] or reasons, f"{output}: {inputs} forget what else was changed"
        excused |= set(reasons)
    assert len(found) > 40 and excused > set(ELSEWHERE)


def test_a_role_of_a_fit_keeps_what_was_typed_meanwhile(app):
    drawn = Fit(file="example", model="stein_2019")
    roles = roles_of(drawn, model_of(drawn)) | {"beta": SAME}
    address = call(
        app,
        '{"name":["ALL"],"type":"fit-role"}.data',
        {
            '{"name":["ALL"],"type":"fit-role"}.data': list(roles.items()),
            '{"name":["ALL"],"type":"fit-value"}.value': [(name, "") for name in roles],
            "fit-query.data": to_query(drawn),
        },
        "?" + to_query(drawn.model_copy(update={"below": "m1", "unit": "copies/ug"})),
    )
    made = asked(address)
    assert made.below == "m1" and made.unit == "copies/ug" and made.estimate == ("beta",) and "beta" not in made.random


def test_another_outcome_keeps_the_file_reading_and_rows_of_groups(app):
    drawn = Response(file="example_response", exposure="CMAX", endpoint="ORR")
    given = {"own-exposure.data": "CMAX", "own-first.data": "CRS grade", "own-second.data": ""}
    given |= {"own-query.data": to_query(drawn)}
    ahead = drawn.model_copy(update={"trials": "N"})
    made = asked(call(app, "own-exposure.data", given, "?" + to_query(ahead)))
    assert made.endpoint == "CRS grade" and made.trials == "N"
    both = Index(file="example_response", exposure="CMAX", efficacy="ORR", toxicity="CRS grade>=3")
    given |= {"own-query.data": to_query(both), "own-first.data": "ORR", "own-second.data": "CRS grade>=2"}
    made = asked(call(app, "own-exposure.data", given, "?" + to_query(both.model_copy(update={"ceiling": 0.35}))))
    assert made.toxicity == "CRS grade>=2" and made.ceiling == 0.35


def test_terminal_points_keep_a_rule_that_was_chosen_meanwhile(app):
    drawn = Nca(file="example")
    given = {
        "terminal-use.n_clicks": 1, "terminal-undo.n_clicks": 0, "terminal-start.value": 9.5, "terminal-end.value": 28,
        "terminal-reason.value": "flat", "terminal-subject.data": "P01", "data-query.data": to_query(drawn),
    }  # fmt: skip
    address = call(app, "terminal-use.n_clicks", given, "?" + to_query(drawn.model_copy(update={"auc": "linear"})))
    made = asked(address)
    assert made.auc == "linear" and made.terminal[0].reason == "flat" and "subject=P01" in address


def test_a_model_that_is_added_keeps_days_that_were_typed_meanwhile(app):
    drawn = QUESTION.scenario("")
    given = {f"{QUESTION.kind}-add.data": "stein_2019_ode", f"{QUESTION.kind}-models.data": to_query(drawn)}
    made = asked(call(app, f"{QUESTION.kind}-add.data", given, "?" + to_query(drawn.model_copy(update={"days": 33.0}))))
    assert made.days == 33.0 and made.models == (*drawn.models, "stein_2019_ode")


def test_a_title_keeps_chapters_that_were_added_meanwhile(app):
    one, two = "kind=power&effect=0.5", "kind=power&effect=0.6"
    chapters = [f"{ITEM}={item.replace('=', '%3D').replace('&', '%26')}" for item in (one, two)]
    given = {"report-title.value": "Mine", "report-query.data": chapters[0]}
    view = read_query(call(app, "report-title.value", given, "?" + "&".join(chapters)).lstrip("?"))[1]
    assert view[ITEM] == [one, two] and view["title"] == ["Mine"]


def test_an_address_of_another_page_is_not_taken_for_what_was_drawn(app):
    drawn = Nca(file="example")
    given = {
        "terminal-use.n_clicks": 1, "terminal-undo.n_clicks": 0, "terminal-start.value": 9.5, "terminal-end.value": 28,
        "terminal-reason.value": "flat", "terminal-subject.data": "P01", "data-query.data": to_query(drawn),
    }  # fmt: skip
    made = asked(call(app, "terminal-use.n_clicks", given, ""))
    assert made.terminal[0].start == 9.5 and made.file == "example"
    assert workflow(made.kind).scenario is Nca
