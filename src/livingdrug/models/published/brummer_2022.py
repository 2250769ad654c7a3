r"""Killing assay of glioma cells with CAR-T cells and dexamethasone: 72 fits (Brummer 2022).

    dx/dt = rho x - rho kinv x^2 - c0 e x - k1 x y          dy/dt = k2 x y - (theta + c3 e) y          e = exp(-ln2 t / 3.33)

x tumour and y CAR-T cells in cell index (CI), hours since the treatment. Both only multiply, so their
logarithms are solved.
"""

import csv
from importlib.resources import files

from livingdrug.models import (
    About,
    Anchor,
    Clock,
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

BRUMMER = Source(
    "brummer_2022",
    "Brummer et al. 2022",
    "",
    "fits as deposited with the data (alexbbrummer/CARRGODEX, fit_parameters.csv, MIT licence, (c) 2021 "
    "Alex Brummer)",
)
PLATED = Source(
    BRUMMER.key, BRUMMER.citation, "", "a cell index is about 1e4 cells; 1 CI stands for the plated tumour"
)
SOLVED = Source("livingdrug_facts", "own LSODA solution, rtol 1e-10")

STRUCTURE = Structure(
    states=(
        State(
            "tumour", "1", "tumour cells in cell index", ("target",), initial="tumour_0", symbol="x", log=True
        ),
        State("effector", "1", "CAR-T cells in cell index", ("car_t",), initial="effector_0", symbol="y"),
    ),
    clocks=(Clock("dexamethasone", "exp(-log(2) * time / half_life)", "dexamethasone that is left", "e"),),
    flows=(
        Flow("tumour_growth", "mu_tumour * tumour * (1 - crowding * tumour)", "growth", into="tumour"),
        Flow("drug_on_tumour", "dex_tumour * dexamethasone * tumour", "death", out_of="tumour"),
        Flow("tumour_killing", "k_kill * tumour * effector", "killing", out_of="tumour"),
        Flow("effector_expansion", "k_expansion * tumour * effector", "expansion", into="effector"),
        Flow(
            "effector_death",
            "(d_effector + dex_effector * dexamethasone) * effector",
            "death",
            out_of="effector",
        ),
    ),
    outputs=(
        Output("tumour_index", "tumour", "1", "tumour cells in cell index", measured=True),
        Output("car_t_index", "effector", "1", "CAR-T cells in cell index"),
    ),
    quantities=(
        Quantity("mu_tumour", "1/h", "tumour growth rate", r"\rho"),
        Quantity("crowding", "1", "inverse of the largest cell index", r"\kappa_{inv}"),
        Quantity(
            "dex_tumour",
            "1/h",
            "death of tumour cells by dexamethasone; negative where it helps them",
            "c_0",
            "any",
        ),
        Quantity("k_kill", "1/h", "kill rate per cell index of CAR-T cells", r"\kappa_1"),
        Quantity("k_expansion", "1/h", "expansion of CAR-T cells per cell index of tumour", r"\kappa_2"),
        Quantity("d_effector", "1/h", "death rate of CAR-T cells", r"\theta"),
        Quantity(
            "dex_effector",
            "1/h",
            "death of CAR-T cells by dexamethasone; negative where it helps them",
            "c_3",
            "any",
        ),
        Quantity("half_life", "h", "half-life of dexamethasone", bound="positive", fixed=True),
        Quantity("tumour_0", "1", "cell index of the tumour at the treatment", "x_0", "positive"),
        Quantity("effector_0", "1", "cell index of CAR-T cells at the treatment", "y_0"),
    ),
    dose_into="effector",
    time_unit="h",
)


def _vectors() -> tuple[Values, ...]:
    """The deposited fits, the first one with CAR-T cells first."""
    file = files(__package__ or "") / "brummer_2022.csv"
    with file.open(encoding="utf-8", newline="") as lines:  # pyright: ignore[reportCallIssue]
        rows = list(csv.DictReader(lines))
    made = []
    for row in rows:
        name, dose = row.pop("vector"), float(row.pop("dexamethasone"))
        numbers = {key: float(value) for key, value in row.items()} | {"half_life": 3.33, "tumour_0": 1.0}
        drug = f"a well with {dose:g} ug/mL of dexamethasone" if dose else "a well without dexamethasone"
        source = Source(BRUMMER.key, BRUMMER.citation, "", f"{BRUMMER.note}: {drug}")
        notes = {"half_life": "as fitted; meant for plasma, a well has none"}
        made.append(Values(name, source, numbers, {"tumour_0": PLATED}, notes))
    return (made[1], made[0], *made[2:])


MODEL = Model(
    name="brummer_2022",
    title="Killing assay of glioma cells with CAR-T cells and dexamethasone (72 fits)",
    structure=STRUCTURE,
    values=_vectors(),
    experiments=(
        Experiment("PBT1, 0.25 CI, no drug", (), 168.0),
        Experiment("PBT2, 0.05 CI, no drug", (), 168.0, vector="pbt2_e1"),
        Experiment("PBT1, 0.25 CI, 1e-6 ug/mL", (), 168.0, vector="pbt1_b11"),
    ),
    anchors=(
        Anchor("PBT1: tumour at 24 h", 0.82674414, "1", 1e-4, SOLVED, output="tumour_index", quantity="C24"),
        Anchor("PBT1: CAR-T at 72 h", 0.66669259, "1", 1e-4, SOLVED, output="car_t_index", quantity="C72"),
        Anchor(
            "PBT1, dexamethasone: tumour at 24 h",
            1.0561362,
            "1",
            1e-4,
            SOLVED,
            output="tumour_index",
            quantity="C24",
            experiment="PBT1, 0.25 CI, 1e-6 ug/mL",
        ),
    ),
    deviations=(
        "The half-life of 3.33 h belongs to plasma; a well has no clearance. It is kept as it was fitted.",
        "Negative effects of dexamethasone (it helps the cells) are kept as deposited.",
        "The start of the tumour is 1 CI, not the value of each well.",
        "Several parameters of a fit sit on a bound or have a standard error above their value.",
    ),
    about=About(
        purpose="What dexamethasone does to CAR-T cells and to the tumour in a killing assay.",
        origin="Impedance curves of three glioma lines, a fit for each pair of wells.",
        can="Cell index over time for each line, number of CAR-T cells and concentration of dexamethasone.",
        cannot="No concentration-effect relation: each well has numbers of its own; no exhaustion, no patient.",
        disease=("glioma",),
        target=("any",),
        mechanism=("killing", "expansion", "corticosteroid"),
        data=("assay",),
        kind="individual fits",
        licence="MIT",
    ),
)
