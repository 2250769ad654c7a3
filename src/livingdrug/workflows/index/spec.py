"""The `index` kind of scenario: efficacy weighed against toxicity."""

import math
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.products import BuiltIn, get_curve, list_curves
from livingdrug.response import (
    BinaryFit,
    Curve,
    Estimate,
    Expected,
    ExposureSpread,
    Pair,
    Sample,
    TherapeuticIndex,
    chance_at_profile,
    changed,
    expected,
    exposure_at_profile,
    paired,
    ratio_of_fits,
    spread_of,
    therapeutic_index,
    tradeoff,
)
from livingdrug.workflows.curves import independence, take_curve
from livingdrug.workflows.fields import INPUT, About
from livingdrug.workflows.index.product import modelled
from livingdrug.workflows.memory import SUBJECT
from livingdrug.workflows.response.spec import Response
from livingdrug.workflows.response.spec import run as run_response
from livingdrug.workflows.shared_fields import EVEN_SO, EXPOSURE
from livingdrug.workflows.tables import KineticScenario, hashes

FEW_SUBJECTS = 50  # whose exposures are said to stand for all patients
BOTH, LIMITS, PRODUCT = "The two curves", "Limits", "Exposure of the product"


class Index(KineticScenario):
    """Efficacy and toxicity on one exposure, and a product's exposure beside them.

    The exposure of the product is that of median and log_sd, else of product_model, else of the subjects of
    the file, else the published one of the toxicity curve.
    """

    CURVES: ClassVar = ("efficacy_curve", "toxicity_curve")
    EXAMPLES: ClassVar = (
        "livingdrug index kinetics.csv --endpoints endpoints.csv --exposure CMAX --efficacy ORR --toxicity "
        "CRS --grade 3",
        "livingdrug index --list",
    )

    kind: Literal["index"] = "index"
    file: Annotated[  # pyright: ignore[reportIncompatibleVariableOverride]
        str | None, About("A table of subjects, or of samples.", argument=True, group=INPUT)
    ] = None
    listing: Annotated[
        bool, About("List the built-in exposure-responses with their sources.", ("--list",), BOTH)
    ] = False
    exposure: Annotated[str | None, EXPOSURE.under(BOTH)] = None
    efficacy: Annotated[
        str | None,
        About(
            "Endpoint of FILE: a yes-or-no column, ORR or CRR of response words.",
            group=BOTH,
            metavar="NAME",
        ),
    ] = None
    toxicity: Annotated[
        str | None,
        About(
            "Endpoint of FILE: a yes-or-no column, or grades with --grade ('CRS>=3' says the same).",
            group=BOTH,
            metavar="NAME",
        ),
    ] = None
    grade: Annotated[int | None, About("Toxicity is this grade or above.", group=BOTH)] = None
    efficacy_curve: Annotated[
        str | None,
        About("A built-in exposure-response, or the folder of a `response`, instead of an endpoint.", group=BOTH,
              metavar="NAME"),
    ] = None
    toxicity_curve: Annotated[str | None, About("The same for toxicity.", group=BOTH, metavar="NAME")] = (
        None
    )
    model: Annotated[
        Literal["logistic", "firth", "probit", "cloglog"], About("How endpoints of FILE are fitted.", group=BOTH)
    ] = "logistic"
    trials: Annotated[
        str | None,
        About("Size of each group, where the endpoints count events.", group=BOTH, metavar="COLUMN"),
    ] = None
    floor: Annotated[float, About("Response wanted at least.", group=LIMITS)] = 0.5
    ceiling: Annotated[float, About("Toxicity accepted at most.", group=LIMITS)] = 0.2
    efficacy_at: Annotated[
        float, About("The index compares the exposure that gives this efficacy.", group=LIMITS)
    ] = 0.5
    toxicity_at: Annotated[
        float, About("The same for toxicity: the exposure it is compared with.", group=LIMITS)
    ] = 0.5
    median: Annotated[
        float | None,
        About(
            "Median exposure of the product; by default that of the subjects in FILE, or the published one "
            "behind the toxicity curve.",
            group=PRODUCT,
        ),
    ] = None
    log_sd: Annotated[
        float | None, About("SD of the natural logarithm of the product's exposure.", group=PRODUCT)
    ] = None
    product_model: Annotated[
        str | None,
        About("The product's exposure from a model, such as stein_2019.", group=PRODUCT, metavar="MODEL"),
    ] = None
    variability: Annotated[
        str | None,
        About(
            "Which between-subject variability of that model (stein_2019: sd, variance, observed).",
            group=PRODUCT,
            former=("spread",),
        ),
    ] = None
    cv: Annotated[
        float | None,
        About("Log-normal CV on every rate of that model, where no variability is published.", group=PRODUCT),
    ] = None
    subjects: Annotated[int, About("Virtual subjects of that model.", ("-n", "--subjects"), PRODUCT)] = 10_000
    seed: Annotated[int, About("Seed of the virtual subjects.", group=PRODUCT)] = 1
    fold: Annotated[float, About("A change of the product's median.", group=PRODUCT)] = 1.0
    width: Annotated[float, About("A change of its log-SD (0.5: half).", group=PRODUCT)] = 1.0
    even_so: Annotated[bool, EVEN_SO.under(PRODUCT)] = False

    @model_validator(mode="before")
    @classmethod
    def _grades(cls, given):
        """A grade is a part of the toxicity: `CRS` from 3 on is `CRS>=3`."""
        if not isinstance(given, dict) or given.get("grade") is None:
            return given
        toxicity = given.get("toxicity")
        if toxicity is None or ">" in toxicity:
            raise InputError(
                "--grade says from which grade on a toxicity counts; write --toxicity CRS --grade 3"
            )
        return {**given, "toxicity": f"{toxicity}>={given['grade']}", "grade": None}

    def endpoint(self, endpoint: str) -> Response:
        """The scenario that fits one endpoint of the file."""
        given = {name: getattr(self, name) for name in KineticScenario.model_fields if name != "kind"}
        return Response(
            **given,
            exposure=known(self.exposure, "--exposure"),
            endpoint=endpoint,
            outcome="binary",
            model=self.model,
            trials=self.trials,
        )

    def memory(self) -> float:
        """Bytes of the exposures of virtual subjects."""
        return SUBJECT * self.subjects


