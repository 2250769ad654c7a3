"""The fields of the `fit` kind of scenario."""

from collections.abc import Callable
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, ClassVar, Literal

from pydantic import Field

import livingdrug
from livingdrug.core.errors import InputError
from livingdrug.workflows.fields import About, commas, named_numbers
from livingdrug.workflows.memory import DRAW, VECTOR
from livingdrug.workflows.shared_fields import FRAGMENTS, SEED, EvenSo
from livingdrug.workflows.tables import Duplicates, TableScenario, Untreated

MODEL, STARTS, UNCERTAINTY, FEW, BAYES = (
    "Model",
    "Initial estimates",
    "Parameter uncertainty",
    "Few subjects",
    "Bayesian estimation (--method bayes)",
)
# files of a folder: what they hold is not needed to read a scenario
METHODS = sorted(
    found.name for found in iter_modules([str(Path(livingdrug.__file__).parent / "fit" / "estimators")])
)


def read_theirs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """DVID=OUTPUT texts."""
    pairs = {}
    for text in texts:
        theirs, equals, ours = text.partition("=")
        if not (theirs and equals and ours):
            raise InputError(f"{option} `{text}` cannot be read; write DVID=OUTPUT")
        pairs[theirs] = ours
    return pairs


OUTPUT_IS = About(
    "Map DVID in the data to a model output: DVID=OUTPUT.",
    ("--output-is",),
    metavar="DVID=OUTPUT",
    read=read_theirs,
)


