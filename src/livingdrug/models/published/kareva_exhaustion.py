r"""Reversible and terminal exhaustion of T cells under a checkpoint drug (Kareva & Gevertz).

    s = b y1/(x + y1) + c y3/(x + y3)          dx  = lambda x (1 - x/K) - x s
    dy1 = x (b1 y1/(x + y1) + c1 y3/(x + y3)) - d1 y1 - g1 y1 [F > F1] + g2 y2 [F < F1] + pd1 p y2
    dy2 = g1 y1 [F > F1] - g2 y2 [F < F1] - g3 y2 [F > F2] - pd1 p y2          dy3 = g3 y2 [F > F2] - d3 y3
    dF  = b2 x s - d4 F
    da  = -k01 a          dp = k01 a - (Cl1 + Cl2)/V1 p + Cl2/V1 ti          dti = Cl2/V2 (p - ti)

Not a CAR-T model. x tumour, y1 cytotoxic, y2 reversibly and y3 terminally exhausted cells, F inflammation; a,
p, ti drug.
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
from livingdrug.models.shared import SOLVED

KAREVA = Source(
    "kareva_gevertz",
    "Kareva & Gevertz (T-cell exhaustion under a checkpoint drug)",
    "",
    "numbers of the authors' code (jgevertz/T_Cell_Exhaustion, commit ec29f58, no licence); facts only",
)
SHARP = Source(
    "livingdrug", "ours: the thresholds are steps in the code; here they are Hill terms of this steepness"
)

STRUCTURE = Structure(
    places=(Place("tumour"),),
    states=(
        State("tumour", "1", "tumour", ("target",), "tumour", "tumour_0", "x"),
        State("cytotoxic", "1", "cytotoxic T cells", ("car_t",), "tumour", "cytotoxic_0", "y_1"),
        State("reversible", "1", "reversibly exhausted T cells", ("car_t",), "tumour", symbol="y_2"),
        State("terminal", "1", "terminally exhausted T cells", ("car_t",), "tumour", symbol="y_3"),
        State("inflammation", "1", "inflammation", ("biomarker",), "tumour", symbol="F"),
        State("depot", "1", "drug to be absorbed", ("infused",), "depot", symbol="a"),
        State("drug", "1", "drug in plasma", ("drug",), "plasma", symbol="p"),
        State("drug_tissue", "1", "drug in tissue", ("drug",), "tissue", symbol="t_i"),
    ),
    definitions=(
        Definition("seen", "cytotoxic / (tumour + cytotoxic)"),
        Definition("seen_late", "terminal / (tumour + terminal)"),
        Definition("kill", "k_kill * seen + k_kill_late * seen_late", "kill rate", "s"),
        Definition("above_1", "hill(inflammation, sharpness, inflammation_1)", "1 above the first threshold"),
        Definition(
            "above_2", "hill(inflammation, sharpness, inflammation_2)", "1 above the second threshold"
        ),
    ),
    flows=(
        Flow("tumour_growth", "mu_tumour * tumour * (1 - tumour / tumour_max)", "growth", into="tumour"),
        Flow("killing", "kill * tumour", "killing", out_of="tumour"),
        Flow(
            "expansion",
            "tumour * (k_expansion * seen + k_expansion_late * seen_late)",
            "expansion",
            into="cytotoxic",
        ),
        Flow("cytotoxic_death", "d_cytotoxic * cytotoxic", "death", out_of="cytotoxic"),
        Flow("exhaustion", "k_exhaust * cytotoxic * above_1", "differentiation", "cytotoxic", "reversible"),
        Flow(
            "recovery", "k_recover * reversible * (1 - above_1)", "differentiation", "reversible", "cytotoxic"
        ),
        Flow(
            "reinvigoration",
            "k_drug_effect * drug * reversible",
            "differentiation",
            "reversible",
            "cytotoxic",
        ),
        Flow(
            "terminal_exhaustion",
            "k_terminal * reversible * above_2",
            "differentiation",
            "reversible",
            "terminal",
        ),
        Flow("terminal_death", "d_terminal * terminal", "death", out_of="terminal"),
        Flow("inflammation_release", "p_inflammation * tumour * kill", "production", into="inflammation"),
        Flow("inflammation_decay", "d_inflammation * inflammation", "clearance", out_of="inflammation"),
        Flow("absorption", "k_absorption * depot", "exchange", "depot", "drug"),
        Flow("elimination", "clearance / v_plasma * drug", "clearance", out_of="drug"),
        Flow(
            "distribution",
            "exchange / v_plasma * drug",
            "exchange",
            "drug",
            "drug_tissue",
            gain="v_plasma / v_tissue",
        ),
        Flow(
            "return",
            "exchange / v_tissue * drug_tissue",
            "exchange",
            "drug_tissue",
            "drug",
            gain="v_tissue / v_plasma",
        ),
    ),
    outputs=(
        Output("tumour", "tumour", "1", "tumour", measured=True),
        Output("cytotoxic", "cytotoxic", "1", "cytotoxic T cells"),
        Output("terminal", "terminal", "1", "terminally exhausted T cells"),
        Output("inflammation", "inflammation", "1", "inflammation"),
        Output("drug_level", "drug", "1", "drug in plasma"),
    ),
    quantities=(
        Quantity("mu_tumour", "1/d", "tumour growth rate", r"\lambda"),
        Quantity("tumour_max", "1", "tumour capacity", "K", "positive"),
        Quantity("k_kill", "1/d", "kill by cytotoxic cells", "b"),
        Quantity("k_kill_late", "1/d", "kill by terminal cells", "c"),
        Quantity("k_expansion", "1/d", "expansion of cytotoxic cells", "b_1"),
        Quantity("k_expansion_late", "1/d", "expansion by terminal cells", "c_1"),
        Quantity("d_cytotoxic", "1/d", "death of cytotoxic cells", "d_1"),
        Quantity("k_exhaust", "1/d", "reversible exhaustion", "g_1"),
        Quantity("k_recover", "1/d", "recovery", "g_2"),
        Quantity("k_terminal", "1/d", "terminal exhaustion", "g_3"),
        Quantity("d_terminal", "1/d", "death of terminal cells", "d_3"),
        Quantity("inflammation_1", "1", "first threshold", "F_1", "positive"),
        Quantity("inflammation_2", "1", "second threshold", "F_2", "positive"),
        Quantity("sharpness", "1", "steepness of the thresholds", "", "positive", True),
        Quantity("p_inflammation", "1", "inflammation per kill", "b_2"),
        Quantity("d_inflammation", "1/d", "its decay", "d_4"),
        Quantity("k_drug_effect", "1/d", "recovery by the drug", "pd_1"),
        Quantity("k_absorption", "1/d", "absorption", "k_{01}"),
        Quantity("clearance", "mL/kg/d", "clearance", "Cl_1"),
        Quantity("exchange", "mL/kg/d", "exchange with tissue", "Cl_2"),
        Quantity("v_plasma", "mL/kg", "volume of plasma", "V_1", "positive"),
        Quantity("v_tissue", "mL/kg", "volume of tissue", "V_2", "positive"),
        Quantity("tumour_0", "1", "tumour at the start", "x_0", "positive"),
        Quantity("cytotoxic_0", "1", "cytotoxic cells at the start", "y_{10}", "positive"),
    ),
    dose_into="depot",
    time_unit="d",
)
MODEL = Model(
    name="kareva_exhaustion",
    title="Reversible and terminal exhaustion of T cells, with a checkpoint drug",
    structure=STRUCTURE,
    values=(
        Values(
            "code",
            KAREVA,
            {
                "mu_tumour": 0.025,
                "tumour_max": 3000.0,
                "k_kill": 0.09,
                "k_kill_late": 0.01,
                "k_expansion": 0.1,
                "k_expansion_late": 0.001,
                "d_cytotoxic": 0.045,
                "k_exhaust": 0.045,
                "k_recover": 0.01,
                "k_terminal": 0.05,
                "d_terminal": 0.01,
                "inflammation_1": 10.0,
                "inflammation_2": 25.0,
                "sharpness": 1000.0,
                "p_inflammation": 0.02,
                "d_inflammation": 0.01,
                "k_drug_effect": 0.001,
                "k_absorption": 0.11,
                "clearance": 20.0,
                "exchange": 22.0,
                "v_plasma": 70.0,
                "v_tissue": 33.0,
                "tumour_0": 50.0,
                "cytotoxic_0": 0.1,
            },
            {"sharpness": SHARP},
        ),
    ),
    experiments=(
        Experiment("no drug", (), 500.0),
        Experiment(
            "3 mg/kg, ten doses 72 apart", (), 500.0, given=(f"{3000 / 70!r}@100 every=72 repeats=9",)
        ),
    ),
    anchors=(
        Anchor("tumour at 500", 2136.9174, "1", 1e-3, SOLVED, output="tumour", quantity="C500"),
        Anchor("cytotoxic cells at 500", 182.72204, "1", 1e-3, SOLVED, output="cytotoxic", quantity="C500"),
        Anchor(
            "tumour at 500, with the drug",
            358.24827,
            "1",
            1e-3,
            SOLVED,
            output="tumour",
            quantity="C500",
            experiment="3 mg/kg, ten doses 72 apart",
        ),
    ),
    deviations=(
        "Rates of the drug are printed per day, and doses are 24 apart for a day: the unit of time is mixed "
        "in the code. Days here.",
        "The thresholds are steps in the code; here they are steep Hill terms, so that the solver can "
        "follow.",
        "T cells carry the role of CAR-T cells here, so that mechanisms can join; the model is not of CAR-T "
        "cells.",
    ),
    about=About(
        purpose="Whether a checkpoint drug brings exhausted T cells back before they are lost.",
        origin="Numbers of the authors' code; chosen, not fitted.",
        can="Three states of T cells, tumour, inflammation and drug for any schedule.",
        cannot="No CAR, no unit of cells, and a unit of time that is not certain.",
        disease=("any",),
        target=("any",),
        mechanism=("expansion", "killing", "exhaustion", "checkpoint"),
        data=("assumed",),
        kind="illustration",
        licence="authors' code without licence, facts only",
    ),
)
