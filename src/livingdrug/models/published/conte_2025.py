r"""Killing assay of tumour cells: effector to target ratios, and an oncolytic virus beside CAR-T cells (Conte
2025).

CAR-T cells alone:  dT/dt = a T (1 - T/K) - th1 T C                    dC/dt = -d C + th4 T C
with virus:         dT/dt = a T (1 - (T + I)/K) - b T V - th1 C T      dI/dt = b T V - g I - th2 I C
                    dV/dt = burst g I - w V                            dC/dt = -d C + th4 C (T + I) - th3 C V

Cell index and hours. C0 = T0 in cells divided by the ratio, as cell index, with the offset of the reading.
"""

from livingdrug.models import (
    About,
    Anchor,
    Experiment,
    Flow,
    Model,
    Output,
    Quantity,
    Source,
    State,
    Structure,
    Values,
)

CONTE = Source(
    "conte_2025",
    "Conte et al. 2025 (CAR-T cells and oncolytic virus)",
    "",
    "fits as deposited (mconte93/CAR-OV-study_ConteEtAl2025, commit a6d1633, GPL-3); facts only",
)
SOLVED = Source("livingdrug_facts", "own LSODA solution, rtol 1e-10")
PLATED = Source(CONTE.key, CONTE.citation, "", "the start of the reference outcomes")
OFFSET, PER_CELL, LARGEST = 0.1602, 0.0001946, 5.22459706


def effectors(tumour: float, ratio: float) -> float:
    """Cell index of CAR-T cells at one CAR-T cell for so many tumour cells."""
    return (tumour - OFFSET) / PER_CELL / ratio * PER_CELL + OFFSET


TUMOUR = State("tumour", "1", "tumour cells in cell index", ("target",), initial="tumour_0", symbol="T")
CAR_T = State("car_t", "1", "CAR-T cells in cell index", ("car_t",), initial="car_t_0", symbol="C")
OUTPUTS = (
    Output("tumour_index", "tumour", "1", "tumour cells in cell index", measured=True),
    Output("car_t_index", "car_t", "1", "CAR-T cells in cell index"),
)
QUANTITIES = (
    Quantity("mu_tumour", "1/h", "tumour growth rate", r"\alpha"),
    Quantity("tumour_max", "1", "largest cell index", "K", "positive"),
    Quantity("k_kill", "1/h", "kill rate per cell index of CAR-T cells", r"\theta_1"),
    Quantity("d_car_t", "1/h", "death rate of CAR-T cells", r"\delta"),
    Quantity("k_expansion", "1/h", "expansion of CAR-T cells per cell index of tumour", r"\theta_4"),
    Quantity("tumour_0", "1", "cell index of the tumour at the start", "T_0", "positive"),
    Quantity("car_t_0", "1", "cell index of CAR-T cells at the start", "C_0"),
)
DEATH = Flow("car_t_death", "d_car_t * car_t", "death", out_of="car_t")
KILLING = Flow("killing", "k_kill * tumour * car_t", "killing", out_of="tumour")


def _numbers(
    growth: float, kill: float, expansion: float, death: float, ratio: float, **more: float
) -> dict[str, float]:
    return {
        "mu_tumour": growth,
        "tumour_max": LARGEST,
        "k_kill": kill,
        "k_expansion": expansion,
        "d_car_t": death,
        "tumour_0": 1.0,
        "car_t_0": effectors(1.0, ratio),
        **more,
    }


def _values(name: str, numbers: dict[str, float]) -> Values:
    notes = {"car_t_0": "from the ratio and the offset of 0.16 CI, below which no number of cells can fall"}
    return Values(name, CONTE, numbers, {"tumour_0": PLATED}, notes)


CART = Model(
    name="conte_2025_cart",
    title="Killing assay of tumour cells at three effector to target ratios",
    structure=Structure(
        states=(TUMOUR, CAR_T),
        flows=(
            Flow("tumour_growth", "mu_tumour * tumour * (1 - tumour / tumour_max)", "growth", into="tumour"),
            KILLING,
            DEATH,
            Flow("expansion", "k_expansion * tumour * car_t", "expansion", into="car_t"),
        ),
        outputs=OUTPUTS,
        quantities=QUANTITIES,
        dose_into="car_t",
        time_unit="h",
    ),
    values=(
        _values("one_to_10", _numbers(0.2236128, 0.20847094, 0.02604114, 0.01400643, 10.0)),
        _values("one_to_25", _numbers(0.2087639, 0.39650112, 0.03468111, 0.0761463, 25.0)),
        _values("one_to_50", _numbers(0.18908958, 0.36402293, 0.0474303, 0.10944964, 50.0)),
    ),
    experiments=(Experiment("1:10", (), 72.0), Experiment("1:50", (), 72.0, vector="one_to_50")),
    anchors=(
        Anchor("1:10: tumour at 72 h", 0.21754842, "1", 1e-4, SOLVED, output="tumour_index", quantity="C72"),
        Anchor("1:10: CAR-T at 72 h", 1.1050115, "1", 1e-4, SOLVED, output="car_t_index", quantity="C72"),
        Anchor(
            "1:50: tumour at 72 h",
            2.2551818,
            "1",
            1e-4,
            SOLVED,
            output="tumour_index",
            quantity="C72",
            experiment="1:50",
        ),
    ),
    deviations=(
        "The offset of 0.16 CI keeps the start of CAR-T cells above it; at 1:50 nearly all of the start is "
        "offset.",
        "Growth is fitted again for each ratio (0.19 to 0.22 /h against 0.049 /h of the tumour alone).",
    ),
    about=About(
        purpose="How killing and expansion change with the effector to target ratio.",
        origin="Impedance curves of a tumour line, a fit for each ratio.",
        can="Cell index of tumour and CAR-T cells over three days.",
        cannot="No one set of numbers for all ratios; no exhaustion; nothing about a patient.",
        disease=("any",),
        target=("any",),
        mechanism=("killing", "expansion"),
        data=("assay",),
        kind="individual fits",
        licence="GPL-3, facts only",
    ),
)


