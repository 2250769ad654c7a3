"""What the columns of a table of subjects are taken for, and their faults by line."""

import pytest

from livingdrug.core.errors import InputError
from livingdrug.response import look

ROWS = ["ID,AUC28 (d*copies/ug),RESPONSE,max CRS,SEX,tumour (cm),relapse,PFS (d),PFS_event",
        "a,1200,CR,0,F,3.1,no,300,0", "b,300,NR,3,M,4,yes,90,1", "c,900,PR,1,F,2.2,no,200,0"]  # fmt: skip


def looked(path, rows):
    path.write_text("\n".join(rows))
    return look(path)


def test_columns_are_guessed_by_heading_and_values(tmp_path):
    found = looked(tmp_path / "own.csv", ROWS)
    assert {g.heading: g.use for g in found.guesses} == {
        "ID": "subject", "AUC28": "exposure", "RESPONSE": "outcome", "max CRS": "outcome", "SEX": "words", "tumour": "number",
        "relapse": "outcome", "PFS": "time", "PFS_event": "event",
    }  # fmt: skip
    assert found.outcomes("binary") == ["ORR", "CRR", "max CRS>=1", "max CRS>=2", "max CRS>=3", "relapse"]
    assert found.outcomes("graded") == ["max CRS"] and found.outcomes("time") == ["PFS"] and found.findings == ()
    assert next(g.unit for g in found.guesses if g.use == "exposure") == "d*copies/ug"


def test_faults_are_found_by_line(tmp_path):
    rows = [ROWS[0], ROWS[1].replace("1200", "much"), ROWS[2].replace("NR", "fine").replace(",3,", ",9,"), ROWS[3]]
    found = looked(tmp_path / "own.csv", rows)
    assert [(f.line, f.column) for f in found.findings] == [(2, "AUC28 (d*copies/ug)"), (3, "RESPONSE"), (3, "max CRS")]
    assert "exposure" in {g.use for g in found.guesses}


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "own.csv").write_bytes(b"\x80\x04.")
    with pytest.raises(InputError):
        look(tmp_path / "own.csv")