@dataclass(frozen=True)
class IndexAnswer:
    """The index, what the product's patients would get, the table of medians and spreads around it, and
    notes: what was left out, where numbers come from and what is assumed, a sentence each."""

    index: TherapeuticIndex
    outlook: Expected
    table: Any
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Side:
    """One curve: where it was fitted its fit and sample, where it is built in its entry; seen: the lowest and the
    highest exposure that it was fitted to; data_sha256: of the table, "" where that is not known."""

    curve: Curve
    fit: BinaryFit | None = None
    sample: Sample | None = None
    entry: BuiltIn | None = None
    notes: tuple[str, ...] = ()
    seen: tuple[float, float] | None = None
    data_sha256: str = ""


def run(scenario: Index) -> IndexAnswer | tuple[BuiltIn, ...]:
    """Fit or look up both curves, compare them, and put the product's exposure beside them.

    The built-in curves, where these are asked for. Raises InputError for whatever is missing, given twice, or
    does not fit together.
    """
    if scenario.listing:
        return tuple(get_curve(name) for name in list_curves())
    _check_sides(scenario)
    sides = tuple(_side(scenario, what) for what in ("efficacy", "toxicity"))
    pair, how = _pair(*sides)
    index = therapeutic_index(
        pair, scenario.floor, scenario.ceiling, (scenario.efficacy_at, scenario.toxicity_at)
    )
    # fits know more than their coefficients: intervals by profile likelihood, as `response` prints them
    index = replace(index, efficacious=_profiled(sides[0], index.efficacious, index.at[0]),
                    toxic=_profiled(sides[1], index.toxic, index.at[1]))  # fmt: skip
    if sides[0].fit is not None and sides[1].fit is not None:
        index = replace(index, ratio=ratio_of_fits(sides[0].fit, sides[1].fit, pair, index.at))
    spread, about = _product(scenario, sides)
    spread = changed(spread, scenario.fold, scenario.width)
    outlook = expected(index, spread)
    outlook = replace(
        outlook,
        median_response=_chance(sides[0], outlook.median_response, spread),
        median_toxicity=_chance(sides[1], outlook.median_toxicity, spread),
    )
    notes = dict.fromkeys(
        [*sides[0].notes, *sides[1].notes, *how, *about, *index.notes, *_extrapolated(sides, index, spread.median)]
    )
    return IndexAnswer(index, outlook, tradeoff(pair, spread, scenario.floor, scenario.ceiling), tuple(notes))


