"""The `fit` kind of scenario: a table of samples, a model, and what of it is looked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from livingdrug.core.folders import held
from livingdrug.core.known import known
from livingdrug.core.pieces import Kept, drop_pieces, kept_pieces, pieces_folder
from livingdrug.fit import FitResult, Objective, Posterior, Uncertainty, estimator_of
from livingdrug.fit.store import STATE, drop_state
from livingdrug.report import REPORT, check_new_folder, holds
from livingdrug.workflows.conduct import HERE, Conduct, NothingLeft
from livingdrug.workflows.document import to_toml
from livingdrug.workflows.fit.compared import Comparison, run_comparison
from livingdrug.workflows.fit.plan import evaluate_fit, run_fit, uncertainty_of
from livingdrug.workflows.fit.scenario import Fit
from livingdrug.workflows.kept import kept_run, reads_files
from livingdrug.workflows.tables import HASHED, hashes

__all__ = ["Compared", "Evaluated", "Fit", "Fitted", "Found", "conducted", "run"]


@dataclass(frozen=True)
class Fitted:
    """A fit of a scenario; kept: where finished pieces of its uncertainty are kept on the way."""

    scenario: Fit
    result: FitResult
    kept: Kept | None = None

    @cached_property
    def more(self) -> Uncertainty:
        """What was asked for beside the standard errors; computed when it is told of."""
        return uncertainty_of(self.scenario, self.result, self.kept)


@dataclass(frozen=True)
class Compared:
    """A comparison of methods or models, and notes on the data."""

    comparison: Comparison
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Evaluated:
    """The objective at the initial estimates, and notes on the data."""

    objective: Objective
    notes: tuple[str, ...]


Found = Fitted | Compared | Evaluated | Posterior


def run(scenario: Fit, conduct: Conduct = HERE) -> Found:
    """Fit, sample a posterior, evaluate or compare, whatever the scenario asks.

    The state of a search by SAEM is saved in `conduct.folder` on the way.
    """
    conduct.alone(scenario)
    if scenario.compares:
        return Compared(*run_comparison(scenario, conduct.progress, conduct.kept))
    if scenario.evaluate:
        return Evaluated(*evaluate_fit(scenario))
    folder = conduct.folder
    resumes = bool(conduct.resume) and estimator_of(scenario.method).resumes
    resume = resumes and folder is not None and (Path(folder) / STATE).is_file()
    found = run_fit(scenario, conduct.folder, resume, conduct.progress, conduct.say, conduct.kept)
    return found if isinstance(found, Posterior) else Fitted(scenario, found, conduct.kept)


@contextmanager
def conducted(scenario: Fit, conduct: Conduct) -> Iterator[Conduct | None]:
    """Around a run and the writing of its folder: a state that is gone on from, or dropped, first; dropped
    last, as an interrupted check still needs it. Finished parts are kept beside it. Raises NothingLeft
    where the folder holds the whole run already."""
    folder = conduct.folder
    if not folder:
        with kept_run(scenario, conduct) as own:
            yield own
        return
    check_new_folder(folder)
    # the state of a search lies there too, so the folder is held from its first iteration on
    with held(folder):
        single = not (scenario.compares or scenario.evaluate or scenario.samples)
        if single:
            _begin(scenario, conduct)
        elif conduct.resume and not pieces_folder(folder).is_dir():
            conduct.say(f"note: nothing is kept in {pieces_folder(folder)} yet, so the fit starts again")
        try:
            with kept_pieces(folder, conduct.resume, conduct.say) as kept:
                yield replace(conduct, kept=kept)
                drop_state(folder)
        except KeyboardInterrupt:
            if single and (Path(folder) / STATE).is_file():
                how = "`livingdrug fit` with the same options and --resume goes on"
                conduct.say(f"the state is saved in {folder}: {how}")
            raise


def _begin(scenario: Fit, conduct: Conduct) -> None:
    """Keep the state that is gone on from, drop that of another fit, which ends with this one."""
    folder = Path(known(conduct.folder, "the folder of a fit"))
    if conduct.resume and (folder / STATE).is_file():
        return
    if conduct.resume:
        # priors, and what else is read and not known by its content, may have changed since
        whole = not reads_files(scenario, HASHED) and holds(folder, to_toml(scenario), hashes(scenario))
        if whole:
            drop_pieces(folder)
            told = json.loads((folder / "objective.json").read_text(encoding="utf-8"))
            said = f"the fit in {conduct.folder} is whole, nothing was left to do: open {folder / REPORT}"
            raise NothingLeft(said, told, told["exit_code"])
        if not pieces_folder(folder).is_dir():
            conduct.say(f"note: no state was saved in {conduct.folder} yet, so the fit starts again")
    drop_state(folder)
