r"""Tisagenlecleucel transgene kinetics in children and young adults with B-ALL (Stein 2019).

Closed form, rho = ln(fold) / Tmax:
    t <  Tmax : C(t) = Cmax / fold * exp(rho t)
    t >= Tmax : C(t) = Cmax [(1 - FB) exp(-alpha (t - Tmax)) + FB exp(-beta (t - Tmax))]
ODE form (effector E, memory M, C = E + M), k = FB (alpha - beta):
    t <  Tmax : dE/dt = rho E,      dM/dt = 0
    t >= Tmax : dE/dt = -alpha E,   dM/dt = k E - beta M
The dose is not a parameter: the curve starts at Cmax / fold.
"""

from dataclasses import replace

from livingdrug.models import (
    About,
    Anchor,
    ClosedForm,
    ClosedOutput,
    Condition,
    Definition,
    Experiment,
    Flow,
    Model,
    Output,
    Piece,
    Place,
    Population,
    Quantity,
    Residual,
    Source,
    State,
    Structure,
    Switch,
    Values,
    lognormal,
)
from livingdrug.models.shared import PAPER

STEIN = Source(
    "stein_2019",
    "Stein et al. 2019, CPT Pharmacometrics Syst Pharmacol 8:285-295, Table 1",
    "10.1002/psp4.12388",
    "as transcribed by nlmixr2lib and two independent re-implementations, which agree",
)
COVARIATES = Source(
    STEIN.key,
    STEIN.citation,
    STEIN.doi,
    "full covariate model, a single transcription; none was significant on bootstrap",
)
COMEDICATION = Source(
    STEIN.key, STEIN.citation, STEIN.doi, "median first dose on day 5.7 (tocilizumab), 7.5 (steroid)"
)
ABSTRACT = Source(
    STEIN.key, STEIN.citation, STEIN.doi, "abstract; the terminal half-life is rounded to 220 d there"
)
COMPUTED = Source(
    "livingdrug_facts", "computed from the closed form, equations 1.1 and 1.3 of the facts sheet"
)

COPIES = "copies/ug"
KINETIC = (
    Quantity("fold", "1", "fold expansion from infusion to the peak", "fold", bound="positive"),
    Quantity("t_max", "d", "time of the peak", "T_{max}", bound="positive"),
    Quantity("c_max", COPIES, "transgene level at the peak", "C_{max}", bound="positive"),
    Quantity("alpha", "1/d", "fast contraction rate", r"\alpha", bound="positive"),
    Quantity("f_b", "1", "fraction of the peak that enters the slow phase", "F_B", bound="fraction"),
    Quantity("beta", "1/d", "slow persistence rate", r"\beta", bound="positive"),
)
TYPICAL = {"fold": 3900.0, "t_max": 9.3, "c_max": 24000.0, "alpha": 0.16, "f_b": 0.0079, "beta": 0.0032}
PRINTED = {"fold": 2.4, "t_max": 0.38, "c_max": 0.65, "alpha": 0.91, "f_b": 0.80, "beta": 0.86}

