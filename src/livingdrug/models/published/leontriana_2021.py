r"""CAR-T cells in solid tumours with one or two targets (Leon-Triana 2021).

one target:   dC/dt = rC C T/(gT + T) - a1 C T/(gC + C) - C/tC          dT/dt = rT T - a2 C T
two targets:  dC/dt = k Cb + rC C T/(gT + T) - a1 C T/(gC + C) - C/tC   dT/dt = rT T - a2 C T
              dCb/dt = rC Cb B/(gB + B) - Cb/tC - k Cb                  dB/dt = -aB B Cb - B/tB

C CAR-T cells at the tumour, Cb those off the tumour, T tumour, B B cells; the tumour inactivates CAR-T cells
(a1).
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
    Values,
)
from livingdrug.models.shared import ADULT_BLOOD, BLOOD_VOLUME, SOLVED, biomodels

CITATION = "Leon-Triana et al. 2021 (solid tumours)"
SOLID_SOURCE = biomodels("leontriana_2021", CITATION, "BIOMD0000001013")
DUAL_SOURCE = biomodels("leontriana_2021", CITATION, "BIOMD0000001014")

CAR_T = State("car_t", "cells", "CAR-T cells at the tumour", ("car_t",), "tumour", symbol="C")
TUMOUR = State("tumour", "cells", "tumour cells", ("target",), "tumour", "tumour_0", "T", log=True)
FLOWS = (
    Flow("expansion", "k_expansion * car_t * hill(tumour, 1, tumour_50)", "expansion", into="car_t"),
    Flow("inactivation", "k_inactivation * car_t * tumour / (car_t_50 + car_t)", "death", out_of="car_t"),
    Flow("car_t_death", "car_t / life_car_t", "death", out_of="car_t"),
    Flow("tumour_growth", "mu_tumour * tumour", "growth", into="tumour"),
    Flow("killing", "k_kill * tumour * car_t", "killing", out_of="tumour"),
)
QUANTITIES = (
    Quantity("k_expansion", "1/d", "largest expansion rate", r"\rho_C"),
    Quantity("tumour_50", "cells", "tumour cells at half of the largest expansion", "g_T", "positive"),
    Quantity("k_inactivation", "1/d", "inactivation of CAR-T cells by the tumour", r"\alpha_1"),
    Quantity("car_t_50", "cells", "CAR-T cells at half of the inactivation", "g_C", "positive"),
    Quantity("life_car_t", "d", "life of CAR-T cells", r"\tau_C", "positive"),
    Quantity("mu_tumour", "1/d", "tumour growth rate", r"\rho_T"),
    Quantity("k_kill", "1/cells/d", "kill rate per CAR-T cell", r"\alpha_2"),
    Quantity("tumour_0", "cells", "tumour cells at the infusion", "T_0", "positive"),
)
NUMBERS = {
    "k_expansion": 0.9,
    "tumour_50": 1e10,
    "car_t_50": 2e9,
    "life_car_t": 7.0,
    "mu_tumour": 0.02,
    "k_kill": 2.5e-10,
}

SOLID = Model(
    name="leontriana_2021_solid",
    title="CAR-T cells in a solid tumour that inactivates them",
    structure=Structure(
        places=(Place("tumour"),),
        states=(CAR_T, TUMOUR),
        flows=FLOWS,
        outputs=(
            Output("car_t", "car_t", "cells", "CAR-T cells at the tumour", measured=True),
            Output("tumour", "tumour", "cells", "tumour cells"),
        ),
        quantities=QUANTITIES,
        dose_into="car_t",
        time_unit="d",
    ),
    values=(
        Values(
            "biomodels",
            SOLID_SOURCE,
            {**NUMBERS, "k_inactivation": 0.04, "tumour_0": 6.7e9},
            notes={"k_inactivation": "0.02 in the caption of figure 5, according to the curators"},
        ),
    ),
    experiments=(
        Experiment("4e8 cells", ((0.0, 4e8),), 200.0),
        Experiment("4e9 cells", ((0.0, 4e9),), 200.0),
    ),
    anchors=(
        Anchor("peak of CAR-T", 6.5530349e8, "cells", 1e-4, SOLVED, output="car_t", quantity="CMAX"),
        Anchor("tumour on day 28", 5.3156949e8, "cells", 1e-3, SOLVED, output="tumour", quantity="C28"),
        Anchor(
            "tumour on day 28, 4e9 cells",
            656439.49,
            "cells",
            1e-3,
            SOLVED,
            output="tumour",
            quantity="C28",
            experiment="4e9 cells",
        ),
    ),
    deviations=("The tumour grows without limit and regrows from any nadir.",),
    about=About(
        purpose="How inactivation by a solid tumour limits CAR-T cells, and which dose overcomes it.",
        origin="Numbers of the paper, chosen from the literature.",
        can="CAR-T cells and tumour after a dose into the tumour.",
        cannot="No blood, no trafficking, no differences between patients.",
        disease=("solid tumour",),
        target=("any",),
        mechanism=("expansion", "killing", "immunosuppression"),
        data=("assumed",),
        licence="SBML CC0",
    ),
)

DUAL = Model(
    name="leontriana_2021_dual",
    title="Dual-target CAR-T cells: expansion on B cells, then against a solid tumour",
    structure=Structure(
        places=(Place("tumour"), Place("blood", volume="blood_volume")),
        states=(
            CAR_T,
            TUMOUR,
            State("car_t_off", "cells", "CAR-T cells off the tumour", ("car_t",), "blood", symbol=r"\bar{C}"),
            State("b_cells", "cells", "B cells", ("target",), "blood", "b_cells_0", "B"),
        ),
        flows=(
            *FLOWS,
            Flow(
                "expansion_on_b_cells",
                "k_expansion * car_t_off * hill(b_cells, 1, b_cells_50)",
                "expansion",
                into="car_t_off",
            ),
            Flow("car_t_off_death", "car_t_off / life_car_t", "death", out_of="car_t_off"),
            Flow("homing", "k_homing * car_t_off", "exchange", "car_t_off", "car_t"),
            Flow("b_cell_killing", "k_kill_b * b_cells * car_t_off", "killing", out_of="b_cells"),
            Flow("b_cell_death", "b_cells / life_b_cell", "death", out_of="b_cells"),
        ),
        outputs=(
            Output("car_t", "car_t", "cells", "CAR-T cells at the tumour"),
            Output("car_t_off", "car_t_off", "cells", "CAR-T cells off the tumour"),
            Output(
                "car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood", measured=True
            ),
            Output("tumour", "tumour", "cells", "tumour cells"),
            Output("b_cells", "b_cells", "cells", "B cells", measured=True),
        ),
        quantities=(
            *QUANTITIES,
            Quantity("k_homing", "1/d", "rate from off the tumour to it", "k"),
            Quantity("b_cells_50", "cells", "B cells at half of the largest expansion", "g_B", "positive"),
            Quantity("k_kill_b", "1/cells/d", "kill rate of B cells", r"\alpha_B"),
            Quantity("life_b_cell", "d", "life of B cells", r"\tau_B", "positive"),
            Quantity("b_cells_0", "cells", "B cells at the infusion", "B_0"),
            BLOOD_VOLUME,
        ),
        dose_into="car_t_off",
        time_unit="d",
    ),
    values=tuple(
        Values(
            name,
            DUAL_SOURCE,
            {
                **NUMBERS,
                "k_inactivation": inactivation,
                "tumour_0": 3.35e10,
                "k_homing": 0.2,
                "b_cells_50": 1e10,
                "k_kill_b": 4.5e-11,
                "life_b_cell": 60.0,
                "b_cells_0": 2.5e10,
                "blood_volume": 5e6,
            },
            {"blood_volume": ADULT_BLOOD},
            {"k_inactivation": note},
        )
        for name, inactivation, note in (
            ("weak_inactivation", 0.02, "as encoded"),
            ("strong_inactivation", 0.183, "reproduces figure 5b; the paper prints 0.2"),
        )
    ),
    experiments=(
        Experiment("weak inactivation", ((0.0, 2e8),), 200.0),
        Experiment("strong inactivation", ((0.0, 2e8),), 200.0, vector="strong_inactivation"),
    ),
    anchors=(
        Anchor("peak at the tumour", 4.9685077e9, "cells", 1e-4, SOLVED, output="car_t", quantity="CMAX"),
        Anchor("B cells on day 28", 1.423453e9, "cells", 1e-4, SOLVED, output="b_cells", quantity="C28"),
        Anchor(
            "tumour on day 28, strong inactivation",
            3.43879e8,
            "cells",
            1e-3,
            SOLVED,
            output="tumour",
            quantity="C28",
            experiment="strong inactivation",
        ),
    ),
    deviations=(
        "With weak inactivation the tumour falls below one cell; what grows back from there is no "
        "prediction.",
        "The pool off the tumour is taken as blood here, so that mechanisms of blood can join.",
    ),
    about=About(
        purpose="Whether expansion on B cells helps CAR-T cells against a solid tumour.",
        origin="Numbers of the paper, chosen from the literature.",
        can="CAR-T cells on and off the tumour, tumour and B cells after a dose.",
        cannot="No differences between patients, no measured kinetics.",
        disease=("solid tumour",),
        target=("CD19", "any"),
        mechanism=("expansion", "killing", "immunosuppression", "off-tumour", "b cells", "distribution"),
        data=("assumed",),
        licence="SBML CC0",
    ),
)
