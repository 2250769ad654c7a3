"""My study: samples and endpoints joined once, with how they are read, on every page."""

import base64
import json

import pytest

from livingdrug.core.errors import InputError
from livingdrug.web.address import read_query, to_query
from livingdrug.web.app import page_of
from livingdrug.web.study import EXAMPLE, with_file
from livingdrug.web.work import Work


@pytest.fixture(scope="module")
def work():
    return Work()


def text_of(work, path, query):
    def plain(thing):
        return thing.to_plotly_json() if hasattr(thing, "to_plotly_json") else str(thing)

    return json.dumps(page_of(path, query, work).to_plotly_json(), default=plain, ensure_ascii=False)


def ways(work, query):
    """Text -> address of the ways on."""
    page = page_of("/study", query, work)
    place = next(part for part in page._traverse() if getattr(part, "id", "") == "study-ways")
    return {link.children: link.href for link in place._traverse() if getattr(link, "href", None)}


def upload(text):
    return "data:text/csv;base64," + base64.b64encode(text.encode()).decode()


def test_the_example_goes_to_every_page(work):
    query = to_query(EXAMPLE)
    text = text_of(work, "/study", query)
    assert "80 subjects have samples and endpoints." in text and "(simulated)" in text
    found = ways(work, query)
    assert {href.partition("?")[0] for href in found.values()} == {"/data", "/response", "/fit", "/forecast"}
    asked = {text: read_query(href.partition("?")[2])[0] for text, href in found.items()}
    for text, scenario in asked.items():
        assert scenario.file == EXAMPLE.file, text
        assert getattr(scenario, "endpoints", None) == (
            None if scenario.kind in ("fit", "forecast") else EXAMPLE.endpoints
        )
    # exposure that is computed of the samples beside the outcomes of the other file: the fourth job, by clicks alone
    text = text_of(work, *found["Exposure and outcomes"].split("?"))
    assert '"className": "problem"' not in text and "CMAX, highest level" in text
    assert "responds" in text or "respond" in text
    grouped = text_of(work, *found["Kinetics by response, groups compared"].split("?"))
    assert '"className": "problem"' not in grouped and "PD" in grouped


def test_what_is_said_of_the_reading_goes_along(work):
    query = to_query(EXAMPLE.model_copy(update={"limit": 40.0, "assay": "qPCR", "columns": {"WT": "ignore"}}))
    for href in ways(work, query).values():
        scenario = read_query(href.partition("?")[2])[0]
        assert (scenario.limit, scenario.assay, scenario.columns) == (40.0, "qPCR", {"WT": "ignore"}), href


def test_own_files_one_after_the_other_and_who_is_in_one_alone(work):
    samples = "ID,TIME (d),DV,UNIT\n" + "".join(
        f"{s},{t},{100 * t + 60},copies/ug\n" for s in "ABC" for t in (1, 7, 14)
    )
    with pytest.raises(InputError, match="samples first"):
        with_file("", "endpoints", upload("ID,RESPONSE\nA,CR\n"), "e.csv", work)
    first = with_file("", "file", upload(samples), "mine.csv", work)
    query = to_query(first.model_copy(update={"limit": 50.0}))
    assert "no endpoints were given" in text_of(work, "/study", query)
    both = with_file(query, "endpoints", upload("ID,RESPONSE\nA,CR\nB,NR\nD,NR\n"), "ends.csv", work)
    assert both.limit == 50.0 and both.file == first.file
    text = text_of(work, "/study", to_query(both))
    assert (
        "2 subjects have samples and endpoints. 1 with samples alone: C. 1 with endpoints alone: D." in text
    )
    # one's own samples do not go with the endpoints of the example
    assert with_file(to_query(EXAMPLE), "file", upload(samples), "mine.csv", work).endpoints is None


def test_a_fault_in_either_file_is_said_by_line_and_nothing_goes_on(work):
    token = work.uploads.keep("bad.csv", b"ID,TIME (d),DV,UNIT\nA,1,plenty,copies/ug\n")
    text = text_of(work, "/study", to_query(EXAMPLE.model_copy(update={"file": token})))
    assert "plenty" in text and "study-ways" not in text and "bad.csv" in text
