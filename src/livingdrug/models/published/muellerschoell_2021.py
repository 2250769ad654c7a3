r"""Four phenotypes of axicabtagene ciloleucel and the tumour volume (Mueller-Schoell 2021).

    g(x) = V1 U x / (KM1 + x)
    dTN  = g(TN) + kp1 TN - k12 TN - ke TN                  dTCM  = g(TCM) + kp2 TCM + k12 TN - k23 TCM - ke TCM
    dTEM = g(TEM) + kp3 TEM + k23 TCM - k34 TEM - ke TEM    dTEff = k34 TEM - ke4 TEff
    dU   = k5 (1 - U/K0) U - (v1 TN + v2 TCM + v3 TEM + v4 TEff) U / (KM5 + U)
    V1   = V1ref (1 + 2.53 ASCT) (CD4/CD8)^-0.385 in the reference class, V1low (1 + 2.53 ASCT) in the low class

Cells/uL, mL, days. A patient is of the low class with probability 0.197.
"""

from livingdrug.models import (
    About,
    Anchor,
    Definition,
    Experiment,
    Flow,
    Model,
    Output,
    Place,
    Population,
    Quantity,
    Residual,
    Source,
    State,
    Structure,
    Values,
    lognormal,
)
from livingdrug.models.shared import ADULT_BLOOD, BLOOD_VOLUME, transcribed

PAPER = transcribed(
    "muellerschoell_2021",
    "Mueller-Schoell et al. 2021, Cancers 13:2782, Table 1",
    "10.3390/cancers13112782",
    "MuellerSchoell_2021_axicabtageneCiloleucel_qsp (f58b1f4)",
)
SOLVED = Source("livingdrug_facts", "own LSODA solution, rtol 1e-10")
REFERENCE = Source("livingdrug", "the reference patient of the covariate effects")

# state, meaning, kill rate, SD of the logarithm of the residual error
PHENOTYPES = (
    ("naive", "naive", "T_N", 2.57, 0.547332),
    ("central", "central memory", "T_{CM}", 4.04, 0.743415),
    ("effector_memory", "effector memory", "T_{EM}", 3.78, 0.944456),
    ("effector", "effector", "T_{Eff}", 4.24, 0.635942),
)
GROWING = ("naive", "central", "effector_memory")