def _check_sides(scenario: Index) -> None:
    """Each curve is given once, and the file is what it is needed for."""
    if scenario.by is not None:
        raise InputError(
            "an index is of one group of subjects; leave out `by` and give each group as a file of its own"
        )
    for what in ("efficacy", "toxicity"):
        own, built_in = getattr(scenario, what), getattr(scenario, f"{what}_curve")
        if (own is None) == (built_in is None):
            raise InputError(
                f"{what}: give either an endpoint of the file (--{what} ORR) or a built-in curve "
                f"(--{what}-curve NAME; `livingdrug index --list` shows them)"
            )
    for own in ({scenario.efficacy, scenario.toxicity}, {scenario.efficacy_curve, scenario.toxicity_curve}):
        if len(own) == 1 and None not in own:
            raise InputError(
                f"`{own.pop()}` is given as efficacy and as toxicity; an index compares two outcomes"
            )
    fitted = scenario.efficacy is not None or scenario.toxicity is not None
    if fitted and (scenario.file is None or scenario.exposure is None):
        raise InputError(
            "an endpoint needs a FILE to fit it to, and --exposure, the column or parameter it is fitted on"
        )
    if not fitted and scenario.file is not None:
        raise InputError(
            "both curves are built in, so nothing of the file is used; leave it out, or name its endpoints"
        )


def _side(scenario: Index, what: str) -> _Side:
    name = getattr(scenario, f"{what}_curve")
    if name is not None:
        one = take_curve(name, scenario.even_so)
        by_delta = () if one.entry else (f"{one.curve.name}: its interval is by the delta method",)
        seen = None if one.lowest is None or one.highest is None else (one.lowest, one.highest)
        return _Side(
            one.curve, entry=one.entry, notes=(*one.about, *by_delta), seen=seen, data_sha256=one.data_sha256
        )
    (answer,) = run_response(scenario.endpoint(getattr(scenario, what)))
    fit = answer.fit
    if not isinstance(fit, BinaryFit):
        raise TypeError("a side of an index is a fit of a binary outcome")
    exposure = answer.sample.exposure
    return _Side(
        fit.curve,
        fit,
        answer.sample,
        notes=(*answer.sample.notes, *fit.notes),
        seen=(float(exposure.min()), float(exposure.max())),
        data_sha256=hashes(scenario)[0][1],
    )


def _profiled(side: _Side, reached: Estimate, wanted: float) -> Estimate:
    return reached if side.fit is None or math.isnan(reached.value) else exposure_at_profile(side.fit, wanted)


def _chance(side: _Side, plain: Estimate, spread: ExposureSpread) -> Estimate:
    """The chance at the median exposure: of a fit with its profile-likelihood interval."""
    return plain if side.fit is None else chance_at_profile(side.fit, spread.median)


def _extrapolated(sides: tuple[_Side, ...], index: TherapeuticIndex, median: float) -> list[str]:
    """Which exposures, ends of the window and median of the product lie where no subject of a curve was."""
    notes = []
    for side, reached in zip(sides, (index.efficacious, index.toxic), strict=True):
        if side.seen is None:
            continue
        low, high = side.seen
        seen = f"outside the exposures seen, {low:.3g} to {high:.3g}: extrapolated"
        if not (math.isnan(reached.value) or low <= reached.value <= high):
            notes.append(f"{side.curve.name}: {reached.value:.3g} lies {seen}")
        if not low <= median <= high:
            notes.append(f"{side.curve.name}: the median exposure of the product, {median:.3g}, lies {seen}")
        if index.window is None:
            continue
        if not (index.window[0] <= high and low <= index.window[1]):
            notes.append(f"{side.curve.name}: the window lies {seen}")
            continue
        ends = (end for end in index.window if 0 < end < math.inf and not low <= end <= high)
        notes += [f"{side.curve.name}: an end of the window, {end:.3g}, lies {seen}" for end in ends]
    return notes


