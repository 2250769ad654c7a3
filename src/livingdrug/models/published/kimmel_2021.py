r"""CAR-T and normal T cells compete for room, and CAR-T cells kill a lymphoma (Kimmel 2021).

    dN/dt = -rN N ln((N + C) / KN)          dC/dt = -rC C ln((N + C) / KC)          dB/dt = rB B - gB B C / (kB + C)
    rC = rhoC + b (T - KN)^2 / (a T^2 + (T - KN)^2)          T = N + C

Cells/uL, days; the tumour in cells (1 mL is 1e9 cells). N and C do not depend on the tumour, so the
probability that it is cured has a closed form (`livingdrug.simulation.cure_probability`).
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
from livingdrug.models.shared import ADULT_BLOOD, BLOOD_VOLUME

KIMMEL = Source(
    "kimmel_2021",
    "Kimmel, Locke & Altrock 2021, Proc R Soc B 288:20210229, Table 1",
    "10.1098/rspb.2021.0229",
    "as encoded in BioModels BIOMD0000001041",
)
SCRIPT = Source(
    KIMMEL.key,
    KIMMEL.citation,
    KIMMEL.doi,
    "numbers of the authors' script (MathOnco/CARTecology, commit f20782f); facts only",
)
SOLVED = Source("livingdrug_facts", "own LSODA solution, rtol 1e-10")

STRUCTURE = Structure(
    places=(Place("blood", volume="blood_volume"),),
    states=(
        State("normal", "cells/uL", "normal T cells", ("host_t",), "blood", "normal_0", "N"),
        State("car_t", "cells/uL", "CAR-T cells", ("car_t",), "blood", "car_t_0", "C"),
        State(
            "tumour",
            "cells",
            "lymphoma cells",
            ("target",),
            initial="tumour_volume_0 * cells_per_volume",
            symbol="B",
            log=True,
        ),
    ),
    definitions=(
        Definition("all_t", "normal + car_t", "all T cells", "T"),
        Definition(
            "r_car_t",
            "rho_car_t + room_b * (all_t - normal_max)**2 / (room_a * all_t**2 + (all_t - normal_max)**2)",
            "growth rate of CAR-T cells",
            "r_C",
        ),
    ),
    flows=(
        Flow("normal_recovery", "-mu_normal * normal * log(all_t / normal_max)", "expansion", into="normal"),
        Flow("car_t_growth", "-r_car_t * car_t * log(all_t / car_t_max)", "expansion", into="car_t"),
        Flow("tumour_growth", "mu_tumour * tumour", "growth", into="tumour"),
        Flow("tumour_killing", "k_kill * tumour * hill(car_t, 1, car_t_50)", "killing", out_of="tumour"),
    ),
    outputs=(
        Output("car_t_blood", "car_t", "cells/uL", "CAR-T cells in blood", measured=True),
        Output("normal_t", "normal", "cells/uL", "normal T cells in blood", measured=True),
        Output("tumour", "tumour", "cells", "lymphoma cells"),
    ),
    quantities=(
        Quantity("mu_normal", "1/d", "growth rate of normal T cells", "r_N"),
        Quantity(
            "normal_max", "cells/uL", "T cells at which normal ones stop growing", "K_N", bound="positive"
        ),
        Quantity("rho_car_t", "1/d", "growth rate of CAR-T cells without room", r"\rho_C"),
        Quantity(
            "car_t_max", "cells/uL", "T cells at which CAR-T cells stop growing", "K_C", bound="positive"
        ),
        Quantity("room_a", "1", "how fast the advantage of an empty niche is lost", "a", bound="positive"),
        Quantity("room_b", "1/d", "largest advantage of an empty niche", "b"),
        Quantity("mu_tumour", "1/d", "tumour growth rate", "r_B"),
        Quantity("k_kill", "1/d", "largest kill rate", r"\gamma_B"),
        Quantity(
            "car_t_50", "cells/uL", "CAR-T cells at half of the largest kill rate", "k_B", bound="positive"
        ),
        Quantity("normal_0", "cells/uL", "normal T cells after preconditioning", "N_0", bound="positive"),
        Quantity("car_t_0", "cells/uL", "CAR-T cells at the infusion", "C_0", bound="positive"),
        Quantity("tumour_volume_0", "mL", "tumour volume at the infusion", "B_0", bound="positive"),
        Quantity("cells_per_volume", "cells/mL", "tumour cells in a volume", bound="positive", fixed=True),
        BLOOD_VOLUME,
    ),
    time_unit="d",
)
SHARED = {
    "normal_max": 500.0,
    "room_a": 0.423,
    "room_b": 0.525,
    "k_kill": 1.15,
    "normal_0": 6.0,
    "car_t_0": 0.36,
    "cells_per_volume": 1e9,
    "blood_volume": 5e6,
}
BLOOD = {"blood_volume": ADULT_BLOOD}
PAPER_SET = Values(
    "paper",
    KIMMEL,
    {
        **SHARED,
        "mu_normal": 0.17,
        "rho_car_t": 0.0251,
        "car_t_max": 139.0,
        "mu_tumour": 0.01,
        "car_t_50": 4.05,
        "tumour_volume_0": 94.86,
    },
    sources=BLOOD,
    notes={
        "mu_tumour": "the SBML has 0.01; figure 3b of the paper uses 0.105, 0.19 and 0.265",
        "tumour_volume_0": "median; 2.3 to 1300 mL in the cohort",
        "room_a": "printed range 0.100 to 0.302, which does not hold its value",
    },
)
SCRIPT_SET = Values(
    "script",
    SCRIPT,
    {
        **SHARED,
        "mu_normal": 0.171,
        "rho_car_t": 0.037,
        "car_t_max": 139.28,
        "mu_tumour": 0.065,
        "car_t_50": 4.048582995951417,
        "tumour_volume_0": 94.84,
    },
    sources=BLOOD,
)
FIRST, CURABLE = "growth 0.01/d", "growth 0.1/d"

MODEL = Model(
    name="kimmel_2021",
    title="CAR-T and normal T cells compete, and kill a lymphoma",
    structure=STRUCTURE,
    values=(PAPER_SET, SCRIPT_SET),
    experiments=(
        Experiment(FIRST, (), 180.0),
        Experiment(CURABLE, (), 400.0, {"mu_tumour": 0.1}),
        Experiment("authors' script", (), 180.0, vector="script"),
    ),
    anchors=(
        Anchor("peak of CAR-T", 30.108958, "cells/uL", 1e-4, SOLVED, output="car_t_blood", quantity="CMAX"),
        Anchor("time of the peak", 7.01039, "d", 0.003, SOLVED, output="car_t_blood", quantity="TMAX"),
        Anchor("CAR-T on day 28", 2.4865042, "cells/uL", 1e-4, SOLVED, output="car_t_blood", quantity="C28"),
        Anchor(
            "peak, authors' script",
            31.633217,
            "cells/uL",
            1e-4,
            SOLVED,
            output="car_t_blood",
            quantity="CMAX",
            experiment="authors' script",
        ),
    ),
    deviations=(
        "The running text prints another denominator of rC; the form here is that of the SBML and of figure "
        "2, and it gives the published medians.",
        "The authors' script uses rhoC 0.037/d where the paper has 0.0251; it is the vector `script`.",
        "The tumour falls below one cell for slow growth and grows back from there; whether it is cured is "
        "a matter of probability: `livingdrug.simulation.cure_probability` and `simulate_cure` give it.",
        "The dose is not in the equations: the curve starts at car_t_0.",
    ),
    about=About(
        purpose="How room left by preconditioning drives CAR-T expansion, and when a lymphoma is cured or relapses.",
        origin="Medians of a cohort of patients with lymphoma (Moffitt): 11 points, 7 parameters.",
        can="CAR-T and normal T cells over time, the tumour, and (in Python) the probability of cure.",
        cannot="No dose, no differences between patients beyond those that are set, no product composition.",
        disease=("lymphoma",),
        target=("CD19",),
        mechanism=("expansion", "killing", "host competition", "stochastic cure"),
        data=("patients",),
        licence="SBML CC0; authors' code without licence, facts only",
    ),
)
