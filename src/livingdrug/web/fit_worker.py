"""The process of one fit: reads its job's folder, says how far it is, leaves files of text. It ends when nobody holds the
other end of its input any more: the app has gone, or somebody pressed Cancel."""

import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import LivingdrugError
from livingdrug.core.files import refusal
from livingdrug.core.waiting import listeners

JOB, NAME, RUN = "job.toml", "name.txt", "run"
PROGRESS, NUMBERS, ANSWER, REFUSED = "progress.json", "numbers.json", "answer.json", "refused.txt"
EVERY = 0.25  # s between two words on how far it is
INTERRUPTED = 130


def run_job(folder: Path, resume: bool, say: "Progress") -> None:
    """Fit what JOB asks for. In the folder RUN comes what `livingdrug run --out` would write, in ANSWER what a page says, in
    NUMBERS the same before the checks and pictures are made."""
    from livingdrug.core.export import write_csv
    from livingdrug.core.folders import held
    from livingdrug.fit.store import drop_state, made_folder, parameter_table
    from livingdrug.workflows import keep_answer, read_scenario
    from livingdrug.workflows.fit.checks import keep_fit
    from livingdrug.workflows.fit.plan import run_fit

    scenario, out = read_scenario(folder / JOB), made_folder(folder / RUN)
    with held(out):
        mine = (folder / NAME).read_text(encoding="utf-8")
        several = scenario.starts is not None and scenario.starts > 1
        say.phase = f"searching from {scenario.starts} starts; of the first one" if several else "searching"
        result = named(run_fit(scenario, out, resume, say), mine)
        write_csv(parameter_table(result), folder / "parameters.csv")
        _write(answer_of(result), folder / NUMBERS)
        say.enter("making predictive checks, figures and the report")
        shown = scenario.model_copy(update={"file": mine})
        names = {Path(scenario.file).name: mine}
        kept = keep_answer(scenario, out, lambda part: keep_fit(scenario, result, part), shown, names)
        drop_state(out)  # last: an interrupted check still needs it
        _write(answer_of(replace(result, notes=kept.flags)), folder / ANSWER)


def named(result, name: str):
    """The result with its file as its user calls it."""
    problems = {key: getattr(result, key) for key in ("problem", "started")}
    return replace(result, **{key: replace(p, data=replace(p.data, name=name)) for key, p in problems.items()})


def answer_of(result) -> dict:
    """What the page says of a fit, as plain data."""
    from livingdrug.fit.store import objective_as_dict
    from livingdrug.fit.words import identifiability_sentences, parameter_sentences

    return {
        "objective": objective_as_dict(result), "status": result.status, "words": parameter_sentences(result),
        "determined": identifiability_sentences(result), "notes": result.notes,
        "averaged_from": result.settings.get("exploration"), "time_unit": result.problem.model.time_unit,
        "units": {output.name: output.unit for output in result.problem.model.system.outputs},
    }  # fmt: skip


class Progress:
    """How far the fit is, in the file PROGRESS: phase, iteration, of how many, objective, seconds left in the search."""

    def __init__(self, path: Path) -> None:
        self.path, self.phase = path, "reading the data"
        self.begun = self.shown = 0.0
        self.first = 0

    def enter(self, phase: str, **more) -> None:
        """Say that another phase begins."""
        self.phase = phase
        _write({"phase": phase, **more}, self.path)

    def __call__(self, done: int, every: int, objective: float) -> None:
        now = time.monotonic()
        if not self.begun:
            self.begun, self.first = now, done
        if now - self.shown < EVERY and done < every:
            return
        self.shown = now
        pace = (now - self.begun) / (done - self.first) if done > self.first else None
        left = None if pace is None else pace * (every - done)
        told = {"done": done, "all": every, "objective": objective, "left": left}
        if done < every:
            _write({"phase": self.phase, **told}, self.path)
        else:
            self.enter("standard errors and likelihood", **told)


def _write(content: dict, path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def _end_with_the_app() -> None:
    """Interrupt the fit when the other end of the input is closed."""
    import _thread

    while os.read(0, 1):
        pass
    _thread.interrupt_main()


def main(folder: str, resume: bool) -> int:
    """Exit code: 0 with an answer, 2 refused, 130 interrupted (the state of SAEM is saved)."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a server in the background hands down that it is ignored
    if hasattr(os, "nice"):
        os.nice(5)  # sliders come first
    path = Path(folder)
    say = Progress(path / PROGRESS)
    threading.Thread(target=_end_with_the_app, daemon=True).start()
    try:
        listeners.append(lambda what: say.enter(f"compiling {what}, which takes some seconds, once"))
        say.enter("reading the data and preparing the model")
        run_job(path, resume, say)
    except KeyboardInterrupt:
        return INTERRUPTED
    except LivingdrugError as error:
        return _refused(path, str(error))
    except OSError as error:
        return _refused(path, str(refusal(error.filename or "the folder of the fit", error)))
    except MemoryError:
        return _refused(path, "the memory of this machine does not suffice for this fit; fewer subjects take less")
    return 0


def _refused(path: Path, why: str) -> int:
    """Say why there is no answer, where there is room for it on the disk."""
    with suppress(OSError):
        (path / REFUSED).write_text(why, encoding="utf-8")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--resume" in sys.argv[2:]))