def _with_virus(
    name: str,
    ratio: float,
    virus: float,
    growth: float,
    kill: float,
    expansion: float,
    death: float,
    infection: float,
    lysis: float,
    kill_infected: float,
    harm: float,
) -> Values:
    return _values(
        name,
        _numbers(
            growth,
            kill,
            expansion,
            death,
            ratio,
            k_infection=infection,
            k_lysis=lysis,
            k_kill_infected=kill_infected,
            k_virus_harm=harm,
            burst=25.0,
            d_virus=0.05,
            virus_0=virus,
        ),
    )


CART_OV = Model(
    name="conte_2025_cart_ov",
    title="Killing assay of tumour cells with CAR-T cells and an oncolytic virus",
    structure=Structure(
        states=(
            TUMOUR,
            CAR_T,
            State("infected", "1", "infected tumour cells in cell index", ("target",), symbol="I"),
            State("virus", "1", "virus, as its multiplicity of infection", initial="virus_0", symbol="V"),
        ),
        flows=(
            Flow(
                "tumour_growth",
                "mu_tumour * tumour * (1 - (tumour + infected) / tumour_max)",
                "growth",
                into="tumour",
            ),
            KILLING,
            DEATH,
            Flow("infection", "k_infection * tumour * virus", "differentiation", "tumour", "infected"),
            Flow("lysis", "k_lysis * infected", "death", out_of="infected"),
            Flow("killing_of_infected", "k_kill_infected * infected * car_t", "killing", out_of="infected"),
            Flow("virus_release", "burst * k_lysis * infected", "production", into="virus"),
            Flow("virus_loss", "d_virus * virus", "clearance", out_of="virus"),
            Flow("expansion", "k_expansion * car_t * (tumour + infected)", "expansion", into="car_t"),
            Flow("harm_by_virus", "k_virus_harm * car_t * virus", "death", out_of="car_t"),
        ),
        outputs=(
            *OUTPUTS,
            Output("infected_index", "infected", "1", "infected tumour cells in cell index"),
            Output("virus_level", "virus", "1", "virus, as its multiplicity of infection"),
        ),
        quantities=(
            *QUANTITIES,
            Quantity("k_infection", "1/h", "infection rate", r"\beta"),
            Quantity("k_lysis", "1/h", "lysis of infected cells", r"\gamma"),
            Quantity("k_kill_infected", "1/h", "kill rate of infected cells", r"\theta_2"),
            Quantity("k_virus_harm", "1/h", "loss of CAR-T cells by virus", r"\theta_3"),
            Quantity("burst", "1", "virus set free by an infected cell"),
            Quantity("d_virus", "1/h", "loss of virus", r"\omega"),
            Quantity("virus_0", "1", "virus at the start", "V_0"),
        ),
        dose_into="virus",
        time_unit="h",
    ),
    values=(
        _with_virus(
            "one_to_50_high",
            50.0,
            0.002,
            0.24435184,
            0.58974738,
            0.04689099,
            0.10632753,
            0.05288376,
            0.05482106,
            1.34648017,
            0.06715289,
        ),
        _with_virus(
            "one_to_50_low",
            50.0,
            0.0008,
            0.1684538,
            0.32632635,
            0.04689099,
            0.10632753,
            0.08856759,
            0.02576004,
            0.174079,
            0.07705409,
        ),
        _with_virus(
            "one_to_25_high",
            25.0,
            0.002,
            0.31925723,
            0.62933206,
            0.03396385,
            0.07395961,
            0.09169614,
            0.05482106,
            3.0165176,
            0.06910248,
        ),
        _with_virus(
            "one_to_25_low",
            25.0,
            0.0008,
            0.2457792,
            0.43071359,
            0.03396385,
            0.07395961,
            0.10992068,
            0.02576004,
            1.0992438,
            0.09241667,
        ),
    ),
    experiments=(
        Experiment("1:50, virus 0.002", (), 72.0),
        Experiment("1:25, virus 0.002", (), 72.0, vector="one_to_25_high"),
    ),
    anchors=(
        Anchor(
            "1:50: infected at 72 h", 0.33482543, "1", 1e-4, SOLVED, output="infected_index", quantity="C72"
        ),
        Anchor("1:50: virus at 72 h", 20.304765, "1", 1e-4, SOLVED, output="virus_level", quantity="C72"),
        Anchor(
            "1:25: tumour at 24 h",
            2.3605248,
            "1",
            1e-4,
            SOLVED,
            output="tumour_index",
            quantity="C24",
            experiment="1:25, virus 0.002",
        ),
    ),
    deviations=CART.deviations + ("Burst size and loss of virus were fixed at 25 and 0.05 /h.",),
    about=About(
        purpose="Whether an oncolytic virus and CAR-T cells help or hinder each other in a killing assay.",
        origin="Impedance curves of a tumour line, a fit for each ratio and dose of virus.",
        can="Tumour, infected tumour, virus and CAR-T cells over three days.",
        cannot="No one set of numbers for all conditions; nothing about a patient.",
        disease=("any",),
        target=("any",),
        mechanism=("killing", "expansion", "oncolytic virus"),
        data=("assay",),
        kind="individual fits",
        licence="GPL-3, facts only",
    ),
)