STRUCTURE = Structure(
    places=(Place("blood", volume="blood_volume"),),
    states=(
        *(
            State(name, "cells/uL", f"{words} CAR-T cells", ("car_t",), "blood", "start", symbol)
            for name, words, symbol, *_ in PHENOTYPES
        ),
        State("tumour", "mL", "tumour volume", ("target",), initial="tumour_0", symbol="U", log=True),
    ),
    definitions=(
        Definition(
            "expansion_reference",
            "v1_reference * (cd4_cd8 / cd4_cd8_0) ** e_cd4_cd8",
            "expansion, reference class",
        ),
        Definition(
            "expansion",
            "(1 + e_transplant * transplant) * (low_class * v1_low + (1 - low_class) * expansion_reference)",
            "largest expansion rate for 1 mL of tumour",
            "V_1",
        ),
    ),
    flows=(
        *(
            Flow(
                f"{name}_expansion",
                f"expansion * tumour * hill({name}, 1, expansion_50)",
                "expansion",
                into=name,
            )
            for name in GROWING
        ),
        *(Flow(f"{name}_proliferation", f"mu_{name} * {name}", "expansion", into=name) for name in GROWING),
        *(Flow(f"{name}_death", f"d_early * {name}", "death", out_of=name) for name in GROWING),
        Flow("effector_death", "d_effector * effector", "death", out_of="effector"),
        Flow("naive_to_central", "k_naive * naive", "differentiation", "naive", "central"),
        Flow(
            "central_to_effector_memory",
            "k_central * central",
            "differentiation",
            "central",
            "effector_memory",
        ),
        Flow(
            "effector_memory_to_effector",
            "k_effector_memory * effector_memory",
            "differentiation",
            "effector_memory",
            "effector",
        ),
        Flow("tumour_growth", "mu_tumour * tumour * (1 - tumour / tumour_max)", "growth", into="tumour"),
        Flow(
            "tumour_killing",
            "("
            + " + ".join(f"kill_{name} * {name}" for name, *_ in PHENOTYPES)
            + ") * tumour / (kill_50 + tumour)",
            "killing",
            out_of="tumour",
        ),
    ),
    outputs=(
        Output(
            "car_t_blood",
            "density(car_t @ blood)",
            "cells/uL",
            "CAR-T cells in blood, all phenotypes",
            measured=True,
        ),
        *(
            Output(f"t_{name}", name, "cells/uL", f"{words} CAR-T cells in blood", measured=True)
            for name, words, *_ in PHENOTYPES
        ),
        Output("tumour", "tumour", "mL", "tumour volume", measured=True),
    ),
    quantities=(
        Quantity(
            "v1_reference",
            "cells/uL/d/mL",
            "largest expansion for 1 mL of tumour, reference class",
            "V_{1,ref}",
        ),
        Quantity("v1_low", "cells/uL/d/mL", "largest expansion for 1 mL of tumour, low class", "V_{1,low}"),
        Quantity("low_class", "1", "1 if the patient is of the low class", bound="fraction"),
        Quantity("e_transplant", "1", "effect of a prior autologous transplant on expansion", "ASCT"),
        Quantity("e_cd4_cd8", "1", "exponent of CD4/CD8 on day 7", bound="any"),
        Quantity("transplant", "1", "1 after an autologous transplant", bound="fraction", covariate=True),
        Quantity("cd4_cd8", "1", "ratio of CD4 to CD8 on day 7", bound="positive", covariate=True),
        Quantity("cd4_cd8_0", "1", "reference ratio", bound="positive", fixed=True),
        Quantity(
            "expansion_50", "cells/uL", "cells at half of the largest expansion", "K_{M1}", bound="positive"
        ),
        Quantity("k_naive", "1/d", "rate from naive to central memory", "k_{12}"),
        Quantity("k_central", "1/d", "rate from central to effector memory", "k_{23}"),
        Quantity("k_effector_memory", "1/d", "rate from effector memory to effector", "k_{34}"),
        Quantity("d_effector", "1/d", "effector death rate", "k_{e4}"),
        Quantity("d_early", "1/d", "death rate of the other phenotypes", "k_e"),
        *(
            Quantity(
                f"mu_{name}", "1/d", f"homeostatic proliferation, {name.replace('_', ' ')}", f"k_{{p{i}}}"
            )
            for i, name in enumerate(GROWING, start=1)
        ),
        *(
            Quantity(f"kill_{name}", "mL*uL/cells/d", f"tumour volume killed by {words} cells", f"v_{i}")
            for i, (name, words, *_) in enumerate(PHENOTYPES, start=1)
        ),
        Quantity("kill_50", "mL", "tumour volume at half of the largest kill", "K_{M5}", bound="positive"),
        Quantity("mu_tumour", "1/d", "tumour growth rate", "k_5"),
        Quantity("tumour_max", "mL", "largest tumour volume", "K_0", bound="positive"),
        Quantity("start", "cells/uL", "cells of each phenotype on day 0", "T_0", bound="positive"),
        Quantity("tumour_0", "mL", "tumour volume in PET on day 0", "U_0", bound="positive", covariate=True),
        BLOOD_VOLUME,
    ),
    time_unit="d",
)
NUMBERS = {
    "v1_reference": 0.00846,
    "v1_low": 0.0007,
    "e_transplant": 2.53,
    "e_cd4_cd8": -0.385,
    "transplant": 0.0,
    "cd4_cd8": 1.0,
    "cd4_cd8_0": 1.0,
    "expansion_50": 1.13,
    "k_naive": 0.140,
    "k_central": 0.191,
    "k_effector_memory": 0.355,
    "d_effector": 0.518,
    "d_early": 0.0104,
    "mu_naive": 0.0005,
    "mu_central": 0.007,
    "mu_effector_memory": 0.007,
    "kill_50": 276.0,
    "mu_tumour": 0.0023,
    "tumour_max": 5000.0,
    "start": 0.1,
    "tumour_0": 85.7,
    "blood_volume": 5e6,
    **{f"kill_{name}": kill for name, _, _, kill, _ in PHENOTYPES},
}
NOTES = {
    "d_early": "fixed at 0.02 of the death rate of effectors",
    "start": "imputed",
    "tumour_0": "median; 2.54 to 3555 mL in the cohort",
    "cd4_cd8": "0.0512 to 8.94 in the cohort; reference class only",
    "mu_tumour": "fixed; not identified",
    "tumour_max": "fixed; not identified",
    **{f"kill_{name}": "derived, not estimated" for name in ("naive", "effector_memory", "effector")},
}
SOURCES = {"blood_volume": ADULT_BLOOD, "cd4_cd8_0": REFERENCE, "cd4_cd8": REFERENCE, "transplant": REFERENCE}


