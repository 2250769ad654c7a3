"""What My data asks for and compares: units that nobody has stated, rules for values below the limit."""

import json

import numpy as np
import pytest

from livingdrug.core.words import number
from livingdrug.data import read_data
from livingdrug.nca import NcaSettings, nca
from livingdrug.web.app import page_of
from livingdrug.web.work import Work


@pytest.fixture(scope="module")
def work():
    return Work()


def text_of(work, query):
    def plain(thing):
        return thing.to_plotly_json() if hasattr(thing, "to_plotly_json") else str(thing)

    return json.dumps(page_of("/data", query, work).to_plotly_json(), default=plain, ensure_ascii=False)


def test_a_unit_that_nobody_states_is_asked_for_by_its_field(work):
    rows = "".join(f"{s},{t},{100 * t + 60}\n" for s in "AB" for t in (1, 7, 14, 28))
    token = work.uploads.keep("plain.csv", f"ID,TIME,DV\n{rows}".encode())
    text = text_of(work, f"kind=nca&file={token}")
    assert 'A unit is not stated: fill in \\"Unit of the times\\" and \\"Unit of the values\\"' in text
    half = text_of(work, f"kind=nca&file={token}&time_unit=d")
    assert 'fill in \\"Unit of the values\\"' in half and 'Unit of the times\\" and' not in half
    assert "is not stated" not in text_of(work, f"kind=nca&file={token}&time_unit=d&unit=copies%2Fug")


def test_rules_for_values_below_the_limit_stand_side_by_side(work):
    page = page_of("/data", "kind=nca&file=example", work)
    tables = [json.loads(part.to_plotly_json()["props"]["data-table"]) for part in page._traverse()
              if "data-table" in getattr(part, "to_plotly_json", dict)().get("props", {})]  # fmt: skip
    (made,) = (t for t in tables if t["title"].startswith("medians under each rule"))
    rows = {row[0]: row[1:] for row in made["rows"]}
    assert set(rows) == {"left out", "0", "the limit", "half the limit"}
    path = work.uploads.path("example")
    for word, rule in (("0", "zero"), ("the limit", "lloq")):
        found = nca(read_data(path), NcaSettings(blq_first=rule, blq_middle=rule, blq_last=rule))
        values = found.values["AUCALL"][np.isfinite(found.values["AUCALL"])]
        assert number(float(np.median(values))) in "".join(rows[word][1])
    assert rows["0"] != rows["the limit"]  # a cell with words holds its number beside them
