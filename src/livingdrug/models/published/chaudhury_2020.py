r"""Three small models of CAR-T cells and tumour from a review (Chaudhury 2020).

predator and prey:  dE/dt = rho E U - kE E                         dU/dt = g U - d E U
saturable:          until Tmax dE/dt = rho E U/(EC50rho + E + U), after it dE/dt = -(kEP + kE) E, dP/dt = kEP E - beta P
                    dU/dt = F g U (1 - ln U/ln Umax) - d E U/(EC50d + E + U)          F = U^h/(Ucrit^h + U^h)
first order:        until Tmax dE/dt = rho E, after it as above;   dU/dt = F g U (1 - ln U/ln Umax) - d E U

Cells/uL and days.
"""

from livingdrug.models import (
    About,
    Anchor,
    Experiment,
    Flow,
    Model,
    Output,
    Place,
    Quantity,
    State,
    Structure,
    Switch,
    Values,
)
from livingdrug.models.shared import ADULT_BLOOD, BLOOD_VOLUME, SOLVED, biomodels

CITATION, DOI = "Chaudhury et al. 2020, J Clin Pharmacol 60:S147", ""
LV_SOURCE = biomodels("chaudhury_2020", CITATION, "BIOMD0000001024")
EC50_SOURCE = biomodels("chaudhury_2020", CITATION, "BIOMD0000001025")
FIRST_SOURCE = biomodels("chaudhury_2020", CITATION, "MODEL2109110005, which its curator doubts")

BLOOD = Place("blood", volume="blood_volume")
TUMOUR = State("tumour", "cells/uL", "tumour cells", ("target",), "blood", "tumour_0", "U", log=True)
START = (
    Quantity("car_t_0", "cells/uL", "CAR-T cells at the start", "E_0", "positive"),
    Quantity("tumour_0", "cells/uL", "tumour cells at the start", "U_0", "positive"),
    BLOOD_VOLUME,
)
DEATH, KILL = (
    Quantity("d_car_t", "1/d", "death rate of CAR-T cells", "k_E"),
    Quantity("k_kill", "1/d", "largest kill rate", "d"),
)
MASS_ACTION_KILL = Quantity("k_kill", "uL/cells/d", "kill rate per CAR-T cell", "d")
SHARED_START = {"car_t_0": 10.0, "tumour_0": 900.0, "blood_volume": 5e6}


def _about(purpose: str, cannot: str) -> About:
    return About(
        purpose=purpose,
        origin="Numbers of the review, as encoded in BioModels.",
        can="CAR-T cells and tumour in blood from one infusion.",
        cannot=cannot,
        disease=("any",),
        target=("any",),
        mechanism=("expansion", "killing", "memory") if "peak" in purpose else ("expansion", "killing"),
        data=("assumed",),
        kind="illustration",
        licence="SBML CC0",
    )


