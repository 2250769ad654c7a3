"""Runs of any kind that take long: jobs that leave the folder of a run, which further questions may start
from."""

import json
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from livingdrug.core.errors import InputError
from livingdrug.report import REPORT, SCENARIO, read_record
from livingdrug.web.jobs import Job, Jobs, worker
from livingdrug.web.limits import check_run
from livingdrug.web.run_worker import GIVEN
from livingdrug.web.worker import JOB, RUN
from livingdrug.workflows import Document, to_script, to_toml

INPUTS = "inputs"
MADE = (SCENARIO, "script.py")
_PICTURE = re.compile(r"[\w-]+\.(png|svg)")


class RunJob(Job[Any]):
    """One run."""

    @property
    def run(self) -> Path:
        """The folder that it makes."""
        return self.folder / RUN

    def answer(self) -> dict:
        """What a finished run says, as its report holds it."""
        return read_record(self.run)["answer"]


class Runs(Jobs[RunJob]):
    """The long runs of an app."""

    WHAT: ClassVar = "run"
    OF = RunJob

    def launch(self, folder: Path, resume: bool = False) -> subprocess.Popen:
        """The process of the run in a folder."""
        return worker("livingdrug.web.run_worker", folder)

    def start(self, asked: Document, shown: Document, located: Document) -> str:
        """Start a run and give its name. located: the scenario with its files where they lie.

        Raises InputError for what the app does not run, or while others run.
        """
        check_run(asked)
        return self.begin(asked, shown, partial(_put_job, shown=shown, located=located))

    def made(self, ident: str) -> Path:
        """The folder of a finished run. Raises InputError where there is none (any more)."""
        job = self.job(ident)
        if job.state != "finished":
            raise InputError("the run that this starts from has no answer; its page says how far it is")
        return job.run

    def file(self, ident: str, name: str) -> bytes:
        """A file that a run hands out. Raises InputError where there is none of that name."""
        job = self.job(ident)
        if name == SCENARIO:
            return to_toml(job.shown).encode()
        if name == "script.py":
            return to_script(job.shown).encode()
        path = job.run / ("pictures" if _PICTURE.fullmatch(name) else "") / name
        known = _PICTURE.fullmatch(name) or name in (REPORT, job.shown.table_file)
        if job.state != "finished" or not known or not path.is_file():
            raise InputError(f"this run has no file `{name[:40]}`; its page says how far it is")
        return path.read_bytes()


def _put_job(folder: Path, shown: Document, located: Document) -> dict[str, str]:
    """What the process of a run reads: the scenario, its files under the names that their user knows, and
    those names."""
    given, names = {}, {}
    for k, (field, value) in enumerate(
        (f, getattr(located, f)) for f in located.FILES if getattr(located, f)
    ):
        here = []
        several = (
            (value, getattr(shown, field))
            if isinstance(value, tuple)
            else ((value,), (getattr(shown, field),))
        )
        for i, (path, name) in enumerate(zip(*several, strict=True)):
            place = folder / INPUTS / f"{k}-{i}" / name
            place.parent.mkdir(parents=True)
            shutil.copyfile(path, place)
            here.append(str(place))
            names[str(place)] = name
        given[field] = tuple(here) if isinstance(value, tuple) else here[0]
    (folder / JOB).write_text(to_toml(located.model_copy(update=given)), encoding="utf-8")
    (folder / GIVEN).write_text(json.dumps({"shown": to_toml(shown), "names": names}), encoding="utf-8")
    return names