def _class(name: str, low: float) -> Values:
    return Values(name, PAPER, {**NUMBERS, "low_class": low}, SOURCES, NOTES)


LARGE = "tumour of 3555 mL"
MODEL = Model(
    name="muellerschoell_2021",
    title="Four phenotypes of axicabtagene ciloleucel and tumour volume, with a class of low expansion",
    structure=STRUCTURE,
    values=(_class("reference", 0.0), _class("low", 1.0)),
    populations=(
        Population(
            "table_1",
            {"v1_reference": lognormal(cv=1.5), "kill_central": lognormal(cv=3.07)},
            PAPER,
            "two classes (low expansion with probability 0.197), variability of expansion and of the kill "
            "rate",
            members={"reference": 0.803, "low": 0.197},
        ),
    ),
    residuals=tuple(Residual(f"t_{name}", sd, PAPER) for name, *_, sd in PHENOTYPES)
    + (Residual("tumour", 0.917957, PAPER),),
    experiments=(
        Experiment("median tumour", (), 365.0),
        Experiment(LARGE, (), 365.0, {"tumour_0": 3555.0}),
        Experiment("low class", (), 365.0, {"tumour_0": 3555.0}, vector="low"),
    ),
    anchors=(
        Anchor(
            "peak, median tumour", 7.1803631, "cells/uL", 1e-4, SOLVED, output="car_t_blood", quantity="CMAX"
        ),
        Anchor("tumour on day 28", 18.406862, "mL", 1e-4, SOLVED, output="tumour", quantity="C28"),
        Anchor(
            "peak, tumour of 3555 mL",
            264.41664,
            "cells/uL",
            1e-4,
            SOLVED,
            output="car_t_blood",
            quantity="CMAX",
            experiment=LARGE,
        ),
        Anchor(
            "peak, low class",
            44.02564,
            "cells/uL",
            1e-4,
            SOLVED,
            output="car_t_blood",
            quantity="CMAX",
            experiment="low class",
        ),
    ),
    deviations=(
        "With a small tumour the low class does not expand: the highest level is that of day 0.",
        "A tumour of 3555 mL falls to 1e-11 mL, less than one cell, and grows back from there; read that as "
        "cleared.",
        "Expansion per mL of tumour does not saturate in the tumour volume.",
        "No dose is in the equations: each phenotype starts at 0.1 cells/uL.",
    ),
    about=About(
        purpose="Which phenotypes expand, for which tumour volume, and who does not expand at all.",
        origin="19 patients given axicabtagene ciloleucel: phenotypes in blood and PET volumes.",
        can="Populations of four phenotypes and tumour volume, with a class of low expansion and two covariates.",
        cannot="No dose, no cytokines, no product phenotype before the infusion; growth of the tumour was not identified.",
        disease=("lymphoma",),
        target=("CD19",),
        mechanism=("expansion", "killing", "phenotypes", "memory", "covariates"),
        data=("patients",),
        kind="population",
        licence="paper CC BY; transcription GPL, facts only",
    ),
)
