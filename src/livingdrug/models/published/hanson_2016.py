r"""Helper and cytotoxic T cells, inflammation and a suppressive drug against a tumour (Hanson 2016).

    LT = max(0, 1 - (B + Ce + Cm + He + Hm + L)/l)          h = I^2/(I^2 + b^2)
    act = a1 B Cm (1 + a2 He) h          hact = a3 B Hm h
    dB = r1 B (1 - B/k) - d1 B Ce        dCm = r2 Cm LT - act          dCe = 2^n act - d3 Ce
    dHm = r3 Hm LT - hact                dHe = 2^n hact - d4 He
    dL = p2 + r4 L LT - d5 L             dI = p0 + p1 B (Ce + He) - d2 I - D

C cytotoxic, H helper CAR-T cells (m memory, e effector), L other lymphocytes, I inflammation; cells/uL.
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
from livingdrug.models.shared import ADULT_BLOOD, BLOOD_VOLUME, SOLVED, biomodels

HANSON = biomodels("hanson_2016", "Hanson et al. 2016 (CAR-T cells and inflammation)", "BIOMD0000000837")
OURS_CLAMP = Source("livingdrug", "ours: the drug cannot take away inflammation that is not there")
LYMPHOID = ("tumour", "ctl_effector", "ctl_memory", "helper_effector", "helper_memory", "lymphocytes")

STRUCTURE = Structure(
    places=(Place("blood", volume="blood_volume"),),
    states=(
        State(
            "ctl_memory", "cells/uL", "memory cytotoxic CAR-T cells", ("car_t",), "blood", "ctl_memory_0", "C_m"
        ),
        State(
            "ctl_effector",
            "cells/uL",
            "effector cytotoxic CAR-T cells",
            ("car_t",),
            "blood",
            "ctl_effector_0",
            "C_e",
        ),
        State(
            "helper_memory",
            "cells/uL",
            "memory helper CAR-T cells",
            ("car_t",),
            "blood",
            "helper_memory_0",
            "H_m",
        ),
        State(
            "helper_effector",
            "cells/uL",
            "effector helper CAR-T cells",
            ("car_t",),
            "blood",
            "helper_effector_0",
            "H_e",
        ),
        State("lymphocytes", "cells/uL", "other lymphocytes", ("host_t",), "blood", "lymphocytes_0", "L"),
        State("inflammation", "1", "inflammation", ("biomarker",), "blood", "inflammation_0", "I"),
        State("tumour", "cells/uL", "tumour cells", ("target",), "blood", "tumour_0", "B", log=True),
    ),
    definitions=(
        Definition(
            "room", "max(0, 1 - (" + " + ".join(LYMPHOID) + ") / lymphocytes_max)", "room for lymphocytes", "LT"
        ),
        Definition("inflamed", "hill(inflammation, 2, inflammation_50)", "effect of inflammation", "h"),
        Definition("ctl_activation", "k_ctl * tumour * ctl_memory * (1 + help * helper_effector) * inflamed"),
        Definition("helper_activation", "k_helper * tumour * helper_memory * inflamed"),
    ),
    flows=(
        Flow("tumour_growth", "mu_tumour * tumour * (1 - tumour / tumour_max)", "growth", into="tumour"),
        Flow("killing", "k_kill * tumour * ctl_effector", "killing", out_of="tumour"),
        Flow("ctl_renewal", "mu_ctl * ctl_memory * room", "expansion", into="ctl_memory"),
        Flow(
            "ctl_expansion", "ctl_activation", "expansion", "ctl_memory", "ctl_effector", gain="2 ** divisions"
        ),
        Flow("ctl_death", "d_ctl * ctl_effector", "death", out_of="ctl_effector"),
        Flow("helper_renewal", "mu_helper * helper_memory * room", "expansion", into="helper_memory"),
        Flow(
            "helper_expansion",
            "helper_activation",
            "expansion",
            "helper_memory",
            "helper_effector",
            gain="2 ** divisions",
        ),
        Flow("helper_death", "d_helper * helper_effector", "death", out_of="helper_effector"),
        Flow("lymphocyte_input", "p_lymphocytes", "production", into="lymphocytes"),
        Flow("lymphocyte_renewal", "mu_lymphocytes * lymphocytes * room", "expansion", into="lymphocytes"),
        Flow("lymphocyte_death", "d_lymphocytes * lymphocytes", "death", out_of="lymphocytes"),
        Flow("inflammation_input", "p_inflammation", "production", into="inflammation"),
        Flow(
            "release",
            "p_contact * tumour * (ctl_effector + helper_effector)",
            "production",
            into="inflammation",
        ),
        Flow("inflammation_decay", "d_inflammation * inflammation", "clearance", out_of="inflammation"),
        Flow("suppression", "drug * min(1, inflammation / least)", "clearance", out_of="inflammation"),
    ),
    outputs=(
        Output("car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood", measured=True),
        *(Output(name, name, "cells/uL", name.replace("_", " ")) for name in LYMPHOID),
        Output("inflammation", "inflammation", "1", "inflammation"),
    ),
    quantities=(
        Quantity("divisions", "1", "divisions on activation", "n"),
        Quantity("mu_tumour", "1/d", "tumour growth rate", "r_1"),
        Quantity("tumour_max", "cells/uL", "tumour capacity", "k", "positive"),
        Quantity("k_kill", "uL/cells/d", "kill rate per effector", "d_1"),
        Quantity("mu_ctl", "1/d", "renewal of memory cytotoxic cells", "r_2"),
        Quantity("mu_helper", "1/d", "renewal of memory helper cells", "r_3"),
        Quantity("mu_lymphocytes", "1/d", "renewal of lymphocytes", "r_4"),
        Quantity("d_ctl", "1/d", "death of effector cytotoxic cells", "d_3"),
        Quantity("d_helper", "1/d", "death of effector helper cells", "d_4"),
        Quantity("d_lymphocytes", "1/d", "death of lymphocytes", "d_5"),
        Quantity("k_ctl", "uL/cells/d", "activation of cytotoxic cells", "a_1"),
        Quantity("help", "uL/cells", "help by effector helper cells", "a_2"),
        Quantity("k_helper", "uL/cells/d", "activation of helper cells", "a_3"),
        Quantity("p_inflammation", "1/d", "input of inflammation", "p_0"),
        Quantity("p_contact", "uL*uL/cells/cells/d", "inflammation by contact", "p_1"),
        Quantity("p_lymphocytes", "cells/uL/d", "input of lymphocytes", "p_2"),
        Quantity("d_inflammation", "1/d", "decay of inflammation", "d_2"),
        Quantity("inflammation_50", "1", "inflammation at half effect", "b", "positive"),
        Quantity("lymphocytes_max", "cells/uL", "capacity of lymphocytes", "l", "positive"),
        Quantity("drug", "1/d", "suppression by a drug", "D"),
        Quantity("least", "1", "inflammation below which the drug fades", "", "positive", True),
        *(Quantity(f"{name}_0", "cells/uL", f"{name.replace('_', ' ')} at the start") for name in LYMPHOID),
        Quantity("inflammation_0", "1", "inflammation at the start"),
        BLOOD_VOLUME,
    ),
    dose_into="ctl_memory",
    time_unit="d",
)
MODEL = Model(
    name="hanson_2016",
    title="Helper and cytotoxic CAR-T cells, inflammation and a suppressive drug",
    structure=STRUCTURE,
    values=(
        Values(
            "biomodels",
            HANSON,
            {
                "divisions": 6.0,
                "mu_tumour": 0.003,
                "mu_ctl": 0.1,
                "mu_helper": 0.1,
                "mu_lymphocytes": 0.1,
                "k_kill": 2e-4,
                "d_inflammation": 1.5,
                "d_ctl": 0.004,
                "d_helper": 0.004,
                "d_lymphocytes": 2e-4,
                "p_inflammation": 200.0,
                "p_contact": 0.002,
                "p_lymphocytes": 0.4,
                "k_ctl": 4e-7,
                "help": 2.0,
                "k_helper": 8e-5,
                "inflammation_50": 800.0,
                "lymphocytes_max": 1600.0,
                "tumour_max": 4800.0,
                "drug": 0.0,
                "least": 1.0,
                "ctl_memory_0": 10.0,
                "ctl_effector_0": 10.0,
                "helper_memory_0": 10.0,
                "helper_effector_0": 10.0,
                "lymphocytes_0": 1600.0,
                "inflammation_0": 140.0,
                "tumour_0": 300.0,
                "blood_volume": 5e6,
            },
            {"least": OURS_CLAMP, "blood_volume": ADULT_BLOOD},
        ),
    ),
    experiments=(
        Experiment("ten of each", (), 365.0),
        Experiment("fifty memory cells", (), 365.0, {"ctl_memory_0": 50.0}),
    ),
    anchors=(
        Anchor(
            "peak of effector cytotoxic cells",
            45.449925,
            "cells/uL",
            1e-4,
            SOLVED,
            output="ctl_effector",
            quantity="CMAX",
        ),
        Anchor(
            "peak of effector helper cells",
            73.956216,
            "cells/uL",
            1e-4,
            SOLVED,
            output="helper_effector",
            quantity="CMAX",
        ),
        Anchor(
            "peak, fifty memory cells",
            88.119517,
            "cells/uL",
            1e-4,
            SOLVED,
            output="ctl_effector",
            quantity="CMAX",
            experiment="fifty memory cells",
        ),
    ),
    deviations=(
        "The unit of time is not in the entry: days are assumed, so times and rates may be off by one factor.",
        "The suppressive drug acts at a constant rate and could drive inflammation below 0; here it fades below 1.",
    ),
    about=About(
        purpose="Help, inflammation and a suppressive drug in the response to CAR-T cells.",
        origin="Numbers of the paper, as encoded; chosen, not fitted.",
        can="Four phenotypes, tumour and inflammation; a drug against inflammation at a constant rate.",
        cannot="Its unit of time is not certain; no cytokine, no grade of CRS.",
        disease=("any",),
        target=("any",),
        mechanism=("expansion", "killing", "phenotypes", "memory", "cytokines"),
        data=("assumed",),
        licence="SBML CC0",
    ),
)
