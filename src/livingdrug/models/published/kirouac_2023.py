r"""Antigen-toggled CAR-T cells against B cells in chronic lymphocytic leukaemia (Kirouac 2023).

    dTM/dt  = muM f TM - muM (1 - f) TM - dM TM + rM (1 - Hr) TE2 + fTM DX          f = fmax (1 - Hm)
    dTE1/dt = 2 muM (1 - f) TM - muE He TE1 - dE1 TE1 + fTE1 DX
    dTE2/dt = 2^N muE He TE1 - kex Hx TE2 - dE2 TE2 - rM (1 - Hr) TE2 + fTE2 DX
    dTX/dt  = kex Hx TE2 - dX TX + fTX DX
    dB/dt   = muB B (1 - B / Bmax) - kkill B H(TE2; kt, TK50)
    dBA/dt  = kb1 B - kb2 BA
    dD/dt   = -(floss + 1) D                         infused cells
    dDX/dt  = D - (fTM + fTE1 + fTE2 + fTX) DX       surviving cells being allotted

H(x; n, K) = x^n / (K^n + x^n). The four toggles Hm, He, Hx, Hr are Hill terms of the antigen BA and share one
B50; only TE2 kills. Cells and days throughout.
"""

import csv
from importlib.resources import files

from livingdrug.models import (
    About,
    Anchor,
    Condition,
    Definition,
    Experiment,
    Flow,
    Model,
    Output,
    Place,
    Population,
    Quantity,
    Range,
    Ranges,
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import ADULT_BLOOD, BLOOD_VOLUME

KIROUAC = "Kirouac et al. 2023, Nat Biotechnol 41:1606-1617"
CODE = Source(
    "kirouac_2023",
    KIROUAC,
    "10.1038/s41587-023-01687-x",
    "equations and vectors from a public replication (mstadt/CART2, commit d0f7730); facts only, no code",
)
START = Source(
    CODE.key,
    KIROUAC,
    CODE.doi,
    "corroborated: the 12 fits of each group collapse on one curve only at these values",
)
HARD_CODED = Source(CODE.key, KIROUAC, CODE.doi, "a transfer rate of 1/d is hard-coded in the replication")
SOLVED = Source(
    "livingdrug_facts", "this vector solved with LSODA, rtol 1e-10; agrees with the stored MATLAB run"
)

CAR_T = ("memory", "effector1", "effector2", "exhausted")

# name, symbol, unit, meaning, bound, CR patient 1, then (lowest, median, highest) over the 12 fits of each
# group:
# complete response (CR), partial response (PR), no response (NR)
TABLE = (
    ("antigen_50", "B_{50}", "cells", "antigen at half switch of every toggle", "positive", 3236080324.0,
     (3.405e8, 1.993e9, 7.945e9), (1.229e9, 3.727e9, 9.771e9), (1.009e6, 3.1e9, 1e10)),
    ("mu_tumour", r"\mu_B", "1/d", "tumour growth rate", "nonnegative", 0.050040188,
     (0.05, 0.05027, 0.05099), (0.05, 0.05051, 0.051), (0.05003, 0.05034, 0.05084)),
    ("k_kill", "k_{kill}", "1/d", "largest kill rate of the tumour", "nonnegative", 0.958461702,
     (0.4412, 0.9381, 1.0), (0.07616, 0.9164, 1.0), (0.001, 0.1428, 0.9355)),
    ("k_loss", "f_{loss}", "1/d", "loss rate of infused cells", "nonnegative", 314.5563332,
     (284.8, 494.4, 967.0), (414.3, 733.6, 890.4), (804.3, 1000.0, 1000.0)),
    ("effector2_50", "T_{K50}", "cells", "effector 2 cells at half kill", "positive", 1000000000.0,
     (1e5, 1.141e6, 1e9), (1.366e7, 6.513e8, 9.971e8), (1.586e8, 6.053e8, 9.589e8)),
    ("n_kill", "k_t", "1", "steepness of killing", "positive", 0.254191859,
     (0.2044, 0.5541, 2.184), (0.25, 0.9483, 2.889), (1.225, 1.8, 3.0)),
    ("k_antigen_on", "k_{b1}", "1/d", "antigen made per tumour cell", "nonnegative", 0.996687975,
     (0.8201, 0.9872, 0.9999), (0.03642, 0.8092, 0.9742), (0.001, 0.5334, 1.0)),
    ("k_antigen_off", "k_{b2}", "1/d", "antigen clearance rate", "nonnegative", 0.257136936,
     (0.2449, 0.6013, 0.9953), (0.09106, 0.5795, 0.9989), (0.005068, 0.1648, 0.9101)),
    ("mu_memory", r"\mu_M", "1/d", "memory division (turnover) rate", "nonnegative", 0.253162895,
     (0.1334, 0.8986, 0.9983), (0.219, 0.2976, 0.9759), (0.001, 0.001038, 0.812)),
    ("n_memory", "k_m", "1", "steepness of the self-renewal toggle", "positive", 0.720743327,
     (0.2004, 0.7626, 2.992), (0.2, 1.391, 2.996), (0.2226, 0.7308, 2.984)),
    ("f_max", "f_{max}", "1", "largest self-renewal probability", "fraction", 0.579686926,
     (0.5013, 0.5908, 0.989), (0.5, 0.6, 0.9835), (0.5, 0.5524, 0.99)),
    ("n_effector", "k_e", "1", "steepness of the maturation toggle", "positive", 2.708089263,
     (1.734, 2.485, 3.0), (1.094, 2.636, 3.0), (0.2079, 1.19, 3.0)),
    ("mu_effector", r"\mu_E", "1/d", "maturation rate of effector 1", "nonnegative", 0.937843482,
     (0.5201, 0.9611, 1.0), (0.3379, 0.5399, 0.9722), (0.06344, 0.08652, 0.8594)),
    ("divisions", "N", "1", "divisions during maturation", "nonnegative", 5.132798082,
     (3.249, 5.041, 5.993), (4.921, 5.653, 5.972), (2.374, 5.986, 6.0)),
    ("k_exhaust", "k_{ex}", "1/d", "largest exhaustion rate", "nonnegative", 0.15978662,
     (0.006682, 0.3605, 0.9916), (0.001716, 0.3, 1.0), (0.001847, 0.1109, 0.9992)),
    ("d_memory", "d_M", "1/d", "memory death rate", "nonnegative", 0.07484827,
     (0.07485, 0.3518, 0.8792), (0.1146, 0.4608, 0.9665), (0.001, 0.001032, 1.0)),
    ("d_effector1", "d_{E1}", "1/d", "effector 1 death rate", "nonnegative", 0.290634336,
     (0.0123, 0.02854, 0.4794), (0.01714, 0.1348, 0.8729), (0.001, 0.00119, 0.5763)),
    ("d_effector2", "d_{E2}", "1/d", "effector 2 death rate", "nonnegative", 0.007565547,
     (0.007566, 0.4422, 0.9935), (0.01393, 0.6729, 1.0), (0.001, 0.001292, 0.05515)),
    ("d_exhausted", "d_X", "1/d", "exhausted cell death rate", "nonnegative", 0.001000004,
     (0.001, 0.005946, 0.995), (0.008015, 0.09053, 1.0), (0.001, 0.05986, 0.1623)),
    ("tumour_max", "B_{max}", "cells", "tumour capacity", "positive", 2.271440561e8,
     (1.974e8, 2.264e11, 1e12), (1e8, 2.019e8, 9.489e11), (1.371e10, 1.618e10, 1.882e10)),
    ("n_exhaust", "k_x", "1", "steepness of the exhaustion toggle", "positive", 2.998879893,
     (0.2, 0.6862, 2.999), (0.2, 1.257, 2.933), (0.2, 0.9858, 2.999)),
    ("k_revert", "r_M", "1/d", "largest rate of return to memory", "nonnegative", 0.394596635,
     (0.3946, 0.9874, 1.0), (0.3086, 0.8244, 1.0), (0.03103, 0.6748, 0.9988)),
    ("n_revert", "k_r", "1", "steepness of the reversion toggle", "positive", 2.795422828,
     (0.7601, 2.661, 2.999), (0.2235, 2.477, 3.0), (0.2, 2.428, 2.999)),
    ("e_memory", "f_{TM}", "1/d", "engraftment rate as memory", "nonnegative", 1.0,
     (1.0, 3.747, 10.0), (1.303, 4.066, 9.968), (1.0, 5.912, 9.784)),
    ("e_effector1", "f_{TE1}", "1/d", "engraftment rate as effector 1", "nonnegative", 1.126392921,
     (1.024, 7.856, 10.0), (1.0, 1.525, 8.956), (6.476, 9.912, 10.0)),
    ("e_effector2", "f_{TE2}", "1/d", "engraftment rate as effector 2", "nonnegative", 45.01114367,
     (30.0, 49.69, 70.0), (30.0, 54.48, 68.08), (30.01, 31.1, 70.0)),
    ("e_exhausted", "f_{TX}", "1/d", "engraftment rate as exhausted", "nonnegative", 14.91950294,
     (5.002, 23.58, 29.88), (6.851, 20.27, 30.0), (5.0, 7.321, 30.0)),
)  # fmt: skip

STRUCTURE = Structure(
    places=(Place("blood", volume="blood_volume"),),
    states=(
        State("memory", "cells", "memory CAR-T cells", ("car_t",), "blood", symbol="T_M"),
        State("effector1", "cells", "early effector CAR-T cells", ("car_t",), "blood", symbol="T_{E1}"),
        State(
            "effector2",
            "cells",
            "late effector CAR-T cells, which kill",
            ("car_t",),
            "blood",
            symbol="T_{E2}",
        ),
        State("exhausted", "cells", "exhausted CAR-T cells", ("car_t",), "blood", symbol="T_X"),
        State("tumour", "cells", "tumour (B) cells", ("target",), initial="tumour_0", symbol="B"),
        State(
            "antigen",
            "cells",
            "antigen, in cell equivalents",
            ("antigen",),
            initial="antigen_0",
            symbol="B_A",
        ),
        # not car_t: cells of the infusion are neither counted nor exchanged nor killed before they engraft
        State("infused", "cells", "infused cells", ("infused",), "infusate", symbol="D"),
        State(
            "engrafting",
            "cells",
            "surviving infused cells being allotted",
            ("infused",),
            "infusate",
            symbol="D_X",
        ),
    ),
    definitions=(
        Definition(
            "renewal",
            "f_max * (1 - hill(antigen, n_memory, antigen_50))",
            "self-renewal probability of memory",
            "f",
        ),
    ),
    flows=(
        Flow("self_renewal", "mu_memory * renewal * memory", "expansion", into="memory"),
        Flow(
            "activation", "mu_memory * (1 - renewal) * memory", "expansion", "memory", "effector1", gain="2"
        ),
        Flow(
            "maturation",
            "mu_effector * hill(antigen, n_effector, antigen_50) * effector1",
            "expansion",
            "effector1",
            "effector2",
            gain="2 ** divisions",
        ),
        Flow(
            "exhaustion",
            "k_exhaust * hill(antigen, n_exhaust, antigen_50) * effector2",
            "differentiation",
            "effector2",
            "exhausted",
        ),
        Flow(
            "reversion",
            "k_revert * (1 - hill(antigen, n_revert, antigen_50)) * effector2",
            "differentiation",
            "effector2",
            "memory",
        ),
        *(Flow(f"{state}_death", f"d_{state} * {state}", "death", out_of=state) for state in CAR_T),
        Flow("tumour_growth", "mu_tumour * tumour * (1 - tumour / tumour_max)", "growth", into="tumour"),
        Flow(
            "tumour_killing",
            "k_kill * tumour * hill(effector2, n_kill, effector2_50)",
            "killing",
            out_of="tumour",
        ),
        Flow("antigen_production", "k_antigen_on * tumour", "production", into="antigen"),
        Flow("antigen_clearance", "k_antigen_off * antigen", "clearance", out_of="antigen"),
        Flow("infusion_loss", "k_loss * infused", "engraftment", out_of="infused"),
        Flow("infusion_survival", "k_survive * infused", "engraftment", "infused", "engrafting"),
        *(
            Flow(f"engraft_{state}", f"e_{state} * engrafting", "engraftment", "engrafting", state)
            for state in CAR_T
        ),
    ),
    outputs=(
        Output("car_t", "amount(car_t)", "cells", "CAR-T cells, all phenotypes, all places"),
        Output("car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood", measured=True),
        Output("tumour", "tumour", "cells", "tumour (B) cells"),
    ),
    quantities=(
        *(Quantity(name, unit, meaning, symbol, bound) for name, symbol, unit, meaning, bound, *_ in TABLE),
        Quantity("k_survive", "1/d", "rate from infused to engrafting", "k_s", fixed=True),
        Quantity("tumour_0", "cells", "tumour cells at infusion", "B_0"),
        Quantity("antigen_0", "cells", "antigen at infusion", "B_{A0}"),
        BLOOD_VOLUME,
    ),
    cautions=(
        Condition(
            "mu_memory * (2 * f_max - 1) - d_memory",
            "memory grows without bound once antigen is low: mu_memory (2 f_max - 1) exceeds d_memory, and "
            "the model has no capacity for T cells",
        ),
        Condition(
            "tumour_0 - tumour_max",
            "the tumour capacity is below the burden at infusion, so the tumour shrinks even without CAR-T; "
            "compare with an untreated run",
        ),
    ),
    dose_into="infused",
    time_unit="d",
)

CR_1 = Values(
    "cr_1",
    CODE,
    {
        **{row[0]: row[5] for row in TABLE},
        "k_survive": 1.0,
        "tumour_0": 1e10,
        "antigen_0": 1e10,
        "blood_volume": 5e6,
    },
    sources={"k_survive": HARD_CODED, "tumour_0": START, "antigen_0": START, "blood_volume": ADULT_BLOOD},
    notes={
        "k_loss": "called a fraction in the source, acts as a rate",
        "divisions": "listed bounds 4-12, fitted 2.4-6",
    },
)
RANGES = tuple(
    Ranges(name, f"12 fits to the group with {meaning}", {row[0]: Range(*row[column]) for row in TABLE}, CODE)  # pyright: ignore
    for name, meaning, column in (
        ("cr", "complete response", 6),
        ("pr", "partial response", 7),
        ("nr", "no response", 8),
    )
)

MODEL = Model(
    name="kirouac_2023",
    title="Antigen-toggled CAR-T memory, effector and exhausted cells in CLL",
    structure=STRUCTURE,
    values=(CR_1,),
    ranges=RANGES,
    experiments=(Experiment("fitted dose", doses=((0.0, 1e8),), until=60.0),),
    anchors=(
        Anchor("CR1 peak", 1.143e8, "cells", 1e-3, SOLVED, output="car_t", quantity="CMAX"),
        Anchor("CR1 time of peak", 22.8, "d", 0.0044, SOLVED, output="car_t", quantity="TMAX"),
        Anchor("CR1 AUC to day 60", 3.242e9, "d*cells", 1e-3, SOLVED, output="car_t", quantity="AUC"),
    ),
    deviations=(
        "The equations are those of a replication's code; the author correction "
        "(doi:10.1038/s41587-023-01816-6) was not reachable.",
        "That `CR patient #1` of Kirouac 2024 is column 1 of the replication's CR matrix is inferred from "
        "the order.",
        "cr_1 has tumour_max below tumour_0: the tumour falls 34-fold in 30 days without any CAR-T.",
        "The groups' ranges are for reading: a column of medians is not a patient (it lands 50-fold off its "
        "own group).",
        "The scale from cells to cells/uL is not known; blood_volume is 5e6 uL as in Table 1 of Kirouac "
        "2024 (the replication divides by 2e6).",
        "At day 365 CR1 is 99 % exhausted cells: its persistence is not memory.",
        "The replication clamps states at 0 inside most terms; here Hill terms are 0 for x <= 0 and nothing "
        "else is clamped.",
    ),
    about=About(
        purpose="How antigen switches memory, effector and exhausted CAR-T cells, and how responders differ.",
        origin="Group means of 38 patients with CLL given CTL019 (Fraietta 2018), fitted by particle swarms.",
        can="Phenotypes, tumour and antigen over a year; the base of distribution, host competition and rejection.",
        cannot="No single parameter is identified; no capacity of T cells; the scale from cells to a blood level is assumed.",
        disease=("leukaemia",),
        target=("CD19",),
        mechanism=("expansion", "killing", "memory", "phenotypes", "exhaustion"),
        data=("patients",),
        kind="individual fits",
        licence="transcription without licence, facts only",
    ),
)


# ------------------------------------------------------------------------------------------- all 36 vectors


def _vectors() -> tuple[Values, ...]:
    """The 12 fits of each group, as stored."""
    file = files(__package__ or "") / "kirouac_2023.csv"
    with file.open(encoding="utf-8", newline="") as lines:  # pyright: ignore[reportCallIssue]
        rows = list(csv.DictReader(lines))
    shared = {name: CR_1.values[name] for name in CR_1.sources}
    numbers = {name: {row["quantity"]: float(row[name]) for row in rows} for name in list(rows[0])[1:]}
    return tuple(
        Values(name, CODE, {**own, **shared}, CR_1.sources, CR_1.notes) for name, own in numbers.items()
    )


VECTORS = _vectors()
PATIENTS = {"cr": 8, "pr": 5, "nr": 25}  # of the 38 patients behind the three groups
GROUPS = {"cr": "complete response", "pr": "partial response", "nr": "no response"}
WEIGHTS = Source(
    CODE.key, KIROUAC, CODE.doi, "8, 5 and 25 of 38 patients, spread evenly over the 12 fits of a group"
)
MEMBERS = {v.name: PATIENTS[v.name[:2]] / 12 for v in VECTORS}

ENSEMBLE = Model(
    name="kirouac_2023_ensemble",
    title="Antigen-toggled CAR-T cells in CLL: 36 fits of complete, partial and no response",
    structure=STRUCTURE,
    values=VECTORS,
    populations=(
        Population("all", {}, WEIGHTS, "36 fits, weighted as 8 CR, 5 PR and 25 NR patients", MEMBERS),
        *(
            Population(
                group, {}, WEIGHTS, f"12 fits of {words}", {n: 1.0 for n in MEMBERS if n.startswith(group)}
            )
            for group, words in GROUPS.items()
        ),
    ),
    experiments=(
        Experiment("fitted dose", doses=((0.0, 1e8),), until=60.0),
        Experiment("no response 1", doses=((0.0, 1e8),), until=60.0, vector="nr_1"),
        Experiment("partial response 1", doses=((0.0, 1e8),), until=60.0, vector="pr_1"),
    ),
    anchors=(
        Anchor("cr_1: peak", 1.14267e8, "cells", 1e-4, SOLVED, output="car_t", quantity="CMAX"),
        Anchor(
            "pr_1: peak",
            5.69247e7,
            "cells",
            1e-4,
            SOLVED,
            output="car_t",
            quantity="CMAX",
            experiment="partial response 1",
        ),
        Anchor(
            "nr_1: peak",
            6.09088e5,
            "cells",
            1e-4,
            SOLVED,
            output="car_t",
            quantity="CMAX",
            experiment="no response 1",
        ),
    ),
    deviations=(
        "A subject is one of the 36 fits as a whole: drawing the 27 parameters one by one would make "
        "patients that fit nobody.",
        "Many values sit on the bounds of the search; no single parameter is identified.",
        "12 of the 24 responder fits have tumour_max below tumour_0: their tumour falls without CAR-T "
        "cells; run the control.",
        "cr_12 grows without antigen at its fitted values, and AUC to day 60 spans 0.17 to 7,088 d*cells/uL "
        "within CR alone.",
        *MODEL.deviations[:2],
    ),
    about=About(
        purpose="How far responders, partial responders and non-responders lie apart, and what exposure tells of response.",
        origin="Group means of 38 patients with CLL given CTL019 (Fraietta 2018): 12 fits of each group.",
        can="Virtual patients of a group or of all; exposure-response from simulation.",
        cannot="Variability between patients of a group: the 12 fits of a group are fits of one mean curve.",
        disease=("leukaemia",),
        target=("CD19",),
        mechanism=("expansion", "killing", "memory", "phenotypes", "exhaustion"),
        data=("patients",),
        kind="ensemble",
        licence="transcription without licence, facts only",
    ),
)
