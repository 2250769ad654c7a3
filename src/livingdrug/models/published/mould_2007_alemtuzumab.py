r"""Alemtuzumab with saturable elimination, and the white cells that it kills (Mould 2007).

    dA1 = -Vmax C/(Km + C) - Q/V1 A1 + Q/V2 A2          dA2 = Q/V1 A1 - Q/V2 A2          C = A1/V1
    Vmax = Vmax10 (WBC/10)^0.194          dWBC = Kin - Kout (1 + Emax C/(EC50 + C)) WBC

mg, mg/L (the same as ug/mL), cells/uL and hours. WBC is that of CLL: the tumour.
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
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import SOLVED, transcribed

SOURCE = transcribed(
    "mould_2007",
    "Mould et al. 2007, Table 2",
    "10.1111/j.1365-2125.2007.02914.x",
    "Mould_2007_alemtuzumab (0148359)",
)
COUPLED = Source("livingdrug", "ours: the count that falls feeds back on elimination (1), or stays (0)")
FLOOR = Source("livingdrug_facts", "the start of the reference outcomes")


def _values(name: str, moves: float, start: float) -> Values:
    return Values(
        name,
        SOURCE,
        {
            "v_max": 1.02,
            "white_ref": 10_000.0,
            "e_white": 0.194,
            "k_m": 0.338,
            "v_1": 11.3,
            "v_2": 41.5,
            "q": 1.05,
            "k_in": 1560.0,
            "k_out": 0.029,
            "e_max": 18.2,
            "ec50": 0.306,
            "white_0": start,
            "white_moves": moves,
        },
        {"white_moves": COUPLED, "white_0": FLOOR},
    )


DOSE = "30@0 over=2"
MODEL = Model(
    name="mould_2007_alemtuzumab",
    title="Alemtuzumab and the white cells that it kills",
    structure=Structure(
        places=(Place("blood"), Place("periphery")),
        states=(
            State(
                "central", "mg", "alemtuzumab in the central compartment", ("drug",), "blood", symbol="A_1"
            ),
            State(
                "peripheral",
                "mg",
                "alemtuzumab in the peripheral compartment",
                ("drug",),
                "periphery",
                symbol="A_2",
            ),
            State("white", "cells/uL", "white cells", (), "blood", "white_0", "WBC"),
        ),
        definitions=(Definition("level", "central / v_1", "level", "C"),),
        flows=(
            Flow(
                "elimination",
                "v_max * (white / white_ref) ** e_white * hill(level, 1, k_m)",
                "clearance",
                out_of="central",
            ),
            Flow("distribution", "q / v_1 * central", "exchange", "central", "peripheral"),
            Flow("return", "q / v_2 * peripheral", "exchange", "peripheral", "central"),
            Flow("white_production", "white_moves * k_in", "production", into="white"),
            Flow(
                "white_loss",
                "white_moves * k_out * (1 + e_max * hill(level, 1, ec50)) * white",
                "death",
                out_of="white",
            ),
        ),
        outputs=(
            Output("concentration", "level", "mg/L", "alemtuzumab in serum", measured=True),
            Output("white_cells", "white", "cells/uL", "white cells in blood", measured=True),
        ),
        quantities=(
            Quantity("v_max", "mg/h", "largest elimination at the reference count", "V_{max}"),
            Quantity("white_ref", "cells/uL", "reference count", "", "positive", True),
            Quantity("e_white", "1", "exponent of the count"),
            Quantity("k_m", "mg/L", "level at half of the elimination", "K_m", "positive"),
            Quantity("v_1", "L", "central volume", "V_1", "positive"),
            Quantity("v_2", "L", "peripheral volume", "V_2", "positive"),
            Quantity("q", "L/h", "flow between them", "Q"),
            Quantity("k_in", "cells/uL/h", "production of white cells", "K_{in}"),
            Quantity("k_out", "1/h", "loss of white cells", "K_{out}"),
            Quantity("e_max", "1", "largest stimulation of loss", "E_{max}"),
            Quantity("ec50", "mg/L", "level at half of it", "EC_{50}", "positive"),
            Quantity("white_0", "cells/uL", "white cells at the start", "", "positive"),
            Quantity("white_moves", "1", "1 where the count moves, 0 where it stays", bound="fraction"),
        ),
        dose_into="central",
        time_unit="h",
    ),
    values=(_values("moving_count", 1.0, 53_800.0), _values("fixed_count", 0.0, 10_000.0)),
    experiments=(
        Experiment("30 mg once", (), 672.0, given=(DOSE,)),
        Experiment("30 mg once, count fixed", (), 672.0, given=(DOSE,), vector="fixed_count"),
    ),
    anchors=(
        Anchor("highest level", 2.2745016, "mg/L", 1e-4, SOLVED, output="concentration", quantity="CMAX"),
        Anchor(
            "white cells on day 28", 53790.93, "cells/uL", 1e-3, SOLVED, output="white_cells", quantity="C672"
        ),
        Anchor(
            "highest level, count fixed",
            2.3080486,
            "mg/L",
            1e-4,
            SOLVED,
            output="concentration",
            quantity="CMAX",
            experiment="30 mg once, count fixed",
        ),
    ),
    deviations=(
        "White cells of CLL are the tumour: the effect is not that on normal lymphocytes.",
        "That the falling count feeds back on elimination is our reading; the paper used the count that was "
        "observed.",
        "Variabilities of 145 to 775 % are printed; they are not for simulation and are left out.",
    ),
    about=About(
        purpose="Levels of alemtuzumab, and the white cells that it kills.",
        origin="67 patients with CLL.",
        can="Levels and white cells of a regimen for the typical patient.",
        cannot="No normal lymphocytes, no population, no effect on donor CAR-T cells by itself.",
        disease=("leukaemia",),
        target=("CD52",),
        mechanism=("preconditioning",),
        data=("patients",),
        kind="typical",
        licence="transcription GPL, facts only",
    ),
)