LV = Model(
    name="chaudhury_2020_lv",
    title="CAR-T cells and tumour as predator and prey",
    structure=Structure(
        places=(BLOOD,),
        states=(
            State("effector", "cells/uL", "CAR-T cells", ("car_t",), "blood", "car_t_0", "E", log=True),
            TUMOUR,
        ),
        flows=(
            Flow("expansion", "k_expansion * effector * tumour", "expansion", into="effector"),
            Flow("death", "d_car_t * effector", "death", out_of="effector"),
            Flow("tumour_growth", "mu_tumour * tumour", "growth", into="tumour"),
            Flow("killing", "k_kill * effector * tumour", "killing", out_of="tumour"),
        ),
        outputs=(
            Output("car_t_blood", "effector", "cells/uL", "CAR-T cells in blood", measured=True),
            Output("tumour", "tumour", "cells/uL", "tumour cells in blood", measured=True),
        ),
        quantities=(
            Quantity("k_expansion", "uL/cells/d", "expansion per tumour cell", r"\rho"),
            DEATH,
            Quantity("mu_tumour", "1/d", "tumour growth rate", "g"),
            MASS_ACTION_KILL,
            *START,
        ),
        time_unit="d",
    ),
    values=(
        Values(
            "biomodels",
            LV_SOURCE,
            {"k_expansion": 0.0018, "d_car_t": 0.16, "mu_tumour": 0.15, "k_kill": 1.5e-4, **SHARED_START},
            {"blood_volume": ADULT_BLOOD},
        ),
    ),
    experiments=(Experiment("one infusion", (), 182.0),),
    anchors=(
        Anchor("CAR-T on day 28", 398.29224, "cells/uL", 1e-3, SOLVED, output="car_t_blood", quantity="C28"),
        Anchor("tumour on day 28", 0.0016402997, "cells/uL", 1e-3, SOLVED, output="tumour", quantity="C28"),
    ),
    deviations=("Predator and prey swing for ever; later waves depend on the tolerance of the solver.",),
    about=_about(
        "The simplest pair: CAR-T cells that grow on the tumour that they kill.",
        "No contraction by itself, no limit of growth, no individual differences.",
    ),
)

OUTPUTS = (
    Output("expanding", "expanding", "cells/uL", "expanding CAR-T cells"),
    Output("persistent", "persistent", "cells/uL", "persistent CAR-T cells"),
    Output("car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood", measured=True),
    Output("tumour", "tumour", "cells/uL", "tumour cells in blood", measured=True),
)
CONTRACTING = Switch("contracting", "t_max", "1 from the peak on", r"\mathbb{1}_{t \geq T_{max}}")
STATES = (
    State("expanding", "cells/uL", "expanding CAR-T cells", ("car_t",), "blood", "car_t_0", "E"),
    State("persistent", "cells/uL", "persistent CAR-T cells", ("car_t",), "blood", symbol="P"),
    TUMOUR,
)
CONTRACTION = (
    Flow("contraction", "contracting * d_car_t * expanding", "death", out_of="expanding"),
    Flow(
        "memory_formation", "contracting * k_memory * expanding", "differentiation", "expanding", "persistent"
    ),
    Flow("memory_death", "contracting * d_memory * persistent", "death", out_of="persistent"),
    Flow(
        "tumour_growth",
        "mu_tumour * hill(tumour, n_cure, tumour_cure) * tumour * (1 - log(tumour / unit) / log(tumour_max "
        "/ unit))",
        "growth",
        into="tumour",
    ),
)
QUANTITIES = (
    DEATH,
    Quantity("k_memory", "1/d", "rate from expanding to persistent", "k_{EP}"),
    Quantity("d_memory", "1/d", "death rate of persistent cells", r"\beta"),
    Quantity("mu_tumour", "1/d", "tumour growth rate", "g"),
    Quantity("tumour_max", "cells/uL", "tumour cells at which growth stops", "U_{max}", "positive"),
    Quantity("tumour_cure", "cells/uL", "tumour cells below which growth fades", "U_{crit}", "positive"),
    Quantity("n_cure", "1", "steepness of that", "h", "positive"),
    Quantity("t_max", "d", "time of the peak", "T_{max}", "positive"),
    Quantity("unit", "cells/uL", "what the logarithm counts in", bound="positive", fixed=True),
    *START,
)
NUMBERS = {
    "d_car_t": 0.16,
    "k_memory": 0.0012,
    "d_memory": 0.0032,
    "tumour_cure": 0.1,
    "n_cure": 3.0,
    "t_max": 9.3,
    "unit": 1.0,
    **SHARED_START,
}

