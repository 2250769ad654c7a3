"""Shards of a simulation, each a job of its own, and the run that puts them together: the bytes of one that was whole."""

import json
import threading

import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.folders import held
from livingdrug.scale import read_shard
from tests.commands import livingdrug
from tests.dying import contents

EXPOSURE = ["simulate", "stein_2019", "-n", "300", "--exposure", "0", "28"]
CURVES = ["simulate", "stein_2019", "-n", "22", "--days", "20", "--every", "5", "--observe"]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks so small that a short run has several; nothing waits for the disk."""
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.setattr("livingdrug.scale.runs.EXPOSURE_BLOCK", 64)
    monkeypatch.setattr("livingdrug.scale.runs.KEPT_CURVES", 8)


def run(arguments, folder, *more, out="out.csv"):
    return livingdrug(*arguments, "--out", out, *more, cwd=folder)


@pytest.mark.parametrize(("arguments", "out"), [(EXPOSURE, "out.csv"), (CURVES, "out.parquet")])
def test_shards_put_together_are_the_run(arguments, out, tmp_path):
    whole = run(arguments, tmp_path, "--json", out="whole" + out)
    jobs = [run(arguments, tmp_path, "--shard", f"{i}/3", "--json", out=out) for i in (3, 1, 2)]
    assert all(job.returncode == 0 for job in jobs) and not (tmp_path / out).exists()
    assert sum(json.loads(job.stdout)["subjects"] for job in jobs) == int(arguments[3])
    assert f"the same command with --resume in place of --shard 3/3 writes {out}" in jobs[0].stderr
    together = run(arguments, tmp_path, "--resume", "--json", out=out)
    assert together.stdout == whole.stdout and "; " not in together.stderr.split("\n")[0], together.stderr
    assert contents(tmp_path)[out] == contents(tmp_path)["whole" + out] and len(contents(tmp_path)) == 2


def test_statuses_are_counted_over_the_shards(tmp_path):
    found = [json.loads(run(EXPOSURE, tmp_path, "--shard", f"{i}/2", "--json").stdout)["status"] for i in (1, 2)]
    assert found[0] == {"invalid": 1, "ok": 171} and found[1] == {"ok": 128}  # subject 137 is in the third block


def test_what_shards_lack_is_computed_when_they_are_put_together(tmp_path):
    run(EXPOSURE, tmp_path, "--shard", "2/2")
    (tmp_path / "out.csv.blocks" / "2-of-2" / "subjects-65-128.block").write_bytes(b"damaged")
    together = run(EXPOSURE, tmp_path, "--resume")
    assert "1 of 5 blocks are kept from before in out.csv.blocks; 4 are computed now, 1 of them as" in together.stderr
    run(EXPOSURE, tmp_path, out="whole.csv")
    found = contents(tmp_path)
    assert found["out.csv"] == found["whole.csv"] and len(found) == 2


def test_a_whole_run_takes_no_shards_away(tmp_path):
    run(EXPOSURE, tmp_path, "--shard", "1/2")
    before = contents(tmp_path)
    refused = run(EXPOSURE, tmp_path)
    assert refused.returncode == 2 and "keeps what 1 shards have computed; add --resume" in " ".join(refused.stderr.split())
    assert contents(tmp_path) == before


def test_a_shard_goes_on_or_begins_again(tmp_path):
    run(EXPOSURE, tmp_path, "--shard", "1/2")
    again = run(EXPOSURE, tmp_path, "--shard", "1/2", "--resume")
    assert "3 of 3 blocks are kept from before" in again.stderr
    assert "kept from before" not in run(EXPOSURE, tmp_path, "--shard", "1/2").stderr


def test_shards_of_another_run_are_refused(tmp_path):
    run(EXPOSURE, tmp_path, "--shard", "1/2", "--seed", "2")
    run(EXPOSURE, tmp_path, "--shard", "2/2")
    refused = run(EXPOSURE, tmp_path, "--resume")
    assert refused.returncode == 2
    assert "`out.csv.blocks/1-of-2` keeps blocks of another run, whose subjects, variability or seed differ" in refused.stderr


@pytest.mark.parametrize(
    ("held_folder", "more"),
    [("1-of-2", ["--shard", "1/2"]), ("1-of-2", ["--resume"]), ("1-of-2", []), ("", ["--shard", "1/2"])],
    ids=["the same shard", "all of them", "the run from the beginning", "a shard while the whole run writes"],
)
def test_of_two_writers_the_second_is_refused(held_folder, more, tmp_path, monkeypatch):
    monkeypatch.setattr("livingdrug.scale.shards.PAUSE", 0.0)
    taken, over = threading.Event(), threading.Event()
    run(EXPOSURE, tmp_path, "--shard", "1/2")
    before = contents(tmp_path)

    def hold():
        with held(tmp_path / "out.csv.blocks" / held_folder):
            taken.set()
            over.wait()

    first = threading.Thread(target=hold)
    first.start()
    taken.wait()
    refused = run(EXPOSURE, tmp_path, *more)
    over.set()
    first.join()
    assert refused.returncode == 2 and "is being written by another run of livingdrug (process " in refused.stderr
    assert contents(tmp_path) == before
    other = run(EXPOSURE, tmp_path, "--shard", "2/2")
    assert other.returncode == 0, "another shard may be written at the same time"


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "-1/4", "1/0", "1/2/3", "1.5/4", "1/99999", "a/b"])
def test_a_shard_that_is_no_part_is_refused(text, tmp_path):
    with pytest.raises(InputError, match="is no part of a run; write which of how many, such as 2/4"):
        read_shard(text)
    assert run(EXPOSURE, tmp_path, f"--shard={text}").returncode == 2 and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*EXPOSURE, "--shard", "1/9", "--out", "a.csv"], "300 subjects are 5 block(s) of up to 64, fewer than the 9 shards"),
        ([*EXPOSURE, "--shard", "1/2"], "name that with --out"),
        (["simulate", "stein_2019", "--shard", "1/2", "--out", "a.csv"], "there is one subject"),
    ],
)
def test_what_cannot_be_parted_is_refused(arguments, sentence, tmp_path):
    refused = livingdrug(*arguments, cwd=tmp_path)
    assert refused.returncode == 2 and sentence in refused.stderr and not list(tmp_path.iterdir())


def test_a_scenario_file_takes_them_and_other_kinds_refuse_them(tmp_path):
    (tmp_path / "s.toml").write_text(livingdrug(*EXPOSURE, "--as-scenario").stdout)
    for i in (1, 2):
        assert livingdrug("run", "s.toml", "--out", "out.csv", "--shard", f"{i}/2", cwd=tmp_path).returncode == 0
    together = livingdrug("run", "s.toml", "--out", "out.csv", "--resume", cwd=tmp_path)
    assert together.returncode == 0 and "5 of 5 blocks" in together.stderr
    (tmp_path / "p.toml").write_text('kind = "power"\nfold = 2.0\nlog_sd = 0.8\n')
    for more in (["--resume"], ["--shard", "1/2"]):
        refused = livingdrug("run", "p.toml", "--out", "p", *more, cwd=tmp_path)
        assert refused.returncode == 2 and f"runs as a whole; leave out {more[0]}" in refused.stderr