_EFFECTS = (  # covariate, what it is, reference, coefficient, how it enters ln c_max
    ("female", "1 if female, 0 if male", 0.0, 0.25),
    ("asian", "1 if Asian, 0 if White", 0.0, 0.13),
    ("other_race", "1 if neither White nor Asian, or unknown", 0.0, 0.33),
    ("down_syndrome", "1 with Down syndrome", 0.0, 0.25),
    ("prior_transplant", "1 with a prior stem-cell transplant", 0.0, 0.29),
    ("no_fludarabine", "1 without fludarabine lymphodepletion", 0.0, -0.63),
    ("ensign", "1 in study ENSIGN, 0 in ELIANA", 0.0, -0.11),
    ("received_tocilizumab", "1 if tocilizumab was given (association, not effect)", 0.0, 0.44),
    ("received_steroid", "1 if a corticosteroid was given (association, not effect)", 0.0, -0.36),
)
_POWERS = (
    ("transduction", "%", "transduction efficiency of the product", 19.0, 0.22),
    ("dose_per_kg", "cells/kg", "infused dose per body weight", 3.1e6, 0.093),
)
COVARIATE_QUANTITIES = (
    *(Quantity(name, "1", meaning, bound="fraction", covariate=True) for name, meaning, _, _ in _EFFECTS),
    *(
        Quantity(name, unit, meaning, bound="positive", covariate=True)
        for name, unit, meaning, _, _ in _POWERS
    ),
    *(Quantity(f"e_{name}", "1", f"effect of {name} on ln c_max", bound="any") for name, *_ in _EFFECTS),
    *(Quantity(f"e_{name}", "1", f"exponent of {name} on c_max", bound="any") for name, *_ in _POWERS),
    *(
        Quantity(f"{name}_ref", unit, f"reference of {name}", bound="positive", fixed=True)
        for name, unit, *_ in _POWERS
    ),
)
COVARIATE_VALUES = {
    **{name: reference for name, _, reference, _ in _EFFECTS},
    **{name: reference for name, _, _, reference, _ in _POWERS},
    **{f"e_{name}": coefficient for name, _, _, coefficient in _EFFECTS},
    **{f"e_{name}": exponent for name, _, _, _, exponent in _POWERS},
    **{f"{name}_ref": reference for name, _, _, reference, _ in _POWERS},
}
INDIVIDUAL = {
    "c_max": "c_max * exp("
    + " + ".join(f"e_{name} * {name}" for name, *_ in _EFFECTS)
    + ") * "
    + " * ".join(f"({name} / {name}_ref) ** e_{name}" for name, *_ in _POWERS)
}

RHO = Definition("rho", "log(fold) / t_max", "growth rate before the peak", r"\rho")
VALID = (
    Condition("fold - 1", "fold expansion must be above 1"),
    Condition("alpha - beta", "the fast rate alpha must be above the slow rate beta"),
)
DECLINE = "((1 - f_b) * exp(-alpha * (time - t_max)) + f_b * exp(-beta * (time - t_max)))"
MEANING = "CAR transgene in blood by qPCR"

SD = Population(
    "sd",
    {name: lognormal(sd=value) for name, value in PRINTED.items()},
    STEIN,
    "printed variability (omega) read as standard deviations of eta (their standard errors are impossible "
    "for variances)",
)
VARIANCE = Population(
    "variance",
    {name: lognormal(variance=value) for name, value in PRINTED.items()},
    PAPER,
    "printed variability (omega) read as variances, as Kirouac 2024 does (its sample sizes only come out "
    "this way)",
)
RESIDUAL = Residual("transgene", 0.56, STEIN)
EXPERIMENTS = (Experiment("one year", doses=(), until=365.0),)
DEVIATIONS = (
    "Table 1 does not say whether the printed omegas are SDs or variances; the default population reads "
    "them as SDs.",
    "No correlation between random effects is reported; they are drawn independently.",
    "The typical values are those of the full covariate model's reference subject (male, White, ELIANA, "
    "fludarabine, no transplant, no comedication).",
    "The dose is not in the equations; `dose_per_kg` is a covariate with exponent 0.093.",
    "How Stein treated values below the limit of quantification was not found.",
)

ABOUT = About(
    purpose="Typical course of the transgene and its variability; the yardstick for other curves.",
    origin="90 children and young adults with B-ALL given tisagenlecleucel (ELIANA, ENSIGN).",
    can="Expansion, fast and slow decline, populations, covariates, sample sizes.",
    cannot="No dose in the equations, no tumour, no response.",
    disease=("leukaemia",),
    target=("CD19",),
    mechanism=("expansion", "memory", "covariates"),
    data=("patients",),
    kind="population",
    licence="transcription GPL, facts only",
)


