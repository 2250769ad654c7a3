"""The table of endpoints: one row per subject."""

import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, check_endpoints, join, read_data, read_endpoints
from livingdrug.data.cells import MISSING_WORDS
from livingdrug.nca import nca
from livingdrug.nca.summary import groups
from livingdrug.response import read_subjects, with_endpoints

GOOD = "ID,Best response,CRS grade,ICANS,PFS (d),PFS_event,arm\nA,cr,2,0,90,1,one\nB,NR,.,1,30,0,two\n"


def write(folder, text, name="endpoints.csv"):
    (folder / name).write_text(text)
    return folder / name


def test_endpoints_are_read_in_one_spelling(tmp_path):
    table = read_endpoints(write(tmp_path, GOOD))
    assert table.values["RESPONSE"].tolist() == ["CR", "NR"] and table.values["CRS"].tolist() == ["2", ""]
    assert [c.meaning for c in table.columns] == ["ID", "RESPONSE", "CRS", "ICANS", "PFS", "PFSEVENT", "covariate"]


def test_every_fault_is_found_at_once(tmp_path):
    text = "ID,response,CRS,ICANS,PFS,PFS_event\nA,CR,7,0,90,1\nA,better,1,0,-3,0\n,PR,1,x,9,2\nC,SD,0,0,12,\n"
    found = check_endpoints(write(tmp_path, text)).findings
    assert sorted((f.line, f.code) for f in found) == [
        (2, "grade"), (3, "pfs"), (3, "response"), (3, "subject-twice"), (4, "grade"), (4, "grade"), (4, "no-subject"),
        (5, "pfs"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="has 8 faults"):
        read_endpoints(tmp_path / "endpoints.csv")


@pytest.mark.parametrize("word", sorted(MISSING_WORDS))
def test_one_set_of_words_says_that_nothing_is_known(word, tmp_path):
    cells = ["A", "CR", "1", "0", "30", "1", "61"]
    good = ["ID,response,CRS,ICANS,PFS (d),PFS_event,age", "B,PR,2,1,40,0,50"]
    for column in range(1, 7):
        row = [word.upper() if i == column or (i == 4 and column == 5) else cell for i, cell in enumerate(cells)]
        table = read_endpoints(write(tmp_path, "\n".join([*good, ",".join(row)])))
        assert list(table.values.values())[column - 1][1] == ""
    for row in (f"{word},CR,1,0,30,1,61", f"A,CR,1,0,30,{word},61"):
        with pytest.raises(InputError, match="names no subject|no event or censoring beside it"):
            read_endpoints(write(tmp_path, "\n".join([*good, row])))


def test_subjects_that_only_a_look_tells_apart_are_pointed_out(tmp_path):
    samples = "ID,TIME (d),DV\nP-1,0,5\nP-1,7,90\nP-2,0,5\nP-2,7,70\n"
    text = "ID,response\nP\u20111,CR\nP-2,PD\n"
    data = read_data(write(tmp_path, samples, "s.csv"))
    joined = join(data, read_endpoints(write(tmp_path, text)))
    said = "caution: `P-1` is not there and `P\u20111` of `endpoints.csv` differs from it only by letters or signs"
    assert any(note.startswith(said) for note in joined.notes)
    for read in (lambda table: join(data, table), lambda table: with_endpoints(read_subjects(tmp_path / "s2.csv"), table)):
        write(tmp_path, "ID,E\nP-1,5\n", "s2.csv")
        alone = read_endpoints(write(tmp_path, "ID,response\nP\u20111,CR\n"))
        with pytest.raises(InputError, match="have no subject in common: .*look alike; write them alike"):
            read(alone)


def test_times_without_events_are_refused(tmp_path):
    with pytest.raises(InputError, match="which are events"):
        read_endpoints(write(tmp_path, "ID,PFS (d)\nA,90\n"))


def test_subjects_are_grouped_by_an_endpoint_and_strangers_are_named(tmp_path):
    samples = "ID,TIME,DV\nA,0,5\nA,7,90\nB,0,5\nB,7,70\nC,0,5\nC,7,60\n"
    data = join(read_data(write(tmp_path, samples, "s.csv"), Reading(time_unit="d")), read_endpoints(write(tmp_path, GOOD)))
    assert any("1 subject(s) are not in `endpoints.csv`: C" in note for note in data.notes)
    assert [key[-1] for key in groups(nca(data), "response")] == ["CR", "NR", "response not stated"]
    with pytest.raises(InputError, match="unknown covariate `respond`; did you mean `RESPONSE`"):
        groups(nca(data), "respond")
    with pytest.raises(InputError, match="have no subject in common"):
        join(data, read_endpoints(write(tmp_path, GOOD.replace("A,", "X,").replace("B,", "Y,"), "other.csv")))
