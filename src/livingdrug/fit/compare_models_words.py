"""What a comparison of models says, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from livingdrug.core.known import known
from livingdrug.fit.words import number

if TYPE_CHECKING:
    from livingdrug.fit.compare_models import ModelComparison, ModelRun

NOTHING, CLEAR = (
    2.0,
    10.0,
)  # differences of AIC or BIC below and above which the data tell nothing, and plainly
# between the highest and the lowest of a quantity, above which models count as saying different things
FACTOR = 1.1
QUANTITIES = (
    ("CMAX", "cmax"),
    ("TMAX", "tmax"),
    ("AUC28", "auc28"),
    ("half-life of days 21 to 28", "half_life"),
)
CAUTION = "Criteria say which of these models describes these data better, not that one of them is right."


def words_of(found: ModelComparison) -> tuple[str, ...]:
    """The sentences of a comparison."""
    lines = [_unusable(run) for run in found.runs if not run.usable]
    usable = [run for run in found.runs if run.usable]
    if len(usable) > 1:
        lines += [*_criteria(found, usable), CAUTION]
    else:
        lines.append("What the data tell of the models is not known: fewer than two have a criterion.")
    return (*lines, *(line for run in usable for line in _undetermined(run)), *_typical(found),
            *(line for run in found.runs for line in _of_infusate(run)))


def _undetermined(run: ModelRun) -> list[str]:
    verdict = known(run.result, "a fit").verdict
    names = verdict.undetermined if verdict is not None else ()
    listed = ", ".join(f"`{name}`" for name in names)
    return (
        [f"The data do not determine {listed} of {run.name}: what it says beyond the data rests on that."]
        if names
        else []
    )


def _unusable(run: ModelRun) -> str:
    if run.result is None:
        return f"{run.name} was refused: {run.why}"
    if run.why:
        return f"{run.name} has no criterion: {run.why}"
    if run.status == "not_converged":
        return (
            f"The fit of {run.name} did not converge, so it has no criterion and its numbers are no "
            "estimates."
        )
    return f"{run.name} has no criterion: its likelihood is not known."


def _criteria(found: ModelComparison, usable: list[ModelRun]) -> list[str]:
    """Which differences of AIC and BIC the data can tell."""
    lines = []
    for criterion in ("aic", "bic"):
        best = known(found.best(criterion), "the model of the lowest criterion")
        others = sorted(
            (run for run in usable if run is not best), key=lambda run: found.delta(run, criterion)
        )
        said = "; ".join(_apart(found, best, run, criterion) for run in others)
        lines.append(f"By {criterion.upper()}, {best.name} is lowest: {said}.")
    if found.best("aic") is not found.best("bic"):
        lines.append("AIC and BIC choose different models: the data do not settle it.")
    return lines


def _apart(found: ModelComparison, best: ModelRun, run: ModelRun, criterion: str) -> str:
    delta = found.delta(run, criterion)
    one, other = (known(which.sampled, "a sampled likelihood").se or 0.0 for which in (best, run))
    se = float(np.hypot(one, other))
    error = f", Monte-Carlo SE {se:.2g}" if se > 0.1 else ""
    if delta - 2 * se > CLEAR:
        means = "the data tell them apart"
    elif delta + 2 * se < NOTHING:
        means = "the data do not tell them apart"
    else:
        means = "some support, no more"
    return f"{run.name} lies {delta:.1f} above ({means}{error})"


def _typical(found: ModelComparison) -> list[str]:
    """Where models differ in what they say of a typical subject."""
    runs = [run for run in found.runs if run.typical]
    if len(runs) < 2:
        return []
    lines = []
    for k, first in enumerate(runs[0].typical):
        differ, alike = [], []
        for name, field in QUANTITIES:
            values = {run.name: getattr(run.typical[k], field) for run in runs}
            known = [v for v in values.values() if v is not None]
            if not known:
                continue
            if len(known) < len(values) or min(known) <= 0 < max(known) or max(known) > FACTOR * min(known):
                told = ", ".join(f"{n} {'none' if v is None else number(v)}" for n, v in values.items())
                differ.append(f"{name} ({told})")
            else:
                alike.append(name)
        parts = [f"differ in {', '.join(differ)}"] if differ else []
        parts += [f"agree within {100 * (FACTOR - 1):.0f} % in {', '.join(alike)}"] if alike else []
        lines.append(f"For a typical subject ({first.output}) the models {' and '.join(parts)}.")
    return lines


def _of_infusate(run: ModelRun) -> list[str]:
    """Where the CMAX of a typical subject is that of the infused cells."""
    from livingdrug.simulation import infusate_words

    return [
        f"{run.name}: {infusate_words(t.output)}; XCMAX, the largest level after the distribution minimum, is "
        f"{number(t.xcmax) + ' ' + t.unit if np.isfinite(t.xcmax) else 'absent: the level never rises'}."
        for t in run.typical
        if t.infusate
    ]
