"""The log of runs: a line for each run with --out, and no byte of it can change unseen."""

import json
import os
import threading

import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.folders import file_hash
from livingdrug.core.run_log import FIRST, VARIABLE, add_line, check_log, log_path
from tests.commands import livingdrug


@pytest.fixture
def log(tmp_path):
    """A log of three lines."""
    path = tmp_path / "runs.log"
    for name in ("first", "sécond", 'a "third"\n'):
        add_line(path, {"command": [name], "end": 0})
    return path


def test_a_log_is_a_chain(log):
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert [entry["n"] for entry in entries] == [1, 2, 3] and entries[1]["command"] == ["sécond"]
    assert [entry["previous"] for entry in entries] == [FIRST, entries[0]["hash"], entries[1]["hash"]]
    found = check_log(log)
    assert found.whole and found.lines == 3 and found.last == entries[2]["hash"]


def test_every_changed_byte_is_found(log):
    content = log.read_bytes()
    for i in range(len(content)):
        for other in {content[i] ^ 1, content[i] ^ 128, ord(" "), ord("\n")} - {content[i]}:
            log.write_bytes(content[:i] + bytes([other]) + content[i + 1 :])
            assert not check_log(log).whole, (i, other)


def test_a_byte_more_or_less_is_found(log):
    content = log.read_bytes()
    for i in range(len(content)):
        log.write_bytes(content[:i] + content[i + 1 :])
        assert not check_log(log).whole, i
        log.write_bytes(content[:i] + b" " + content[i:])
        assert not check_log(log).whole, i


def test_lines_that_are_moved_or_taken_out_are_found(log):
    one, two, three = log.read_bytes().splitlines(keepends=True)
    for lines in (
        (two, three),
        (one, three),
        (one, three, two),
        (one, two, two, three),
        (one, two, three, three),
    ):
        log.write_bytes(b"".join(lines))
        assert not check_log(log).whole
    log.write_bytes(one + two)
    last = json.loads(three)["hash"]
    assert check_log(log).whole and not check_log(log, expected=last).whole
    assert check_log(log, expected=json.loads(one)["hash"]).whole


def test_no_run_adds_to_a_damaged_log(log, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(log))
    assert log_path() == log
    log.write_bytes(log.read_bytes()[:-1])
    with pytest.raises(InputError, match="damaged: it is not complete"):
        log_path()
    before = log.read_bytes()
    with pytest.raises(InputError, match="damaged"):
        add_line(log, {"end": 0})
    assert log.read_bytes() == before


def test_runs_at_the_same_time_add_one_after_the_other(tmp_path):
    path = tmp_path / "runs.log"
    writers = [threading.Thread(target=add_line, args=(path, {"who": i})) for i in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = check_log(path)
    assert found.whole and found.lines == 12


def power(folder, *more):
    return livingdrug("power", "--effect", "0.5", *more, cwd=folder)


def test_a_run_with_out_adds_a_line_and_another_none(tmp_path, monkeypatch):
    path = tmp_path / "runs.log"
    monkeypatch.setenv(VARIABLE, str(path))
    assert power(tmp_path).returncode == 0 and not path.exists()
    assert power(tmp_path, "--out", "a.csv").returncode == 0
    assert power(tmp_path, "--out", "run").returncode == 0
    assert power(tmp_path, "--out", "run", "--plots", "more").returncode == 2
    table, folder, refused = (json.loads(line) for line in path.read_text().splitlines())
    assert table["command"] == ["power", "--effect", "0.5", "--out", "a.csv"] and table["end"] == 0
    assert table["sha256"] == file_hash(tmp_path / "a.csv") and table["out"] == str(tmp_path / "a.csv")
    assert folder["sha256"] == file_hash(tmp_path / "run" / "record.json")
    assert refused["sha256"] is None and refused["end"] == "InputError"
    assert check_log(path).whole


def test_a_log_that_cannot_be_written_stops_a_run_before_it_begins(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none" / "runs.log"))
    done = power(tmp_path, "--out", "a.csv")
    assert done.returncode == 2 and VARIABLE in done.stderr and not os.listdir(tmp_path)


def test_the_command_checks_a_log(log):
    done = livingdrug("log", "check", log)
    assert done.returncode == 0 and "3 lines are in order" in " ".join(done.stdout.split())
    last = check_log(log).last
    assert livingdrug("log", "check", log, "--expect", last).returncode == 0
    missing = livingdrug("log", "check", log, "--expect", "0" * 63 + "1")
    assert missing.returncode == 1 and "lines are missing" in missing.stderr
    log.write_bytes(log.read_bytes().replace(b'"first"', b'"fIrst"'))
    changed = livingdrug("log", "check", log)
    assert changed.returncode == 1 and "line 1: it is not what was written" in changed.stderr
    assert livingdrug("log", "check", "nowhere.log").returncode == 2
