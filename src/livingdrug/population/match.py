"""Candidates of a model weighted, or accepted, until they are distributed as published."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.draws import combed, effective
from livingdrug.core.errors import InputError
from livingdrug.core.random import uniforms
from livingdrug.core.shown import Shown
from livingdrug.core.sources import Source
from livingdrug.core.status import NO_EXPOSURE, OK
from livingdrug.core.units import in_a_day
from livingdrug.models import ClosedForm, Model, Population, Values, infused_outputs
from livingdrug.population.targets import EXPOSURES, RESPONSE, Target
from livingdrug.population.weights import balanced, errors_of, quantiles
from livingdrug.simulation import Draw, Regimen, Subjects, fates, infusate_words, simulate

By = Literal["weight", "accept"]
# effective size below which the targets are out of reach (ours): of 50, two or three lie below the 5th percentile
LEAST = 50.0
# standard errors of the published part beyond which a target is not met (ours): right ones are missed once in 370
FAR = 3.0
FILE = 900_000  # bytes of a model file, which is read up to a million
NUMBER = 30  # bytes of a quantity there, about


@dataclass(frozen=True)
class Candidates:
    """subjects: their quantities; values: target -> (n,), an exposure in the unit of the target, or 1 for a response;
    usable (n,): computed, and such as a patient can be; status, reason: of each; notices: of the simulations."""

    subjects: Subjects
    values: dict[str, np.ndarray]
    usable: np.ndarray
    status: tuple[str, ...]
    reason: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Matched(Shown):
    """A matched population.

    Attributes
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    targets : tuple of Target
        Published percentiles or proportions to be met, see `read_targets`.
    candidates : Candidates
        Virtual patients with their simulated outputs.
    by : str
        `weight`, or `accept` (each candidate by chance, with a probability in proportion to its weight).
    weights : ndarray of shape (n,)
        Of every candidate, summing to 1; 0 for those that take no part or were not accepted.
    effective : float
        Equally weighted subjects that tell as much.
    before, after : dict of str to ndarray of shape (k,)
        Target -> part of the candidates (of the weight) at or below each of its values.
    members : ndarray of int, shape (n,)
        How often each candidate stands in the population that is written.
    least : float
        The effective size below which the targets are out of reach.
    """

    model: Model
    targets: tuple[Target, ...]
    candidates: Candidates
    by: By
    weights: np.ndarray
    effective: float
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]
    members: np.ndarray
    least: float

    @property
    def n(self) -> int:
        """Number of candidates that take part."""
        return int(self.candidates.usable.sum())

    def distance(self, target: Target, parts: np.ndarray) -> float:
        """Largest distance between published and own parts (Kolmogorov's, at the published values)."""
        return float(np.abs(parts - target.wanted).max())

    def missed(self, target: Target) -> bool:
        """Whether a part is further off than the sampling error of the published one explains."""
        p = target.wanted
        return bool((np.abs(self.after[target.name] - p) > FAR * np.sqrt(p * (1 - p) / target.n)).any())

    @property
    def out_of_reach(self) -> bool:
        """Whether the candidates cannot look like this: too few carry the weight, or a target is missed."""
        return self.effective < self.least or any(self.missed(target) for target in self.targets)

    def table(self):
        """A row for each candidate: subject (from 1), status, weight, how often it stands in the population, and the
        exposures that were matched."""
        import pandas as pd

        frame = {
            "subject": np.arange(1, len(self.weights) + 1),
            "status": self.candidates.status,
            "weight": self.weights,
            "members": self.members,
        }
        return pd.DataFrame(frame | self.candidates.values)

    def distances(self):
        """A row for each value of a target: published part, part of the candidates before and after."""
        import pandas as pd

        rows = [
            {"target": t.name, "percentile": 100 * p, "published": v, "unit": t.unit,
             "before": 100 * b, "after": 100 * a, "patients": t.n, "source": t.source}
            for t in self.targets
            for p, v, b, a in zip(
                t.wanted, t.values or (np.nan,), self.before[t.name], self.after[t.name], strict=True
            )
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def _facts(self) -> dict[str, str]:
        return {
            "name": self.model.full_name,
            "candidates": f"{len(self.weights):,}, {self.n:,} take part",
            "effective size": f"{self.effective:.0f}" + (", OUT OF REACH" if self.out_of_reach else ""),
            "targets": ", ".join(target.name for target in self.targets),
        }

    def _frame(self):
        return self.distances()


def candidates(
    model: Model,
    targets: Sequence[Target],
    draw: Draw,
    regimen: Regimen | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Candidates:
    """Virtual subjects and what the targets are about in each.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    targets : sequence of Target
        Published percentiles or proportions to be met, see `read_targets`.
    draw : Draw
        The candidates.
    regimen : Regimen, optional
        The model's first experiment by default.
    progress : callable, optional
        Called with subjects done and all.

    Raises
    ------
    InputError
        What `simulate` raises, and when no candidate can be a patient.
    """
    day, subjects = in_a_day(model.time_unit), draw.subjects(model)
    outputs = tuple(dict.fromkeys(target.output for target in targets))
    until = MONTH * day
    found = simulate(model, subjects, regimen, [0.0, until], until, outputs, progress)
    usable = np.array([status == OK for status in found.status])
    status, reason = list(found.status), list(found.reason)
    values = {}
    for target in targets:
        if target.exposure == RESPONSE:
            own = simulate(model, subjects, regimen, [0.0, target.day * day], target.day * day, [target.output])
            levels = own.values[:, 0]
            with np.errstate(invalid="ignore"):
                values[target.name] = np.where(levels[:, 1] <= target.below * levels[:, 0], 1.0, 0.0)
            for i in own.failed:
                if usable[i]:
                    usable[i], status[i], reason[i] = False, own.status[i], own.reason[i]
            continue
        metric = found.metric(target.output, EXPOSURES[target.exposure])
        # times and areas in days
        values[target.name] = metric / (day if target.exposure in ("TMAX", "XTMAX", "AUC28") else 1.0)
        for i in np.flatnonzero(usable & ~np.isfinite(metric)).tolist():
            usable[i], status[i] = False, NO_EXPOSURE
            reason[i] = f"{target.exposure} of {target.output} is not determined, as its level never rises"
    if not usable.any():
        why = next((r for r in reason if r), "the exposure is not determined in any of them")
        raise InputError(f"none of {draw.n:,} candidates of `{model.full_name}` can be a patient: {why}")
    asked = dict.fromkeys(t.output for t in targets if t.exposure in ("CMAX", "TMAX"))
    words = [infusate_words(o, int(found.infusate_peaks(o)[usable].sum()), int(usable.sum()), "candidates") for o in asked]
    notices = (*found.notices, *(f"{said}: a target of XCMAX, XTMAX is on that" for said in words if said))
    return Candidates(subjects, values, usable, tuple(status), tuple(reason), notices)


def match(
    model: Model,
    targets: Sequence[Target],
    found: Candidates,
    by: By = "weight",
    keep: int = 200,
    least: float = LEAST,
    seed: int = 1,
) -> Matched:
    """The candidates weighted (or accepted) so that their exposures are distributed as published.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    targets : sequence of Target
        Published percentiles or proportions to be met, see `read_targets`.
    found : Candidates
        Virtual patients with their exposures, of `candidates`.
    by : {'weight', 'accept'}
        Weight all candidates, or accept each with a probability in proportion to its weight.
    keep : int
        Members of the population that is written; drawn by their weights (systematic resampling). Accepted
        candidates stand there once each, the first `keep` of them.
    least : float
        Effective size below which the targets count as out of reach.
    seed : int
        Of what is accepted or resampled.

    Raises
    ------
    InputError
        For a number that cannot be.
    """
    if keep < 2 or not least >= 1:
        raise InputError(f"keep is {keep} and least {least:g}; keep at least 2 members, and a size of at least 1")
    use = found.usable
    held = {t.name: t.held(found.values[t.name][use]).astype(float) for t in targets}
    wanted = np.concatenate([t.wanted for t in targets])
    ideal = balanced(np.concatenate(list(held.values()), axis=1), wanted, errors_of(targets))
    weights = np.zeros(len(use))
    if by == "accept":
        luck = uniforms(seed, "accepted", 0, len(use))[use]
        weights[use] = luck < ideal / ideal.max()
        weights /= weights.sum()
    else:
        weights[use] = ideal
    own = weights[use]
    return Matched(
        model, tuple(targets), found, by, weights, float(effective(weights)),
        {name: h.mean(axis=0) for name, h in held.items()}, {name: own @ h for name, h in held.items()},
        _members(weights, by, min(keep, _most(model)), seed), least,
    )  # fmt: skip


def _most(model: Model) -> int:
    """Members that a model file holds."""
    return max(2, FILE // (NUMBER * len(model.quantities)))


def _members(weights: np.ndarray, by: By, keep: int, seed: int) -> np.ndarray:
    if by == "accept":
        counts = (weights > 0).astype(int)
        counts[np.flatnonzero(counts)[keep:]] = 0
        return counts
    start = float(uniforms(seed, "resampled", 0, 1)[0])
    return np.bincount(combed(weights / weights.sum(), keep, start), minlength=len(weights))


def model_of(found: Matched, name: str, how: str) -> Model:
    """The model with the matched population, as a model file holds it: every member a vector, drawn by its weight.

    Parameters
    ----------
    found : Matched
        Weighted virtual patients, of `match`.
    name : str
        Of the new model.
    how : str
        How it was made, in words.
    """
    model = found.model
    source = Source("livingdrug", f"virtual patients of {model.full_name}: {how}", note="simulated, not observed")
    rows = np.flatnonzero(found.members)
    known = {q.name for q in model.quantities}
    vectors = tuple(
        Values(f"member_{i + 1}", source, {q: float(v[i]) for q, v in found.candidates.subjects.values.items() if q in known})
        for i in rows
    )
    base = Values("typical", source, {q: v for q, v in model.typical.items() if q in known})
    members = {f"member_{i + 1}": float(found.members[i]) for i in rows}
    population = Population("matched", {}, source, f"{len(rows)} members: {how}", members)
    doubts = tuple(f"made from a fit that is not sound: {doubt}" for doubt in model.doubts)
    said = f"Population of {model.full_name} matched to published exposures: {how}; the members are simulated."
    experiments = tuple(replace(e, vector="") for e in model.experiments if e.vector in ("", model.vector))
    return replace(
        model, name=name, title=f"{model.title}, matched population", values=(base, *vectors), populations=(population,),
        ranges=(), anchors=(), experiments=experiments, deviations=(said, *doubts, *model.deviations), changes={},
        vector="", fitted=None,
    )  # fmt: skip


def product_targets_for(model: Model, targets: Sequence[Target]) -> tuple[Target, ...]:
    """Targets of a label, whose CMAX is that of the expansion: XCMAX and XTMAX where infused cells are
    counted too.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    targets : sequence of Target
        Of a label.

    Returns
    -------
    tuple of Target
    """
    seen = () if isinstance(model.system, ClosedForm) else infused_outputs(model)
    moved = {"CMAX": "XCMAX", "TMAX": "XTMAX"}
    return tuple(
        replace(t, exposure=moved.get(t.exposure, t.exposure)) if t.output in seen else t for t in targets
    )


def said(found: Matched) -> list[str]:
    """What was kept, and how near the targets are.

    Parameters
    ----------
    found : Matched
        Weighted virtual patients, see `population.match`.

    Returns
    -------
    sequence of str
    """
    status = found.candidates.status
    flat = status.count(NO_EXPOSURE)
    lost, unphysical = fates(tuple(one for one in status if one != NO_EXPOSURE))
    words = [
        f"{found.n:,} of {len(found.weights):,} candidates take part"
        + (f"; {unphysical:,} are unphysical, no patient can be like them" if unphysical else "")
        + (f"; {lost:,} were not computed" if lost else "")
        + (f"; the level of {flat:,} never rises, so that an exposure of theirs is not determined" if flat else "")
        + "."
    ]
    kept = int((found.weights > 0).sum())
    how = f"{kept:,} were accepted" if found.by == "accept" else "their weights differ as little as the targets allow"
    words.append(f"{how[0].upper()}{how[1:]}; the effective sample size is {found.effective:,.0f}.")
    for target in found.targets:
        near = (found.distance(target, parts[target.name]) for parts in (found.before, found.after))
        first, then = (f"{value:.3f}" for value in near)
        words.append(f"{target.name}: largest distance from the published distribution {first} before, {then} after.")
    return words


def weighted_percentile(found: Matched, target: Target, level: float, before: bool) -> float:
    """A percentile of what a target is about, of the candidates or of the population.

    Parameters
    ----------
    found : Matched
        Weighted virtual patients, see `population.match`.
    target : Target
        Of which a percentile is wanted.
    level : float
        Of the percentile, 0 to 1.
    before : bool
        Of the population before it was matched.

    Returns
    -------
    float
    """
    use = found.candidates.usable
    weights = np.full(found.n, 1.0) if before else found.weights[use]
    return float(quantiles(found.candidates.values[target.name][use], weights, [level])[0])