EC50 = Model(
    name="chaudhury_2020_ec50",
    title="Saturable expansion and kill, with a peak at a set time",
    structure=Structure(
        places=(BLOOD,),
        states=STATES,
        switches=(CONTRACTING,),
        flows=(
            Flow(
                "expansion",
                "(1 - contracting) * k_expansion * expanding * tumour / (expansion_50 + expanding + tumour)",
                "expansion",
                into="expanding",
            ),
            *CONTRACTION,
            Flow(
                "killing",
                "k_kill * expanding * tumour / (kill_50 + expanding + tumour)",
                "killing",
                out_of="tumour",
            ),
        ),
        outputs=OUTPUTS,
        quantities=(
            Quantity("k_expansion", "1/d", "largest expansion rate", r"\rho"),
            Quantity("expansion_50", "cells/uL", "cells at half of the largest expansion", r"EC_{50,\rho}"),
            KILL,
            Quantity("kill_50", "cells/uL", "cells at half of the largest kill", "EC_{50,d}"),
            *QUANTITIES,
        ),
        time_unit="d",
    ),
    values=(
        Values(
            "biomodels",
            EC50_SOURCE,
            {
                **NUMBERS,
                "k_expansion": 8.8,
                "expansion_50": 1.0,
                "k_kill": 0.35,
                "kill_50": 10.0,
                "mu_tumour": 0.2,
                "tumour_max": 1000.0,
            },
            {"blood_volume": ADULT_BLOOD},
        ),
    ),
    experiments=(Experiment("one infusion", (), 365.0),),
    anchors=(
        Anchor("peak", 22818.278, "cells/uL", 1e-4, SOLVED, output="expanding", quantity="CMAX"),
        Anchor(
            "peak of persistent cells",
            156.90032,
            "cells/uL",
            1e-4,
            SOLVED,
            output="persistent",
            quantity="CMAX",
        ),
        Anchor("tumour on day 28", 1.3666334, "cells/uL", 1e-3, SOLVED, output="tumour", quantity="C28"),
    ),
    deviations=("The time of the peak is set, not a result.",),
    about=_about(
        "Expansion and kill that saturate, to a peak at a set time.",
        "The peak's time is an input; no differences.",
    ),
)

FIRST_ORDER = Model(
    name="chaudhury_2020_first_order",
    title="Exponential expansion to a set time, kill by mass action",
    structure=Structure(
        places=(BLOOD,),
        states=STATES,
        switches=(CONTRACTING,),
        flows=(
            Flow("expansion", "(1 - contracting) * k_expansion * expanding", "expansion", into="expanding"),
            *CONTRACTION,
            Flow("killing", "k_kill * expanding * tumour", "killing", out_of="tumour"),
        ),
        outputs=OUTPUTS,
        quantities=(Quantity("k_expansion", "1/d", "expansion rate", r"\rho"), MASS_ACTION_KILL, *QUANTITIES),
        time_unit="d",
    ),
    values=(
        Values(
            "biomodels",
            FIRST_SOURCE,
            {**NUMBERS, "k_expansion": 1.0, "k_kill": 7e-4, "mu_tumour": 0.3, "tumour_max": 100.0},
            {"blood_volume": ADULT_BLOOD},
        ),
    ),
    experiments=(Experiment("one infusion", (), 365.0),),
    anchors=(
        Anchor("peak", 109380.19, "cells/uL", 1e-4, SOLVED, output="expanding", quantity="CMAX"),
        Anchor(
            "persistent on day 28", 741.7156, "cells/uL", 1e-3, SOLVED, output="persistent", quantity="C28"
        ),
        Anchor("CAR-T on day 28", 5367.648, "cells/uL", 1e-3, SOLVED, output="expanding", quantity="C28"),
    ),
    deviations=(
        "The start of the tumour (900) lies above its capacity (100), so it shrinks without any CAR-T.",
        "The curator of the entry reports that it fails; solved for the logarithm of the tumour it runs, to "
        "far below one cell.",
        "The time of the peak is set, not a result.",
    ),
    about=_about(
        "Exponential expansion to a peak at a set time.",
        "The tumour dies out at once; the curator doubts the entry.",
    ),
)
