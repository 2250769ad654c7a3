"""The page of forecasts: the example, and refusals in the words of its fields."""

import json

import pytest

from livingdrug.web.app import page_of
from livingdrug.web.forecast import asked
from livingdrug.web.uploads import EXAMPLE
from livingdrug.web.work import Work


@pytest.fixture(scope="module")
def work():
    return Work()


def text_of(work: Work, query: str) -> str:
    def plain(thing):
        return thing.to_plotly_json() if hasattr(thing, "to_plotly_json") else str(thing)

    return json.dumps(page_of("/forecast", f"?{query}", work).to_plotly_json(), default=plain, ensure_ascii=False)


def test_the_example_is_forecast(work):
    text = text_of(work, asked(EXAMPLE) + "&draws=100&until=60")
    assert "Highest expected AUC28" in text and '"className": "problem"' not in text
    assert "data:image/png;base64" in text and "(simulated)" in text


def test_a_refusal_names_the_field_and_the_file(work):
    text = text_of(work, asked(EXAMPLE) + "&until=10")
    assert '"className": "problem"' in text and "Last day of the forecast" in text and "--until" not in text


def test_it_begins_with_a_choice_of_a_file(work):
    assert "Choose a table of samples" in text_of(work, "")
