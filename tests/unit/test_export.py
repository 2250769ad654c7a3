"""Tables out: no live formula, whole or not at all."""

import csv

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.core.errors import InputError
from livingdrug.core.export import safe_cell, write_csv

LIVE = ["=1+1", "+1+1", "-2+3", "@SUM(1+1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0", "\uff1d1+1", "\n=1"]


@pytest.mark.parametrize("text", LIVE)
def test_live_cells_are_made_still(text):
    assert safe_cell(text).lstrip('"')[0] == "'"


@pytest.mark.parametrize("text", ["-5", "+5", "1e8", "-2.5e-3", "P01", "a-b", "", "0"])
def test_numbers_and_names_stay_as_they_are(text):
    assert safe_cell(text) == text


@given(st.text(max_size=30))
def test_no_cell_is_live_in_any_reading(text):
    for delimiter in ",;\t|":
        (row,) = csv.reader([safe_cell(text).replace("\n", " ").replace("\r", " ")], delimiter=delimiter) or [[""]]
        for cell in row:
            plain = cell.strip()
            assert not plain or plain[0] not in "=@\uff1d\uff0b\uff20" or text.strip()[:1] != plain[0]


def test_a_delimiter_in_a_name_opens_no_new_cell():
    assert safe_cell("a;=1+1") == '"a;=1+1"'


def test_a_table_is_written_whole_or_not_at_all(tmp_path):
    frame = pd.DataFrame({"ID": ["=1", 'say "x", y'], "value": [0.1, None], "n": [1, 2]})
    write_csv(frame, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "ID,value,n\n'=1,0.1,1\n\"say \"\"x\"\", y\",,2\n"
    with pytest.raises(InputError, match="missing or read-only"):
        write_csv(frame, tmp_path / "none" / "a.csv")
    with pytest.raises(InputError, match="is a folder"):
        write_csv(frame, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
