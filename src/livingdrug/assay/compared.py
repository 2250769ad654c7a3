"""Several models on one plate: which of them describes the readings best, by Akaike's information
criterion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.assay.asked_of_plate import AssayPlan
from livingdrug.assay.errors import prior_precision
from livingdrug.assay.fit import AssayFit, fit_assay
from livingdrug.assay.laws import assay_model
from livingdrug.assay.observed import Observed
from livingdrug.assay.plan import FIXED, RANDOM
from livingdrug.core.errors import InputError
from livingdrug.core.pieces import Keeper, NotKept


@dataclass(frozen=True)
class ModelOfPlate:
    """One model on the plate.

    Attributes
    ----------
    laws : dict[str, str]
        Words of `assay_model`.
    minus2ll : float
        -2 log marginal likelihood near the best point.
    numbers : int
        Of fixed effects and of the error model.
    aic : float
        minus2ll + 2 numbers.
    delta : float
        Above the best.
    weight : float
        Akaike weight: how plausible the model is among those compared (they sum to 1).
    unknown : tuple of str
        Rates whose SE is above a factor of e.
    fit : AssayFit or str
        The fit, or the sentence why there is none.
    """

    laws: dict[str, str]
    minus2ll: float
    numbers: int
    aic: float
    delta: float
    weight: float
    unknown: tuple[str, ...]
    fit: AssayFit | str

    @property
    def name(self) -> str:
        """The three words."""
        return f"{self.laws['name']}, {self.laws['killing']}, {self.laws['growth']}"


def minus2ll(fit: AssayFit) -> float:
    """-2 log likelihood near the best point, random effects of donors and wells integrated over (Laplace),
    nothing left out.

    Comparable between models of one plate with the same kind of errors.

    Parameters
    ----------
    fit : AssayFit
        A fitted assay, see `fit_assay`.

    Returns
    -------
    float
    """
    near, numbers = fit.uncertainty.near, fit.numbers
    _, _, h, change, left, weighted, log_det = near.solved_at(numbers)
    random = np.array([c.kind == RANDOM for c in fit.layout.columns])
    precision = prior_precision(fit.errors, numbers)
    at = near.columns + change
    value = (
        log_det - np.linalg.slogdet(h)[1] + float((left * weighted).sum()) + float((precision * at**2).sum())
    )
    if random.any():
        value += np.linalg.slogdet(h[np.ix_(random, random)])[1] - float(np.log(precision[random]).sum())
    return float(value + len(fit.seen.y) * np.log(2 * np.pi))


def compare_models(
    plan: AssayPlan,
    seen: Observed,
    laws: Sequence[dict[str, str]],
    progress: Callable[[str], None] | None = None,
    kept: Keeper | None = None,
) -> list[ModelOfPlate]:
    """Fit every model to the same readings, the best first.

    Parameters
    ----------
    plan : AssayPlan
        How they are fitted; its model is replaced, and rates that it shares or fixes apply where a model has
        them.
    seen : Observed
        Readings of the wells with what was done to them, see `observe`.
    laws : sequence of dict
        Words of `assay_model` of each.
    progress : callable, optional
        Called with the name of a model before it is fitted.
    kept : Kept, optional
        Where steps of the fits are kept on the way.

    Raises
    ------
    InputError : fewer than two models, or none that can be fitted
    """
    if len(laws) < 2:
        raise InputError("a comparison needs two models or more")
    made = []
    for k, own in enumerate(laws):
        model = assay_model(**own)
        names = [q.name for q in model.quantities]
        mine = replace(
            plan,
            model=model,
            shared=tuple(n for n in plan.shared if n in names),
            fixed={n: v for n, v in plan.fixed.items() if n in names},
        )
        if progress:
            progress(model.name)
        try:
            fit = fit_assay(mine, seen, kept=None if kept is None else kept.within(f"model-{k + 1}"))
        except NotKept:  # the run ends here, and goes on from what is kept
            raise
        except (InputError, np.linalg.LinAlgError) as error:
            made.append((own, np.inf, 0, (), str(error)))
            continue
        fixed = [j for j, c in enumerate(fit.layout.columns) if c.kind == FIXED]
        lost = tuple(
            fit.layout.columns[j].name
            for j in fit.rates()
            if fit.uncertainty.hidden[j]
            or fit.uncertainty.covariance[j, j] > (1.0 if fit.layout.columns[j].log else 0.01)
        )
        made.append((own, minus2ll(fit), len(fixed) + len(fit.numbers), lost, fit))
    if not any(np.isfinite(value) for _, value, *_ in made):
        raise InputError(f"no model could be fitted: {made[0][-1]}")
    aic = np.array([value + 2 * n for _, value, n, *_ in made])
    delta = aic - aic.min()
    weight = np.exp(-0.5 * delta)
    weight /= weight.sum()
    found = [
        ModelOfPlate(own, value, n, float(a), float(d), float(w), lost, fit)
        for (own, value, n, lost, fit), a, d, w in zip(made, aic, delta, weight, strict=True)
    ]
    return sorted(found, key=lambda c: c.aic)