class Fit(TableScenario):
    """A fit. The reading of the table is that of `check`; replicates are kept, and subjects without a
    dose, where others have one, are untreated, unless duplicates and untreated say otherwise."""

    OUTPUTS: ClassVar = ("resume",)
    EXAMPLES: ClassVar = (
        "livingdrug fit kinetics.csv --model stein_2019 --evaluate focei",
        "livingdrug fit kinetics.csv --model stein_2019 --method individual --out estimates.csv",
    )

    kind: Literal["fit"] = "fit"
    model: Annotated[
        str,
        About(
            "A model (name or file); given several times, models are compared on the same data.",
            group=MODEL, metavar="MODEL", read=lambda texts, _: texts,
        ),
    ]
    also: tuple[str, ...] = ()
    compare: Annotated[bool, About("Fit by saem, focei and laplace, and say whether they agree.")] = False
    fragments: Annotated[tuple[str, ...], FRAGMENTS.under(MODEL)] = ()
    values: Annotated[
        dict[str, float],
        About(
            "Initial estimate of a parameter, or its value where it is fixed.",
            ("--set",), STARTS, metavar="NAME=VALUE", read=named_numbers,
        ),
    ] = Field(default_factory=dict)
    random: Annotated[
        tuple[str, ...],
        About(
            "Parameters with a random effect (IIV), and initial omega (SD); those with a published "
            "variability by default.",
            group=MODEL, metavar="NAME[=SD],...",
        ),
    ] = ()
    estimate: Annotated[
        tuple[str, ...], About("Estimated parameters without random effect.", group=MODEL, metavar="NAME,...")
    ] = ()
    fix: Annotated[
        tuple[str, ...], About("Fix a parameter at its value.", group=MODEL, metavar="NAME[=VALUE]")
    ] = ()
    covariate: Annotated[
        tuple[str, ...],
        About(
            "A covariate on a parameter: numbers as a power around their median, words as categories; "
            "more words: exponential, around 70, from 0.5, fixed 0.75.",
            group=MODEL, metavar="'WT on c_max'",
        ),
    ] = ()
    outcome: Annotated[
        tuple[str, ...],
        About(
            "An outcome in the same fit: a column of --endpoints or rows of the file; binary, ordered, "
            "count, event or weibull, driven by an exposure: CRS=ordered:log(CMAX), PFS=event:log(AUC28), "
            "or by the current level, PFS=event:log(transgene).",
            group=MODEL,
            metavar="NAME=KIND:DRIVER",
        ),
    ] = ()
    correlated: Annotated[
        tuple[str, ...],
        About(
            "Parameters whose random effects are correlated.",
            group=MODEL, metavar="NAME,NAME",
        ),
    ] = ()
    occasions: Annotated[
        tuple[str, ...],
        About(
            "Inter-occasion variability (IOV) on these parameters (column OCC), initial gamma (SD, 0.3).",
            group=MODEL, metavar="NAME[=SD],...",
        ),
    ] = ()
    residual: Annotated[
        tuple[str, ...],
        About(
            "Residual error: additive:a, proportional:b, combined:a,b (a + b f), combined_squares:a,b "
            "(sqrt(a2 + b2 f2)), lognormal:a.",
            group=MODEL, metavar="[OUTPUT=]KIND:A,B",
        ),
    ] = ()
    below: Annotated[
        str, About("BLQ method (Beal 2001): M3, or m1, m4, m5, m6, m7.", group=MODEL, metavar="RULE")
    ] = "m3"
    smooth: Annotated[
        float | None,
        About(
            "Smoothing width at the breakpoints of a piecewise model (0: none). focei and laplace, which "
            "follow slopes, take a twentieth and a tenth of the time of the first breakpoint by default. "
            "The difference from the exact breakpoints is said.",
            group=MODEL, metavar="TIME",
        ),
    ] = None
    outputs: Annotated[dict[str, str], OUTPUT_IS.under(MODEL)] = Field(default_factory=dict)
    compartments: Annotated[
        dict[str, str],
        About(
            "Which state of the model a compartment of the rows of doses (column CMT or ADM) is, such as "
            "2=central.",
            ("--compartment",), MODEL, metavar="THEIRS=STATE", read=read_theirs,
        ),
    ] = Field(default_factory=dict)
    missing: Annotated[
        str | None,
        About(
            "Subjects without a covariate that is used: median, leave-out, or estimate (a random effect "
            "with the mean and SD of the others); refused by default.",
            group=MODEL, metavar="RULE",
        ),
    ] = None
    ignore_before_dose: Annotated[
        bool,
        About(
            "Leave out samples up to the first dose whose prediction is 0, which a log-normal or "
            "proportional error does not allow.",
            group=MODEL,
        ),
    ] = False
    duplicates: Duplicates = "keep"
    untreated: Untreated = True
    conversion: Annotated[
        str | None,
        About("Convert units by a named, cited conversion, as in `nca`.", group=MODEL, former=("bridge",)),
    ] = None
    method: Annotated[
        str, About(f"Estimation method: {', '.join(METHODS[:-1])} or {METHODS[-1]}.", metavar="METHOD")
    ] = "saem"
    evaluate: Annotated[
        str | None,
        About(
            "Only the objective at the initial estimates: fo, foce, focei, laplace or is; nothing is "
            "fitted.",
            metavar="METHOD",
        ),
    ] = None
    start: Annotated[
        Literal["published", "data"],
        About(
            "Initial estimates: published, or data: lag, growth, peak and slopes of the curves. --set and "
            "--fix come first.",
            group=STARTS,
        ),
    ] = "published"
    starts: Annotated[
        int | None,
        About(
            "Number of sets of initial estimates; the best fit is reported. By default as many as the "
            "method needs (SAEM: two to four with fewer than 40 subjects, until two agree).",
            group=STARTS,
        ),
    ] = None
    profile: Annotated[
        tuple[str, ...],
        About(
            "Profile likelihood of these numbers (beta, 'omega beta'): what the data say of each, in "
            "words and as a figure.",
            group=UNCERTAINTY, metavar="NAME,...", read=commas,
        ),
    ] = ()
    bootstrap: Annotated[
        int, About("Intervals from N fits of resampled subjects.", group=UNCERTAINTY, metavar="N")
    ] = 0
    sir: Annotated[
        int,
        About(
            "Intervals from N (1000) vectors of sampling importance resampling.",
            group=UNCERTAINTY, metavar="N",
        ),
    ] = 0
    individuals: Annotated[
        Literal["first", "all"],
        About(
            "Whose curves are drawn in a folder: first (a page of 12 subjects) or all.",
            group="Figures",
        ),
    ] = "first"
    seed: Annotated[int, SEED] = 1
    prior: Annotated[
        tuple[str, ...],
        About(
            "Prior of a typical value on its scale (of ln c_max), or 'omega NAME=half_normal:SCALE' "
            "(half_cauchy) of a variability; weak ones by default.",
            group=BAYES, metavar="NAME=normal:MEAN,SD",
        ),
    ] = ()
    chains: Annotated[int, About("Number of chains.", group=BAYES)] = 4
    tune: Annotated[int, About("Tuning steps of each chain.", group=BAYES)] = 500
    draws: Annotated[int, About("Draws of each chain.", group=BAYES)] = 1000
    acceptance: Annotated[
        float, About("Acceptance rate aimed at; higher takes smaller steps.", group=BAYES)
    ] = 0.8
    borrow: Annotated[
        str | None,
        About(
            "The published typical values and variabilities of a model (stein_2019) as priors, each worth "
            "STRENGTH subjects (5), with saem or bayes; the fit of the data alone stands beside it.",
            group=FEW, metavar="MODEL[:STRENGTH]",
        ),
    ] = None
    reduce: Annotated[
        bool,
        About(
            "Where the data do not determine every number, the result is the model of the lowest BIC with "
            "fewer numbers.",
            group=FEW,
        ),
    ] = False

    even_so: EvenSo = False

    @classmethod
    def of_options(cls, given: dict, say: Callable[[str], None]) -> dict:
        """--model, given several times, names the models that are compared."""
        models = given.pop("model")
        return super().of_options(
            given | {"model": models[0]} | ({"also": models[1:]} if models[1:] else {}), say
        )

    @property
    def compares(self) -> bool:
        """Whether methods or models are compared."""
        return self.compare or bool(self.also)

    @property
    def table_file(self) -> str:
        """Estimates, the posterior, the objective, or a comparison."""
        if self.compares:
            return "comparison.csv"
        if self.evaluate:
            return "objective.csv"
        return "posterior.csv" if self.samples else "parameters.csv"

    @property
    def samples(self) -> bool:
        """Whether the method gives draws of a posterior."""
        from livingdrug.fit import all_estimators

        return self.method in all_estimators() and all_estimators()[self.method].samples

    def memory(self) -> float:
        """Bytes of draws and of resampled vectors of parameters."""
        from livingdrug.fit import all_estimators

        method = all_estimators().get(self.method)
        draws = method.with_options(vars(self)).draws_held if method else 0
        return DRAW * draws + VECTOR * (self.bootstrap + 10 * self.sir)