def _values(extra: dict[str, float], sources: dict[str, Source]) -> tuple[Values, ...]:
    covariate_sources = dict.fromkeys(COVARIATE_VALUES, COVARIATES)
    return (
        Values("table_1", STEIN, {**TYPICAL, **COVARIATE_VALUES, **extra}, {**covariate_sources, **sources}),
    )


def _anchor(name: str, value: float, unit: str, rtol: float, source: Source = COMPUTED, **what) -> Anchor:
    return Anchor(name, float(value), unit, rtol, source, **what)


KINETIC_ANCHORS = (
    _anchor("doubling time", 0.78, "d", 0.01, ABSTRACT, expression="log(2) * t_max / log(fold)"),
    _anchor("initial half-life", 4.3, "d", 0.01, ABSTRACT, expression="log(2) / alpha"),
    _anchor("terminal half-life", 217.0, "d", 0.002, COMPUTED, expression="log(2) / beta"),
)
CURVE_ANCHORS = (
    *(
        _anchor(
            f"typical AUC to day {day}",
            auc,
            "d*copies/ug",
            1e-6,
            output="transgene",
            quantity="AUC",
            until=day,
        )
        for day, auc in ((28.0, 171774.285), (60.0, 184630.153), (365.0, 216068.678))
    ),
    *(
        _anchor(
            f"typical level on day {day:g}", value, COPIES, 1e-5, output="transgene", quantity=f"C{day:g}"
        )
        for day, value in (
            (0, 6.15385),
            (1, 14.9721),
            (3, 88.6247),
            (5, 524.598),
            (7, 3105.26),
            (9.3, 24000),
            (10, 21476.7),
            (14, 11411.5),
            (21, 3845.05),
            (28, 1373.56),
            (60, 168.346),
            (90, 146.508),
            (180, 109.802),
            (365, 60.7445),
        )
    ),
)

STEIN_2019 = Model(
    name="stein_2019",
    title="Tisagenlecleucel transgene kinetics in B-ALL, closed form",
    structure=ClosedForm(
        outputs=(
            ClosedOutput(
                "transgene",
                (Piece("c_max / fold * exp(rho * time)", until="t_max"), Piece(f"c_max * {DECLINE}")),
                COPIES,
                MEANING,
                measured=True,
            ),
        ),
        quantities=KINETIC + COVARIATE_QUANTITIES,
        definitions=(RHO,),
        valid=VALID,
    ),
    values=_values({}, {}),
    populations=(SD, VARIANCE),
    residuals=(RESIDUAL,),
    experiments=EXPERIMENTS,
    individual=INDIVIDUAL,
    anchors=KINETIC_ANCHORS + CURVE_ANCHORS,
    deviations=DEVIATIONS,
    about=ABOUT,
)

# ---------------------------------------------------------------------------------- the same as flows, for fragments

STEIN_2019_ODE = Model(
    name="stein_2019_ode",
    title="Tisagenlecleucel transgene kinetics in B-ALL, effector and memory flows",
    structure=Structure(
        places=(Place("blood"),),
        states=(
            State(
                "effector",
                COPIES,
                "expanding, then contracting cells",
                ("car_t",),
                "blood",
                "c_max / fold",
                "E",
            ),
            State("memory", COPIES, "persisting cells", ("car_t",), "blood", symbol="M"),
        ),
        definitions=(RHO, Definition("k_memory", "f_b * (alpha - beta)", "conversion to memory", "k")),
        switches=(Switch("contracting", "t_max", "1 from the peak on", r"\mathbb{1}_{t \geq T_{max}}"),),
        flows=(
            Flow("growth", "(1 - contracting) * rho * effector", "expansion", into="effector"),
            # alpha already holds the loss to memory: the inflow of memory is not taken out of the effectors
            # again
            Flow("contraction", "contracting * alpha * effector", "death", out_of="effector"),
            Flow("memory_formation", "contracting * k_memory * effector", "differentiation", into="memory"),
            Flow("memory_loss", "contracting * beta * memory", "death", out_of="memory"),
        ),
        outputs=(Output("transgene", "effector + memory", COPIES, MEANING, measured=True),),
        quantities=KINETIC + COVARIATE_QUANTITIES,
        time_unit="d",
    ),
    values=_values({}, {}),
    populations=(SD, VARIANCE),
    residuals=(RESIDUAL,),
    experiments=EXPERIMENTS,
    individual=INDIVIDUAL,
    anchors=KINETIC_ANCHORS + CURVE_ANCHORS,
    deviations=(
        *DEVIATIONS,
        "Where alpha is below beta the memory inflow is negative; such subjects are named.",
    ),
    about=ABOUT,
)

