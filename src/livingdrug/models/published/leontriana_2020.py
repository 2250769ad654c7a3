r"""CAR-T cells against B-cell leukaemia, with normal B cells as a second source of antigen (Leon-Triana
2020).

    dC/dt = rC (L + B) C - C/tC          dL/dt = rL L - al L C          dB/dt = -al B C - B/tB

With progenitors of B cells I, as encoded in BioModels:

    dC/dt = rC (L + B) C - C/tC + rC be I0 / (1 + C/C50)          dI/dt = I0/d - (I0/tI) / (1 + C/C50)
    dB/dt = -al B C - B/tB + (I0/tI) / (1 + C/C50)
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
    Quantity,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import ADULT_BLOOD, BLOOD_VOLUME, SOLVED, biomodels

PLAIN = biomodels("leontriana_2020", "Leon-Triana et al. 2020 (B-cell leukaemia)", "BIOMD0000001011")
FED = biomodels("leontriana_2020", "Leon-Triana et al. 2020 (B-cell leukaemia)", "BIOMD0000001012")

STATES = (
    State("car_t", "cells", "CAR-T cells", ("car_t",), "blood", symbol="C"),
    State("leukaemia", "cells", "leukaemia cells", ("target",), "blood", "leukaemia_0", "L", log=True),
    State("b_cells", "cells", "normal B cells", ("target",), "blood", "b_cells_0", "B"),
)
FLOWS = (
    Flow("expansion", "k_expansion * (leukaemia + b_cells) * car_t", "expansion", into="car_t"),
    Flow("car_t_death", "car_t / life_car_t", "death", out_of="car_t"),
    Flow("leukaemia_growth", "mu_leukaemia * leukaemia", "growth", into="leukaemia"),
    Flow("killing", "k_kill * leukaemia * car_t", "killing", out_of="leukaemia"),
    Flow("b_cell_killing", "k_kill * b_cells * car_t", "killing", out_of="b_cells"),
    Flow("b_cell_death", "b_cells / life_b_cell", "death", out_of="b_cells"),
)
OUTPUTS = (
    Output("car_t", "car_t", "cells", "CAR-T cells"),
    Output("car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood", measured=True),
    Output("leukaemia", "leukaemia", "cells", "leukaemia cells"),
    Output("b_cells", "b_cells", "cells", "normal B cells", measured=True),
)
QUANTITIES = (
    Quantity("k_expansion", "1/cells/d", "expansion per target cell", r"\rho_C"),
    Quantity("k_kill", "1/cells/d", "kill rate per CAR-T cell", r"\alpha"),
    Quantity("life_car_t", "d", "life of CAR-T cells", r"\tau_C", "positive"),
    Quantity("mu_leukaemia", "1/d", "growth rate of leukaemia", r"\rho_L"),
    Quantity("life_b_cell", "d", "life of B cells", r"\tau_B", "positive"),
    Quantity("leukaemia_0", "cells", "leukaemia cells at the infusion", "L_0", "positive"),
    Quantity("b_cells_0", "cells", "B cells at the infusion", "B_0"),
    BLOOD_VOLUME,
)
NUMBERS = {
    "k_expansion": 0.25 * 4.5e-11,
    "k_kill": 4.5e-11,
    "life_car_t": 14.0,
    "mu_leukaemia": 1 / 30,
    "life_b_cell": 60.0,
    "leukaemia_0": 5e10,
    "b_cells_0": 2.5e10,
    "blood_volume": 5e6,
}
NOTES = {"k_expansion": "a quarter of the kill rate", "mu_leukaemia": "1/30"}
CAUTION = (
    "After a nadir of a few cells the second wave of leukaemia and CAR-T cells follows from fractions of a "
    "cell: it is not a prediction of relapse."
)

BALL = Model(
    name="leontriana_2020_ball",
    title="CAR-T cells, leukaemia and normal B cells",
    structure=Structure(
        places=(Place("blood", volume="blood_volume"),),
        states=STATES,
        flows=FLOWS,
        outputs=OUTPUTS,
        quantities=QUANTITIES,
        dose_into="car_t",
        time_unit="d",
    ),
    values=(Values("biomodels", PLAIN, NUMBERS, {"blood_volume": ADULT_BLOOD}, NOTES),),
    experiments=(
        Experiment("1e7 cells", ((0.0, 1e7),), 600.0),
        Experiment("1e8 cells", ((0.0, 1e8),), 600.0),
    ),
    anchors=(
        Anchor("CAR-T on day 28", 5.8942641e9, "cells", 1e-3, SOLVED, output="car_t", quantity="C28"),
        Anchor("leukaemia on day 28", 4013086.6, "cells", 1e-3, SOLVED, output="leukaemia", quantity="C28"),
        Anchor("second wave of CAR-T", 1.6775728e10, "cells", 2e-3, SOLVED, output="car_t", quantity="CMAX"),
    ),
    deviations=(CAUTION, "No capacity of leukaemia and no loss of antigen."),
    about=About(
        purpose="How normal B cells as a second source of antigen keep CAR-T cells going.",
        origin="Numbers of the paper, chosen from the literature on B-cell leukaemia.",
        can="CAR-T cells, leukaemia, and B-cell aplasia after a dose.",
        cannot="No differences between patients; waves after a nadir below a few cells mean nothing.",
        disease=("leukaemia",),
        target=("CD19",),
        mechanism=("expansion", "killing", "b cells"),
        data=("assumed",),
        licence="SBML CC0",
    ),
)

PROGENITORS = Model(
    name="leontriana_2020_ball_progenitors",
    title="CAR-T cells, leukaemia and normal B cells that progenitors replace",
    structure=Structure(
        places=(Place("blood", volume="blood_volume"),),
        states=(
            *STATES,
            State("progenitors", "cells", "progenitors of B cells", initial="progenitors_0", symbol="I"),
        ),
        definitions=(
            Definition("free", "1 / (1 + car_t / car_t_50)", "part of the supply that CAR-T cells leave"),
        ),
        flows=(
            *FLOWS,
            Flow(
                "supply",
                "progenitors_0 / life_progenitor * free",
                "differentiation",
                "progenitors",
                "b_cells",
            ),
            Flow("progenitor_input", "progenitors_0 * k_input", "production", into="progenitors"),
            Flow(
                "stimulation",
                "k_expansion * part * progenitors_0 * free * one_cell",
                "expansion",
                into="car_t",
            ),
        ),
        outputs=(*OUTPUTS, Output("progenitors", "progenitors", "cells", "progenitors of B cells")),
        quantities=(
            *QUANTITIES,
            Quantity("progenitors_0", "cells", "progenitors of B cells", "I_0"),
            Quantity("life_progenitor", "d", "life of progenitors", r"\tau_I", "positive"),
            Quantity("part", "1", "part of progenitors that carry the antigen", r"\beta", "fraction"),
            Quantity("car_t_50", "cells", "CAR-T cells that halve the supply", "C_{50}", "positive"),
            Quantity("k_input", "1/d", "input of progenitors", fixed=True),
            Quantity("one_cell", "cells", "the factor that the encoding leaves out", fixed=True),
        ),
        dose_into="car_t",
        time_unit="d",
    ),
    values=(
        Values(
            "biomodels",
            FED,
            {
                **NUMBERS,
                "progenitors_0": 1e7,
                "life_progenitor": 6.0,
                "part": 0.1,
                "car_t_50": 1e9,
                "k_input": 1.0,
                "one_cell": 1.0,
            },
            {"blood_volume": ADULT_BLOOD},
            NOTES,
        ),
    ),
    experiments=(Experiment("1e7 cells", ((0.0, 1e7),), 600.0),),
    anchors=(
        Anchor("CAR-T on day 28", 5.8948152e9, "cells", 1e-3, SOLVED, output="car_t", quantity="C28"),
        Anchor("B cells on day 28", 1107613.5, "cells", 1e-4, SOLVED, output="b_cells", quantity="C28"),
        Anchor(
            "progenitors on day 28", 2.7774037e8, "cells", 1e-4, SOLVED, output="progenitors", quantity="C28"
        ),
    ),
    deviations=(
        "The encoding feeds CAR-T cells with rho beta I0 / (1 + C/C50) without the factor C, likely a slip; "
        "it is kept, as `one_cell`, because the paper's form could not be read.",
        "The progenitors gain I0 cells per day without limit, as encoded.",
        CAUTION,
    ),
    about=About(
        purpose="How a lasting supply of B cells keeps CAR-T cells going.",
        origin="Numbers of the paper, chosen from the literature on B-cell leukaemia.",
        can="CAR-T cells, leukaemia, B cells and their progenitors after a dose.",
        cannot="One term of the encoding is likely wrong, so persistence by progenitors is not the paper's.",
        disease=("leukaemia",),
        target=("CD19",),
        mechanism=("expansion", "killing", "b cells"),
        data=("assumed",),
        licence="SBML CC0",
    ),
)
