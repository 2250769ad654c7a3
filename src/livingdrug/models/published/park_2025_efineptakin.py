r"""Efineptakin alfa, a long-acting interleukin 7, and lymphocytes (Park 2025).

    depots: F1 and 1 - F1 of the dose, the second one 22.5 h later; ka to central, two compartments, C = 1000 A/Vc
    CL from 350 h on another one          dp1 = ktr p1 (1 + Emax C/(EC50 + C)) (ALC0/ALC)^gamma - ktr p1
    dpi = ktr p(i-1) - ktr pi             dALC = ktr p4 - Kcirc ALC          ktr = 4/MTT

mg, ng/mL, cells/uL and hours.
"""

import math

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
    Switch,
    Values,
)
from livingdrug.models.shared import SOLVED, transcribed

SOURCE = transcribed(
    "park_2025_efineptakin",
    "Park et al. 2025 (efineptakin alfa), Tables 1 to 3",
    "10.2147/DDDT.S564085",
    "Park_2025_efineptakin_alfa (0aa5e15)",
)
PART = math.exp(0.346) / (1 + math.exp(0.346))
PRECURSORS = tuple(f"precursor_{i}" for i in range(1, 5))


def _values(name: str, clearance: float) -> Values:
    return Values(
        name,
        SOURCE,
        {
            "k_a": 0.341,
            "part_fast": PART,
            "part_slow": 1 - PART,
            "lag_slow": 22.5,
            "v_c": 1290.0,
            "v_p": 15000.0,
            "q": 10.8,
            "cl_early": clearance,
            "cl_late": 45.8,
            "t_change": 350.0,
            "il7_0": 0.05,
            "ng_per_mg": 1000.0,
            "transit": 146.0,
            "feedback": 0.13,
            "k_loss": 0.051,
            "e_max": 0.155,
            "ec50": 0.066,
            "lymphocytes_0": 1314.4,
        },
        notes={"part_fast": "e^0.346 / (1 + e^0.346)", "lymphocytes_0": "mean of the cohort"},
    )