# --------------------------------------------------------------------------- closed form with comedication on growth


def _fold_by(time: str) -> str:
    """Fold expansion reached at `time`: days without, with either and with both drugs each grow at their own
    rate.

        Same as R0 exp(rho t1) exp(F1 rho (t2 - t1)) exp(F1 F2 rho (t - t2)) with the starts in their order.
    """
    on_t = f"max(0, {time} - min(tocilizumab_start, t_max))"
    on_s = f"max(0, {time} - min(steroid_start, t_max))"
    both = f"min({on_t}, {on_s})"
    return (
        f"exp(rho * ({time} - max({on_t}, {on_s}) + tocilizumab_factor * ({on_t} - {both})"
        f" + steroid_factor * ({on_s} - {both}) + tocilizumab_factor * steroid_factor * {both}))"
    )


_RISE = "c_max / fold * " + _fold_by("time")
COMEDICATION_QUANTITIES = (
    Quantity("tocilizumab_start", "d", "first tocilizumab; from t_max on it has no effect", "t_T"),
    Quantity("steroid_start", "d", "first corticosteroid; from t_max on it has no effect", "t_S"),
    Quantity("tocilizumab_factor", "1", "factor on the growth rate once tocilizumab has started", "F_{toci}"),
    Quantity("steroid_factor", "1", "factor on the growth rate once a steroid has started", "F_{ster}"),
)
COMEDICATION_VALUES = {
    "tocilizumab_start": 5.7, "steroid_start": 7.5, "tocilizumab_factor": 1.2, "steroid_factor": 1.0,
}  # fmt: skip

STEIN_2019_COMEDICATION = Model(
    name="stein_2019_comedication",
    title="Tisagenlecleucel in B-ALL with tocilizumab and steroid acting on growth, closed form",
    structure=ClosedForm(
        outputs=(
            ClosedOutput(
                "transgene",
                (
                    Piece(_RISE, until="min(min(tocilizumab_start, steroid_start), t_max)"),
                    Piece(_RISE, until="min(max(tocilizumab_start, steroid_start), t_max)"),
                    Piece(_RISE, until="t_max"),
                    Piece(f"c_max / fold * {_fold_by('t_max')} * {DECLINE}"),
                ),
                COPIES,
                MEANING,
                measured=True,
            ),
        ),
        quantities=(*KINETIC, *COMEDICATION_QUANTITIES, *COVARIATE_QUANTITIES),
        definitions=(RHO,),
        valid=VALID,
    ),
    values=_values(COMEDICATION_VALUES, dict.fromkeys(("tocilizumab_start", "steroid_start"), COMEDICATION)),
    populations=(SD, VARIANCE),
    residuals=(RESIDUAL,),
    experiments=EXPERIMENTS,
    individual=INDIVIDUAL,
    anchors=(
        _anchor(
            "peak with tocilizumab from day 5.7",
            24000 * 1.897,
            COPIES,
            1e-3,
            output="transgene",
            quantity="CMAX",
        ),
    ),
    deviations=(
        *DEVIATIONS,
        "rho keeps its definition from fold and t_max, so c_max is the peak without comedication.",
        "The median start times stand in for a subject's own; the paper concludes that neither drug has an "
        "effect.",
    ),
    about=replace(ABOUT, mechanism=(*ABOUT.mechanism, "comedication")),
)
