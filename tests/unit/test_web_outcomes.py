"""Outcomes of more than one number in the app: repeated, competing, between visits; which fields they have."""

import json

import numpy as np
import pytest

from livingdrug.response.sample.columns import look
from livingdrug.web.own_response import KIND, OWN, TIMED, _answer, _kind, entries, in_file, settled
from livingdrug.web.response_figures import response_figure
from livingdrug.workflows.response.answer import telling
from livingdrug.workflows.response.spec import Response, run

N = 60


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Two rows of each of 60 subjects: a grade at each, the times of the first row."""
    random, rows = np.random.default_rng(3), []
    for i in range(N):
        x = random.normal()
        time, end = random.exponential(200 * np.exp(0.4 * x)), random.uniform(100, 500)
        code = 0 if time > end else 1 + int(random.uniform() < 0.4)
        seen = np.ceil(min(time, end) / 30) * 30
        visits = f"{seen - 30:g},{seen:g}" if code else f"{seen:g},"
        rows.append(f"P{i},{np.exp(9 + x):.5g},{int(random.uniform() < 0.5)},{min(time, end):.4g},{code},{visits}")
    path = tmp_path_factory.mktemp("outcomes") / "outcomes.csv"
    head = "ID,CMAX (copies/ug),event,time (d),status,last free (d),seen (d)"
    path.write_text("\n".join([head, *rows]))
    twice = path.with_name("twice.csv")
    twice.write_text("\n".join([head, *(row for row in rows for _ in (0, 1))]))
    return path


COMPETING = {"outcome": "competing", "time": "time (d)", "event": "status", "causes": {"relapse": "1", "death": "2"}}
VISITS = {"outcome": "visits", "time": "last free (d)", "seen_by": "seen (d)"}
QUESTIONS = [COMPETING | {"by_day": 180.0}, COMPETING | {"model": "cause-specific"}, VISITS,
             VISITS | {"model": "lognormal", "by_day": 180.0}]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_kind_has_its_figure_and_its_numbers(file, question):
    (found,) = run(Response(file=str(file), exposure="CMAX", **question))
    module = telling(found.kind)
    figure = response_figure(found, module.table(found))
    json.dumps(figure)  # plain data for the browser
    shown = str(_answer(found, 0))
    assert module.as_dict(found)["sentence"] in shown
    assert ("by day 180" in shown) == ("by_day" in question)
    lines = [part for part in figure["data"] if part.get("legendgroup")]
    heights = np.concatenate([part["y"] for part in lines])
    assert heights.min() >= 0 and heights.max() <= 1
    if found.kind == "competing":
        for part, curve in zip(lines, (c for g in found.fit.groups for c in g.curves), strict=True):
            assert part["y"][-1] == pytest.approx(float(curve.incidence[-1]))
    else:
        for part, group in zip(lines, found.fit.groups, strict=True):
            finite = np.isfinite(group.curve.end)
            assert part["y"][-1] == pytest.approx(float(group.curve.share[finite][-1]))
            assert (np.diff(part["y"]) <= 1e-12).all()


def test_repeated_outcomes_can_be_chosen_and_are_drawn(file):
    asked = Response(file=str(file.with_name("twice.csv")), exposure="CMAX", endpoint="event", outcome="repeated")
    (found,) = run(asked)
    assert found.kind == "repeated" and "of 60 subjects" in str(_answer(found, 0))
    assert "repeated" in dict(KIND.choices) and "competing" in dict(KIND.choices) and "visits" in dict(KIND.choices)


def test_what_was_said_of_another_kind_falls_away_where_no_field_shows_it():
    before = Response(file="x.csv", exposure="CMAX", **COMPETING, groups=3, by_day=90.0, model="cause-specific")
    now = settled(before.model_copy(update={"outcome": "binary"}), "binary")
    assert (now.endpoint, now.time, now.causes, now.groups, now.by_day, now.model) == ("time (d)", None, {}, None, None, None)
    again = settled(now.model_copy(update={"outcome": "visits"}), "visits")
    assert (again.time, again.endpoint) == ("time (d)", None)
    assert settled(before, "competing") == before
    for kind in TIMED:  # what another kind would refuse has a field where it is kept
        shown = {entry.key for entry in entries(kind)}
        assert {key for key, kinds in OWN.items() if kind in kinds} <= shown


def test_the_kind_is_that_which_was_said_or_which_its_fields_have(file):
    looked = look(file)
    plain = Response(file=str(file), exposure="CMAX", endpoint="event")
    assert _kind(plain, looked) == "binary"
    assert _kind(plain.model_copy(update={"outcome": "repeated"}), looked) == "repeated"
    assert _kind(plain.model_copy(update={"causes": {"a": "1", "b": "2"}}), looked) == "competing"
    assert _kind(plain.model_copy(update={"seen_by": "seen (d)"}), looked) == "visits"


def test_a_second_row_of_a_subject_is_no_fault_of_repeated_outcomes(file):
    class Kept:
        """The uploads of a page: one file."""

        uploads = type("Files", (), {"path": staticmethod(lambda token: token), "name": staticmethod(lambda token: "x.csv")})

    asked = Response(file=str(file.with_name("twice.csv")), exposure="CMAX", endpoint="event")
    assert "has a second row" in str(in_file(asked, Kept()))
    assert "has a second row" not in str(in_file(asked.model_copy(update={"outcome": "repeated"}), Kept()))


def test_an_event_between_visits_is_not_called_by_the_name_of_the_visit(file):
    asked = Response(file=str(file), exposure="CMAX", **VISITS)
    assert "the time to the event by" in telling("visits").as_dict(run(asked)[0])["sentence"]
    named = asked.model_copy(update={"endpoint": "progression"})
    assert "the time to progression by" in telling("visits").as_dict(run(named)[0])["sentence"]
