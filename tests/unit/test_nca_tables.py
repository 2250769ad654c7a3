"""The long table of an analysis, which is made of words and codes, against what every value says of itself."""

import numpy as np
import pandas as pd
import pytest

from livingdrug import read_data
from livingdrug.core import export
from livingdrug.nca import nca
from livingdrug.nca.summary import groups, summary

DAYS = (0, 3, 7, 11, 14, 28, 60, 90)


@pytest.fixture
def result(tmp_path):
    """Two outputs of 40 subjects, of different units, with values below the limit and subjects that never rise."""
    random = np.random.default_rng(4)
    lines = ["ID,TIME (d),DV,UNIT,DVID,LIMIT,ARM"]
    for i in range(40):
        peak, rate = np.exp(random.normal(8, 1.5)), np.exp(random.normal(-2.5, 0.7))
        for output, unit, factor in (("transgene", "copies/ug", 1.0), ("cells", "cells/uL", 0.01)):
            for day in DAYS[: random.integers(1, 9)]:
                level = factor * peak * np.exp(-rate * abs(day - 9) + 0.3 * random.normal())
                text = f"{level:.4g}" if level > 50 * factor else f"<{50 * factor:g}"
                lines.append(f"=S{i},{day},{text},{unit},{output},{50 * factor:g},{'AB'[i % 2]}")
    path = tmp_path / "levels.csv"
    path.write_text("\n".join(lines) + "\n")
    return nca(read_data(path))


def by_rows(result):
    """The table, value by value."""
    p, rows = result.data.profiles, []
    columns = {code: (result.values[code], result.unit(code), result.flags(code), result.reasons(code), result.points(code))
               for code in result.codes}  # fmt: skip
    for i in range(p.n):
        for code in result.codes:
            own = (column[i] for column in columns[code])
            rows.append((result.ids[i], code, *own, p.occasion[i], p.output[i], p.assay[i], result.data.bridge))
    names = ("ID", "PARAMCD", "value", "unit", "flag", "reason", "points", "OCC", "DVID", "ASSAY", "bridge")
    return pd.DataFrame(rows, columns=names)


def test_the_table_says_what_every_value_says(result):
    table = result.table()
    pd.testing.assert_frame_equal(table, by_rows(result))
    assert {"ok", "caution", "absent", "censored"} <= set(table["flag"]) and table["points"].nunique() > 20
    assert result.first_rows(100).iloc[:100].equals(table.iloc[:100])
    assert len(result.first_rows(10**6)) == len(table)


def test_the_points_of_a_fit_are_its_samples(result):
    profile, time = result.used["LAMZ"]
    texts = result.points("LAMZ")
    for i in range(result.data.profiles.n):
        mine = time[profile == i]
        assert texts[i] == " ".join(f"{t:.10g}" for t in mine.tolist())
    for low, high, text in zip(result.values["XPERS"], result.values["XPERSUL"], result.points("XPERS"), strict=True):
        assert text == ("" if np.isnan(low) else f"{low:.10g} " + ("later" if np.isnan(high) else f"{high:.10g}"))


def test_a_table_of_codes_is_written_as_that_of_texts(result, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "ROWS", 700)  # in several pieces, some of few rows
    export.write_csv(result.table(), tmp_path / "texts.csv")
    export.write_csv(result.coded_table(), tmp_path / "codes.csv")
    assert (tmp_path / "codes.csv").read_bytes() == (tmp_path / "texts.csv").read_bytes()
    monkeypatch.setattr(export, "FEW", 10**9)  # and as rows one by one
    export.write_csv(result.table(), tmp_path / "rows.csv")
    assert (tmp_path / "codes.csv").read_bytes() == (tmp_path / "rows.csv").read_bytes()


def test_a_category_that_is_missing_is_an_empty_cell(tmp_path):
    words = pd.Categorical.from_codes(np.array([2, -1, 0, 2] * 200), ["a", "unused", "c"])
    frame = pd.DataFrame({"n": np.arange(800), "word": words})
    export.write_csv(frame, tmp_path / "codes.csv")
    export.write_csv(frame.astype({"word": object}), tmp_path / "texts.csv")
    assert (tmp_path / "codes.csv").read_bytes() == (tmp_path / "texts.csv").read_bytes()
    assert (tmp_path / "codes.csv").read_text().startswith("n,word\n0,c\n1,\n2,a\n3,c\n")


@pytest.mark.parametrize("by", [None, "arm"])
def test_what_is_counted_over_subjects(result, by):
    rows = summary(result, by)
    for key, members in groups(result, by).items():
        mine = rows[(rows[["output", "assay", "unit", "occasion", "group"]] == list(key)).all(axis=1)]
        for row in mine.itertuples():
            flags, reasons = (of(row.PARAMCD)[members] for of in (result.flags, result.reasons))
            counted = tuple((flags == word).sum() for word in ("caution", "censored", "absent"))
            assert (row.caution, row.censored, row.absent) == counted
            words, counts = np.unique(reasons[flags != "ok"].astype(str), return_counts=True)
            assert row.reason == (words[np.argmax(counts)] if len(words) else "")
            assert row.param_unit == result.unit(row.PARAMCD)[members[0]]
