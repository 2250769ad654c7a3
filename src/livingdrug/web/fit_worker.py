"""The process of one fit: what `web.worker` says of every job, and numbers before the checks and pictures
are made."""

import sys
from dataclasses import replace
from pathlib import Path

from livingdrug.web.worker import ANSWER, JOB, PROGRESS, RUN, Progress, conduct, write

NAME, NUMBERS = "name.txt", "numbers.json"
LAST = "standard errors and likelihood"  # what follows a search


def run_job(folder: Path, resume: bool, say: Progress) -> None:
    """Fit what JOB asks for. In the folder RUN comes what `livingdrug run --out` would write, in ANSWER
    what a page says, in NUMBERS the same before the checks and pictures are made."""
    from livingdrug.core.export import write_csv
    from livingdrug.core.folders import held
    from livingdrug.fit import FitResult
    from livingdrug.fit.store import drop_state, made_folder, parameter_table
    from livingdrug.workflows import keep_answer, read_scenario
    from livingdrug.workflows.fit.checks import keep_fit
    from livingdrug.workflows.fit.plan import run_fit
    from livingdrug.workflows.fit.spec import Fit

    scenario, out = read_scenario(folder / JOB), made_folder(folder / RUN)
    if not isinstance(scenario, Fit):
        raise ValueError("a job of a fit holds the scenario of one")
    with held(out):
        mine = (folder / NAME).read_text(encoding="utf-8")
        several = scenario.starts is not None and scenario.starts > 1
        say.phase = f"searching from {scenario.starts} starts; of the first one" if several else "searching"
        result = run_fit(scenario, out, resume, say)
        if not isinstance(result, FitResult):
            raise ValueError("the app fits by methods that give estimates")
        result = named(result, mine)
        write_csv(parameter_table(result), folder / "parameters.csv")
        write(answer_of(result), folder / NUMBERS)
        say.enter("making predictive checks, figures and the report")
        shown = scenario.model_copy(update={"file": mine})
        names = {Path(scenario.file).name: mine}
        kept = keep_answer(scenario, out, lambda part: keep_fit(scenario, result, part), shown, names)
        drop_state(out)  # last: an interrupted check still needs it
        write(answer_of(replace(result, notes=kept.flags)), folder / ANSWER)


def named(result, name: str):
    """The result with its file as its user calls it."""
    problems = {key: getattr(result, key) for key in ("problem", "started")}
    return replace(
        result, **{key: replace(p, data=replace(p.data, name=name)) for key, p in problems.items()}
    )


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


def main(folder: str, resume: bool) -> int:
    """Exit code: 0 with an answer, 2 refused, 130 interrupted (the state of SAEM is saved)."""
    path = Path(folder)
    say = Progress(path / PROGRESS, LAST)
    return conduct(folder, say, lambda: run_job(path, resume, say))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--resume" in sys.argv[2:]))