MODEL = Model(
    name="park_2025_efineptakin",
    title="Long-acting interleukin 7 and lymphocytes",
    structure=Structure(
        places=(Place("depot"), Place("blood"), Place("periphery")),
        states=(
            State("depot", "mg", "drug under the skin, fast", ("infused",), "depot"),
            State("depot_slow", "mg", "drug under the skin, slow", ("infused",), "depot"),
            State("central", "mg", "drug in the central compartment", ("drug",), "blood"),
            State("peripheral", "mg", "drug in the peripheral compartment", ("drug",), "periphery"),
            *(
                State(
                    name,
                    "cells/uL",
                    "proliferating lymphocytes" if i == 1 else f"maturing lymphocytes, stage {i}",
                    (),
                    "marrow",
                    "lymphocytes_0 * k_loss * transit / 4",
                )
                for i, name in enumerate(PRECURSORS, start=1)
            ),
            State("lymphocytes", "cells/uL", "lymphocytes", ("host_t",), "blood", "lymphocytes_0", "ALC"),
        ),
        switches=(Switch("late", "t_change", "1 from the change of clearance on", calendar=True),),
        definitions=(
            Definition("level", "ng_per_mg * central / v_c", "level of the drug", "C"),
            Definition("k_transit", "4 / transit", "rate of a stage", "k_{tr}"),
            Definition("cl", "cl_early + late * (cl_late - cl_early)", "clearance", "CL"),
        ),
        flows=(
            Flow("absorption", "k_a * depot", "exchange", "depot", "central"),
            Flow("absorption_slow", "k_a * depot_slow", "exchange", "depot_slow", "central"),
            Flow("elimination", "cl / v_c * central", "clearance", out_of="central"),
            Flow("distribution", "q / v_c * central", "exchange", "central", "peripheral"),
            Flow("return", "q / v_p * peripheral", "exchange", "peripheral", "central"),
            Flow(
                "proliferation",
                "k_transit * precursor_1 * (1 + e_max * hill(level, 1, ec50)) * (lymphocytes_0 / "
                "lymphocytes) ** feedback",
                "growth",
                into="precursor_1",
            ),
            *(
                Flow(
                    f"maturation_{i}",
                    f"k_transit * precursor_{i}",
                    "differentiation",
                    f"precursor_{i}",
                    f"precursor_{i + 1}",
                )
                for i in range(1, 4)
            ),
            Flow("release", "k_transit * precursor_4", "differentiation", "precursor_4", "lymphocytes"),
            Flow("lymphocyte_loss", "k_loss * lymphocytes", "death", out_of="lymphocytes"),
        ),
        outputs=(
            Output("drug_level", "level", "ng/mL", "the drug in serum, without own interleukin 7"),
            Output("il7", "level + il7_0", "ng/mL", "interleukin 7 in serum", measured=True),
            Output("lymphocytes", "lymphocytes", "cells/uL", "lymphocytes in blood", measured=True),
        ),
        quantities=(
            Quantity("k_a", "1/h", "absorption rate", "k_a"),
            Quantity("part_fast", "1", "part of a dose that is absorbed at once", bound="fraction"),
            Quantity("part_slow", "1", "the rest", bound="fraction"),
            Quantity("lag_slow", "h", "lag of the rest"),
            Quantity("v_c", "L", "apparent central volume", "V_c", "positive"),
            Quantity("v_p", "L", "apparent peripheral volume", "V_p", "positive"),
            Quantity("q", "L/h", "flow between them", "Q"),
            Quantity("cl_early", "L/h", "clearance at first"),
            Quantity("cl_late", "L/h", "clearance later"),
            Quantity("t_change", "h", "when it changes"),
            Quantity("il7_0", "ng/mL", "own interleukin 7"),
            Quantity("ng_per_mg", "ng*L/mg/mL", "1 mg/L in ng/mL", fixed=True),
            Quantity("transit", "h", "mean time to maturity", "MTT", "positive"),
            Quantity("feedback", "1", "power of the feedback", r"\gamma"),
            Quantity("k_loss", "1/h", "loss of lymphocytes from blood", "k_{circ}"),
            Quantity("e_max", "1", "largest stimulation", "E_{max}"),
            Quantity("ec50", "ng/mL", "level at half of it", "EC_{50}", "positive"),
            Quantity("lymphocytes_0", "cells/uL", "lymphocytes at the start", "ALC_0", "positive"),
        ),
        dose_into="depot",
        time_unit="h",
    ),
    values=(_values("male", 12.4), _values("female", 4.82)),
    experiments=(
        Experiment(
            "74 mg once",
            (),
            2016.0,
            given=("74.04@0 fraction=part_fast", "74.04@0 into=depot_slow fraction=part_slow lag=lag_slow"),
        ),
        Experiment(
            "74 mg once, female",
            (),
            2016.0,
            vector="female",
            given=("74.04@0 fraction=part_fast", "74.04@0 into=depot_slow fraction=part_slow lag=lag_slow"),
        ),
    ),
    anchors=(
        Anchor("highest level", 40.757123, "ng/mL", 2e-3, SOLVED, output="il7", quantity="CMAX"),
        Anchor(
            "most lymphocytes", 3727.6248, "cells/uL", 1e-4, SOLVED, output="lymphocytes", quantity="CMAX"
        ),
        Anchor(
            "most lymphocytes, female",
            3856.7193,
            "cells/uL",
            1e-4,
            SOLVED,
            output="lymphocytes",
            quantity="CMAX",
            experiment="74 mg once, female",
        ),
    ),
    deviations=(
        "The feedback is printed upside down and the loss as ktr; both are corrected here.",
        "Bioavailability is fixed at 1: clearances and volumes are apparent.",
        "Variability of Emax (omega squared 3.9 with an exponent of 1/0.13) explodes; none is drawn.",
        "77 % of subjects had one or two doses.",
    ),
    about=About(
        purpose="What a long-acting interleukin 7 does to lymphocytes, by dose and interval.",
        origin="Subjects given efineptakin alfa.",
        can="Levels and lymphocytes for the typical man or woman.",
        cannot="No T-cell subsets, no CAR-T cells by itself (see the fragment `cytokine_pool`), no population.",
        disease=("any",),
        target=("none",),
        mechanism=("cytokines", "preconditioning"),
        data=("patients",),
        kind="typical",
        licence="paper open access; transcription GPL, facts only",
    ),
)
