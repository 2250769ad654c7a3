"""Groups of an NCA compared: against SciPy's own interval, exact numbers, and words of response."""

import numpy as np
import pytest
from scipy import stats

from livingdrug.core.export import write_csv
from livingdrug.data import join, read_data, read_endpoints
from livingdrug.nca import nca
from livingdrug.workflows.examples.kinetics import example_endpoints, example_kinetics
from livingdrug.workflows.nca.groups import compared, contrast, study_tables


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("groups")
    write_csv(example_kinetics(), folder / "kinetics.csv")
    write_csv(example_endpoints(), folder / "endpoints.csv")
    return nca(join(read_data(folder / "kinetics.csv"), read_endpoints(folder / "endpoints.csv")))


def test_a_ratio_and_its_interval_are_those_of_welch():
    random = np.random.default_rng(4)
    a, b = np.exp(random.normal(2.0, 0.5, 9)), np.exp(random.normal(1.4, 1.1, 14))
    found = contrast("CMAX", np.append(a, np.nan), b)
    theirs = stats.ttest_ind(np.log(a), np.log(b), equal_var=False).confidence_interval(0.95)
    assert found.n == (9, 14) and found.ratio == pytest.approx(stats.gmean(a) / stats.gmean(b), rel=1e-12)
    assert (found.low, found.high) == pytest.approx(np.exp([theirs.low, theirs.high]), rel=1e-10)
    assert found.p == stats.mannwhitneyu(a, b).pvalue
    back = contrast("CMAX", b, a)
    assert (1 / back.ratio, 1 / back.high, 1 / back.low) == pytest.approx(
        (found.ratio, found.low, found.high), rel=1e-12
    )


def test_small_and_odd_groups():
    assert contrast("CMAX", np.array([1.0]), np.array([1.0, 2.0])) is None
    same = contrast("CMAX", np.array([2.0, 2.0]), np.array([2.0, 2.0]))
    assert (same.ratio, same.low, same.high, same.p) == (1.0, 1.0, 1.0, 1.0)
    zero = contrast("CMAX", np.array([0.0, 2.0]), np.array([2.0, 3.0]))
    assert np.isnan(zero.ratio) and zero.p > 0
    assert np.isnan(
        contrast("TMAX", np.array([5.0, 7.0]), np.array([9.0, 11.0])).ratio
    )  # a time has no geometric mean


def test_words_of_response_are_two_sides(result):
    tables, said = compared(result, "response")
    assert tables[0].title.startswith("CR, CRi over NR") and said[0].startswith("CMAX of CR, CRi (n ")
    texts = result.data.covariates["RESPONSE"]
    values, who = result.values["CMAX"], np.array(texts)[result.data.profiles.subject]
    mine = contrast("CMAX", values[np.isin(who, ["CR", "CRi"])], values[who == "NR"])
    row = next(row for row in tables[0].rows if row[0] == "CMAX")
    assert row[1].value == pytest.approx(mine.ratio) and row[3:] == (str(mine.n[0]), str(mine.n[1]))
    assert compared(result, None) == ([], []) and compared(result, "ICANS") == ([], [])


def test_the_table_of_a_study_report(result):
    (table,) = study_tables(result, "response")
    assert table.detail and table.header[:2] == ("parameter", "statistic") and len(table.header) == 5
    first = table.rows[:6]
    assert [row[1] for row in first] == [
        "n",
        "mean (SD)",
        "CV %",
        "geometric mean (CV %)",
        "median",
        "min, max",
    ]
    who = np.array(result.data.covariates["RESPONSE"])[result.data.profiles.subject]
    at = next(k for k, name in enumerate(table.header) if name.startswith("NR "))
    values = result.values["CMAX"][who == "NR"]
    values = values[np.isfinite(values)]
    assert first[0][at] == str(len(values))
    from livingdrug.core.words import number

    assert first[1][at] == f"{number(float(values.mean()))} ({number(float(values.std(ddof=1)))})"
    assert first[4][at] == number(float(np.median(values)))
    assert len(study_tables(result, None)[0].header) == 3
