r"""Tumour, effector cells and interleukin 2: adoptive transfer, the classic (Kirschner & Panetta 1998).

    dT = r2 T (1 - b T) - a E T/(g2 + T)          dE = c T - mu2 E + p1 E IL/(g1 + IL) + s1
    dIL = p2 E T/(g3 + T) - mu3 IL + s2

Not a CAR-T model. Cells of the paper's scale and days; s1 transferred cells and s2 interleukin 2 per day.
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
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import SOLVED, biomodels

SOURCE = biomodels("kirschner_panetta_1998", "Kirschner & Panetta 1998", "BIOMD0000000732")
START = Source("livingdrug_facts", "the start of the reference outcomes")

STRUCTURE = Structure(
    places=(Place("body"),),
    states=(
        State("tumour", "cells", "tumour cells", ("target",), "body", "tumour_0", "T", log=True),
        State(
            "effector", "cells", "transferred and own effector cells", ("car_t",), "body", "effector_0", "E"
        ),
        State("il2", "1", "interleukin 2", ("biomarker",), "body", "il2_0", "I_L"),
    ),
    flows=(
        Flow("tumour_growth", "mu_tumour * tumour * (1 - crowding * tumour)", "growth", into="tumour"),
        Flow("killing", "k_kill * effector * hill(tumour, 1, kill_50)", "killing", out_of="tumour"),
        Flow("recruitment", "antigenicity * tumour", "production", into="effector"),
        Flow("effector_death", "d_effector * effector", "death", out_of="effector"),
        Flow("expansion", "k_expansion * effector * hill(il2, 1, il2_50)", "expansion", into="effector"),
        Flow("transfer", "transferred", "production", into="effector"),
        Flow("il2_release", "p_il2 * effector * hill(tumour, 1, release_50)", "production", into="il2"),
        Flow("il2_clearance", "d_il2 * il2", "clearance", out_of="il2"),
        Flow("il2_infusion", "il2_given", "production", into="il2"),
    ),
    outputs=(
        Output("tumour", "tumour", "cells", "tumour cells", measured=True),
        Output("effector", "effector", "cells", "effector cells"),
        Output("il2", "il2", "1", "interleukin 2"),
    ),
    quantities=(
        Quantity("mu_tumour", "1/d", "tumour growth rate", "r_2"),
        Quantity("crowding", "1/cells", "inverse of the capacity", "b"),
        Quantity("k_kill", "1/d", "largest kill rate", "a"),
        Quantity("kill_50", "cells", "tumour at half kill", "g_2", "positive"),
        Quantity("antigenicity", "1/d", "recruitment of effectors by the tumour", "c"),
        Quantity("d_effector", "1/d", "death rate of effectors", r"\mu_2"),
        Quantity("k_expansion", "1/d", "largest expansion rate", "p_1"),
        Quantity("il2_50", "1", "interleukin 2 at half of the expansion", "g_1", "positive"),
        Quantity("p_il2", "1/cells/d", "release of interleukin 2", "p_2"),
        Quantity("release_50", "cells", "tumour at half of the release", "g_3", "positive"),
        Quantity("d_il2", "1/d", "clearance of interleukin 2", r"\mu_3"),
        Quantity("transferred", "cells/d", "cells transferred per day", "s_1"),
        Quantity("il2_given", "1/d", "interleukin 2 given per day", "s_2"),
        Quantity("tumour_0", "cells", "tumour cells at the start", "", "positive"),
        Quantity("effector_0", "cells", "effector cells at the start"),
        Quantity("il2_0", "1", "interleukin 2 at the start"),
    ),
    dose_into="effector",
    time_unit="d",
)
NUMBERS = {
    "mu_tumour": 0.18,
    "crowding": 1e-9,
    "k_kill": 1.0,
    "kill_50": 1e5,
    "antigenicity": 0.035,
    "d_effector": 0.03,
    "k_expansion": 0.1245,
    "il2_50": 2e7,
    "p_il2": 5.0,
    "release_50": 1e3,
    "d_il2": 10.0,
    "transferred": 0.0,
    "il2_given": 0.0,
    "tumour_0": 1.0,
    "effector_0": 0.0,
    "il2_0": 0.0,
}
TRANSFER = "transfer of 550 cells a day"
MODEL = Model(
    name="kirschner_panetta_1998",
    title="Tumour, effector cells and interleukin 2 under adoptive transfer",
    structure=STRUCTURE,
    values=(Values("biomodels", SOURCE, NUMBERS, dict.fromkeys(("tumour_0", "effector_0", "il2_0"), START)),),
    experiments=(
        Experiment("no treatment", (), 300.0),
        Experiment(
            TRANSFER, (), 300.0, {"antigenicity": 5e-5, "transferred": 550.0, "effector_0": 1.0, "il2_0": 1.0}
        ),
    ),
    anchors=(
        Anchor("first wave of tumour", 102275.28, "cells", 1e-3, SOLVED, output="tumour", quantity="CMAX"),
        Anchor("effectors on day 300", 17542.085, "cells", 1e-3, SOLVED, output="effector", quantity="C300"),
        Anchor(
            "largest tumour under transfer",
            266.26269,
            "cells",
            1e-3,
            SOLVED,
            output="tumour",
            quantity="CMAX",
            experiment=TRANSFER,
        ),
    ),
    deviations=(
        "The entry in BioModels divides by g1 where the paper has g1 + IL; the paper's form is used (2e-5 "
        "here).",
        "Effector cells carry the role of CAR-T cells here, so that mechanisms can join; the model is not "
        "of CAR-T cells.",
    ),
    about=About(
        purpose="Waves of tumour and effector cells, and what transfer of cells and interleukin 2 do to them.",
        origin="Numbers of the paper, from the literature.",
        can="Tumour, effectors and interleukin 2 with constant or repeated transfer.",
        cannot="No CAR, no antigen, no patient's kinetics.",
        disease=("any",),
        target=("any",),
        mechanism=("expansion", "killing", "cytokines"),
        data=("assumed",),
        kind="illustration",
        licence="SBML CC0",
    ),
)