def _fitted_apart(efficacy: _Side, toxicity: _Side) -> tuple[str, ...]:
    """That curves between which no covariance is known are taken as independent: of a user's own data, where
    the subjects may be the same, and of two built-in ones, where both have an error."""
    built_in = [side.entry is not None for side in (efficacy, toxicity)]
    errors = efficacy.curve.covariance is not None and toxicity.curve.covariance is not None
    if any(built_in) and not (all(built_in) and errors):
        return ()
    same = bool(efficacy.data_sha256) and efficacy.data_sha256 == toxicity.data_sha256
    note = independence(efficacy.curve.name, toxicity.curve.name, same)
    return (f"{note}; give the FILE and both endpoints, --efficacy and --toxicity" if same else note,)


def _pair(efficacy: _Side, toxicity: _Side) -> tuple[Pair, tuple[str, ...]]:
    """Both curves; of the same subjects, with the covariance between their fits."""
    entries = [side.entry for side in (efficacy, toxicity) if side.entry is not None]
    if len(entries) == 2 and entries[0].setting != entries[1].setting:
        apart = " and ".join(f"{entry.curve.name} in {entry.setting}" for entry in entries)
        note = f"the curves are of {apart}: exposure-response does not transfer between diseases"
        return Pair(efficacy.curve, toxicity.curve), (note,)
    ours, theirs = efficacy.sample, toxicity.sample
    if ours is None or theirs is None:
        return Pair(efficacy.curve, toxicity.curve), _fitted_apart(efficacy, toxicity)
    if (ours.trials > 1).any() or (theirs.trials > 1).any():
        note = "counts do not tell which patients had both outcomes, so the two fits are taken as independent"
        return Pair(efficacy.curve, toxicity.curve), (note,)
    places = {name: i for i, name in enumerate(theirs.subjects)}
    both = [(i, places[name]) for i, name in enumerate(ours.subjects) if name in places]
    i, j = np.array(both, dtype=int).reshape(-1, 2).T
    pair = paired(efficacy.curve, toxicity.curve, ours.exposure[i], ours.outcome[i], theirs.outcome[j])
    note = (
        f"{len(both):,} subjects have both outcomes, whose correlation given exposure is "
        f"{pair.correlation:.2f}"
    )
    return pair, (f"{note}; the intervals take it into account",)


def _product(scenario: Index, sides: tuple[_Side, ...]) -> tuple[ExposureSpread, tuple[str, ...]]:
    """The exposure of the product, and what is to be said of it."""
    curve = sides[0].curve
    if scenario.product_model is not None:
        if scenario.median is not None or scenario.log_sd is not None:
            raise InputError("give the product's exposure once: --median and --log-sd, or --product-model")
        return modelled(scenario, (curve, sides[1].curve))
    if scenario.variability is not None or scenario.cv is not None:
        raise InputError(
            "--variability and --cv are of a model; add --product-model, or give --median and --log-sd"
        )
    if (scenario.median is None) != (scenario.log_sd is None):
        raise InputError(
            "the product's exposure takes both --median and --log-sd (SD of its natural logarithm)"
        )
    if scenario.median is not None:
        return ExposureSpread(scenario.median, known(scenario.log_sd, "--log-sd"), curve.exposure, curve.unit, "as given"), ()
    samples = [side.sample for side in sides if side.sample is not None]
    if samples:
        sample = samples[0]
        exposure = np.repeat(sample.exposure, sample.trials.astype(int))
        source = f"the {len(exposure):,} subjects of {sample.name}"
        n = len(exposure)
        few = (f"the exposures of {n} subjects stand for all patients: each subject is {1 / n:.0%} of them",)
        return spread_of(exposure, curve.exposure, curve.unit, source), few if n < FEW_SUBJECTS else ()
    entry = sides[1].entry
    if entry is None:
        raise InputError("the curve of a file says nothing of the product's exposure: give --median and --log-sd, or "
                         "--product-model, which may be the folder of a fit")  # fmt: skip
    return entry.spread, (
        f"no product was named; this is {entry.spread.source}, which `{entry.key}` was made with",
    )
