"""Fits that run for minutes: jobs that may go on from a saved state, and hand out tables and pictures."""

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import ClassVar

from livingdrug.core.errors import InputError
from livingdrug.fit.store import STATE
from livingdrug.web.fit_worker import NAME, NUMBERS
from livingdrug.web.jobs import Job, Jobs, worker
from livingdrug.web.limits import check_run
from livingdrug.web.worker import ANSWER, JOB, RUN
from livingdrug.workflows import to_script, to_toml
from livingdrug.workflows.fit.spec import Fit

# what is handed out -> the file in the folder of the run
TABLES = ("parameters.csv", "individuals.csv", "predictions.csv", "vpc.csv", "trace.csv", "model.toml",
          "report.html")
PICTURES = {"picture.svg": "vpc.svg", "picture.png": "vpc.png"}


class FitJob(Job[Fit]):
    """One fit."""

    @property
    def can_resume(self) -> bool:
        """Whether SAEM left a state to go on from."""
        return (self.folder / RUN / STATE).is_file()

    def answer(self) -> dict | None:
        """What a fit says that found its numbers, None before; pictures and report may still be made."""
        path = next(
            (self.folder / name for name in (ANSWER, NUMBERS) if (self.folder / name).is_file()), None
        )
        return json.loads(path.read_text(encoding="utf-8")) if path else None


class Fits(Jobs[FitJob]):
    """The fits of an app."""

    WHAT: ClassVar = "fit"
    OF = FitJob

    def launch(self, folder: Path, resume: bool = False) -> subprocess.Popen:
        """The process of the fit in a folder."""
        return worker("livingdrug.web.fit_worker", folder, *(["--resume"] if resume else []))

    def start(self, asked: Fit, shown: Fit, data: Path) -> str:
        """Start a fit and give its name. Raises InputError for what the app does not fit, or while others
        run."""
        check_run(asked)
        return self.begin(asked, shown, partial(_put_job, shown=shown, data=data))

    def resume(self, ident: str) -> None:
        """Go on from the saved state, or from the beginning where there is none. Raises InputError as
        `start` does."""
        job = self.job(ident)
        self.again(job, job.can_resume)

    def file(self, ident: str, name: str) -> bytes:
        """A file that a finished fit hands out. Raises InputError where there is none of that name."""
        job = self.job(ident)
        if name == "scenario.toml":
            return to_toml(job.shown).encode()
        if name == "script.py":
            return to_script(job.shown).encode()
        path = result_file(job.folder, name)
        if job.state != "finished" or path is None:
            raise InputError(f"this fit has no file `{name[:40]}`; its page says how far it is")
        return path.read_bytes()


def result_file(folder: Path, name: str) -> Path | None:
    """Where a file that is handed out lies in the folder of a job; None for another name, or where there
    is nothing in it."""
    if name not in TABLES and name not in PICTURES:
        return None
    path = folder / RUN / (name if name in TABLES else Path("pictures") / PICTURES[name])
    return path if path.is_file() and path.stat().st_size > 1 else None


def _put_job(folder: Path, shown: Fit, data: Path) -> dict[str, str]:
    """What the process of a fit reads: the scenario, the data, and how their user calls them."""
    name = f"samples{Path(shown.file).suffix.lower()}"
    shutil.copyfile(data, folder / name)
    # where the folder of the fit looks for its data
    if shown.file != name and not (folder / shown.file).exists():
        shutil.copyfile(data, folder / shown.file)
    here = shown.model_copy(update={"file": str(folder / name)})
    (folder / JOB).write_text(to_toml(here), encoding="utf-8")
    (folder / NAME).write_text(shown.file, encoding="utf-8")
    return {name: shown.file}
