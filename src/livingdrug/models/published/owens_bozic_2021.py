r"""Chemotherapy before CAR-T cells in four patients (Owens & Bozic 2021).

    DX = dX (X/T)^l / (s + (X/T)^l) T  for X in E, C
    T' = a T (1 - T/Tmax) - DE - DC - KT (1 - e^-M) T
    E' = g - mE E - jE ln((E + C)/K) DE^2/(k + DE^2) E - qE E T - KE (1 - e^-M) E
    C' =   - mC C - jC ln((E + C)/K) DC^2/(k + DC^2) C - qC C T - KC (1 - e^-M) C          M' = -gamma M

T tumour, E host effectors, C CAR-T cells, M drug (uM); days. Chemotherapy is infused into M, CAR-T cells into
C.
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
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import SOLVED

OWENS = Source(
    "owens_bozic_2021",
    "Owens & Bozic 2021, Bull Math Biol 83:42, Table 1",
    "10.1007/s11538-021-00869-5",
    "read in the full text",
)
FLOOR = Source("livingdrug", "ours: keeps X/T finite once the tumour is gone")

STRUCTURE = Structure(
    places=(Place("body"),),
    states=(
        State("tumour", "cells", "tumour cells", ("target",), "body", "tumour_0", "T", log=True),
        State("host", "cells", "host effector cells", ("host_t",), "body", "host_start", "E"),
        State("car_t", "cells", "CAR-T cells that are effective", ("car_t",), "body", symbol="C"),
        State("drug", "uM", "chemotherapy", ("drug",), "body", symbol="M"),
    ),
    definitions=(
        Definition("tumour_seen", "max(tumour, least)", "tumour, not below its floor"),
        Definition("half", "half_ratio ** (1 / steepness)", "ratio at half of the kill"),
        Definition(
            "kill_host",
            "k_kill_host * hill(host / tumour_seen, steepness, half) * tumour",
            "kill by host cells",
            "D_E",
        ),
        Definition(
            "kill_car_t",
            "k_kill * hill(car_t / tumour_seen, steepness, half) * tumour",
            "kill by CAR-T cells",
            "D_C",
        ),
        Definition("poison", "1 - exp(-drug / one_micromolar)", "effect of chemotherapy"),
    ),
    flows=(
        Flow("tumour_growth", "mu_tumour * tumour * (1 - tumour / tumour_max)", "growth", into="tumour"),
        Flow("killing_by_host", "kill_host", "killing", out_of="tumour"),
        Flow("killing", "kill_car_t", "killing", out_of="tumour"),
        Flow("drug_on_tumour", "drug_tumour * poison * tumour", "death", out_of="tumour"),
        Flow("host_supply", "supply", "production", into="host"),
        Flow("host_death", "d_host * host", "death", out_of="host"),
        Flow(
            "host_expansion",
            "-mu_host_cells * log((host + car_t) / t_cells_max) * hill(kill_host, 2, kill_50) * host",
            "expansion",
            into="host",
        ),
        Flow("host_exhaustion", "k_exhaust_host * host * tumour", "death", out_of="host"),
        Flow("drug_on_host", "drug_host * poison * host", "death", out_of="host"),
        Flow("car_t_death", "d_car_t * car_t", "death", out_of="car_t"),
        Flow(
            "expansion",
            "-k_expansion * log((host + car_t) / t_cells_max) * hill(kill_car_t, 2, kill_50) * car_t",
            "expansion",
            into="car_t",
        ),
        Flow("exhaustion", "k_exhaust * car_t * tumour", "death", out_of="car_t"),
        Flow("drug_on_car_t", "drug_car_t * poison * car_t", "death", out_of="car_t"),
        Flow("drug_elimination", "k_drug * drug", "clearance", out_of="drug"),
    ),
    outputs=(
        Output("tumour", "tumour", "cells", "tumour cells"),
        Output("car_t", "car_t", "cells", "CAR-T cells that are effective", measured=True),
        Output("host", "host", "cells", "host effector cells"),
        Output("drug_level", "drug", "uM", "chemotherapy"),
    ),
    quantities=(
        Quantity("mu_tumour", "1/d", "tumour growth rate", "a"),
        Quantity("tumour_max", "cells", "tumour capacity", "1/b", "positive"),
        Quantity("k_kill_host", "1/d", "largest kill rate of host cells", "d_E"),
        Quantity("k_kill", "1/d", "largest kill rate of CAR-T cells", "d_C"),
        Quantity(
            "half_ratio",
            "1",
            "ratio of cells at half of the kill, to the power of the steepness",
            "s",
            "positive",
        ),
        Quantity("steepness", "1", "steepness of the kill in the ratio", "l", "positive"),
        Quantity("supply", "cells/d", "supply of host cells", "g"),
        Quantity("d_host", "1/d", "death rate of host cells", "m_E"),
        Quantity("d_car_t", "1/d", "death rate of CAR-T cells", "m_C"),
        Quantity("mu_host_cells", "1/d", "largest expansion of host cells", "j_E"),
        Quantity("k_expansion", "1/d", "largest expansion of CAR-T cells", "j_C"),
        Quantity("t_cells_max", "cells", "T cells at which expansion stops", "K", "positive"),
        Quantity("kill_50", "cells/d", "kill at half of the largest expansion", r"\sqrt{k}", "positive"),
        Quantity("k_exhaust_host", "1/cells/d", "exhaustion of host cells", "q_E"),
        Quantity("k_exhaust", "1/cells/d", "exhaustion of CAR-T cells", "q_C"),
        Quantity("drug_tumour", "1/d", "largest kill of tumour by chemotherapy", "K_T"),
        Quantity("drug_host", "1/d", "largest kill of host cells by chemotherapy", "K_E"),
        Quantity("drug_car_t", "1/d", "largest kill of CAR-T cells by chemotherapy", "K_C"),
        Quantity("k_drug", "1/d", "elimination of chemotherapy", r"\gamma"),
        Quantity("host_start", "cells", "host effectors at the start", "E_0"),
        Quantity("tumour_0", "cells", "tumour cells at the start", "T_0", "positive"),
        Quantity("one_micromolar", "uM", "what the exponent counts in", bound="positive", fixed=True),
        Quantity("least", "cells", "floor of the tumour in X/T", bound="positive", fixed=True),
    ),
    dose_into="car_t",
    time_unit="d",
)
ALL = {
    "k_kill": 2.25,
    "d_car_t": 0.0293,
    "drug_tumour": 0.7,
    "drug_host": 0.6,
    "drug_car_t": 0.6,
    "k_drug": 0.9,
    "host_start": 4e5,
    "one_micromolar": 1.0,
    "least": 1e-9,
}
NAMES = (
    "mu_tumour",
    "tumour_max",
    "k_kill_host",
    "supply",
    "mu_host_cells",
    "k_expansion",
    "t_cells_max",
    "kill_50",
    "steepness",
    "d_host",
    "k_exhaust_host",
    "k_exhaust",
    "half_ratio",
    "tumour_0",
)
PATIENTS = {
    "p1": (
        0.255,
        2e12,
        2.03,
        1400.0,
        0.011,
        0.242,
        1.65e9,
        math.sqrt(201900.0),
        1.395,
        0.007,
        3.42e-11,
        3e-11,
        0.305,
        1e9,
    ),
    "p2": (
        0.176,
        2e12,
        2.03,
        47000.0,
        0.00746,
        0.165,
        1.65e9,
        math.sqrt(7e7),
        1.419,
        0.034,
        6.716e-11,
        3e-11,
        0.305,
        5e9,
    ),
    "p3": (
        0.514,
        9.804e8,
        5.8,
        13000.0,
        0.027,
        0.6,
        1.65e8,
        math.sqrt(2e7),
        1.36,
        0.02,
        3.42e-10,
        1.53e-9,
        0.25,
        5e8,
    ),
    "p4": (
        0.514,
        9.804e8,
        4.23,
        13000.0,
        0.027,
        0.6,
        1.65e8,
        math.sqrt(2e7),
        1.43,
        0.02,
        3.42e-10,
        1.53e-9,
        0.36,
        5e8,
    ),
}
VECTORS = tuple(
    Values(
        name,
        OWENS,
        {**ALL, **dict(zip(NAMES, numbers, strict=True))},
        {"least": FLOOR},
        {
            "kill_50": "the root of the printed k",
            "tumour_0": "medium burden of the patient",
            "k_kill": "one value printed, used for all four patients",
            "d_car_t": "one value printed, used for all four patients",
        },
    )
    for name, numbers in PATIENTS.items()
)


def regimen(strength: float, days: int, rest: float, cells: float) -> tuple[str, ...]:
    """Half an hour of chemotherapy (uM/d) on so many days, then after a rest the effective CAR-T cells (1 %
    of the dose)."""
    drug = (f"{strength / 48!r}@0 into=drug over={1 / 48!r} every=1 repeats={days - 1}",) if days else ()
    return (*drug, f"{cells!r}@{days + rest!r}")


C5, C3 = "p1: five days of chemotherapy, then CAR-T", "p3: five days of chemotherapy, then CAR-T"
MODEL = Model(
    name="owens_bozic_2021",
    title="Chemotherapy, then CAR-T cells, in four patients",
    structure=STRUCTURE,
    values=VECTORS,
    experiments=(
        Experiment(C5, (), 30.0, given=regimen(77.0, 5, 2.0, 1e5)),
        Experiment(C3, (), 30.0, given=regimen(77.0, 5, 2.0, 1e6), vector="p3"),
        Experiment(
            "p2: three days of chemotherapy, then CAR-T",
            (),
            105.0,
            given=regimen(125.0, 3, 2.0, 1e5),
            vector="p2",
        ),
    ),
    anchors=(
        Anchor(
            "p1: tumour at the infusion", 2.4365926e8, "cells", 1e-3, SOLVED, output="tumour", quantity="C7"
        ),
        Anchor("p1: peak of CAR-T", 7.9527191e8, "cells", 1e-3, SOLVED, output="car_t", quantity="CMAX"),
        Anchor(
            "p3: peak of CAR-T",
            1.4203486e8,
            "cells",
            1e-3,
            SOLVED,
            output="car_t",
            quantity="CMAX",
            experiment=C3,
        ),
        Anchor(
            "p2: tumour on day 10 after the infusion",
            3.8028797e9,
            "cells",
            1e-2,
            SOLVED,
            output="tumour",
            quantity="C15",
            experiment="p2: three days of chemotherapy, then CAR-T",
        ),
    ),
    deviations=(
        "The prose and the caption of figure 3 exchange patients 3 and 4; with Table 1, patient 3 is cured "
        "and patient 4 not.",
        "A strength of 77 uM/d gives a peak of 2.65 uM, not the 3.34 uM of the paper; 97.2 uM/d gives that.",
        "Only 1 % of an infused dose is effective; doses here are effective cells.",
        "The edge between cure and failure is sharp: a thousandth of the tumour at the infusion decides.",
        "The tumour falls below one cell and may grow back from there; read that as cured.",
    ),
    about=About(
        purpose="Which chemotherapy before CAR-T cells, and how long a rest, cures.",
        origin="Parameters of four typical patients (lymphoma, CLL, two melanomas) from the literature.",
        can="Tumour, host effectors and CAR-T cells for regimens of chemotherapy and CAR-T cells.",
        cannot="No kinetics of a named drug, no variability; cure is a threshold, not a probability.",
        disease=("lymphoma", "leukaemia", "melanoma"),
        target=("any",),
        mechanism=("expansion", "killing", "chemotherapy", "preconditioning", "exhaustion"),
        data=("assumed",),
        kind="individual fits",
        licence="paper text, facts only",
    ),
)
