r"""CAR-T cells, CLL cells and three cytokines in two patients (Hardiansyah & Ng 2019).

    dB/dt  = (rB - dB) B - KBC EB B                                                     fB = B / (B + h)
    dEB/dt = rE EB B - dE EB - kin EB + kout ET - aE EB (1 - fB) + aM MB fB             dET/dt = kin EB - kout ET
    dMB/dt = (rM - dM) MB - kin MB + kout MT + aE EB (1 - fB) - aM MB fB                dMT/dt = kin MB - kout MT
    dIL6/dt = d6 (b6 - IL6) + P6 B EB        dIL10/dt = d10 (b10 - IL10) + P10 B EB
    dIFNg/dt = dg (bg - IFNg) + Pg B EB [aG + (1 - aG) bG / (IL10 + bG)]

B leukaemia, E effector, M memory; B blood, T tissue. Cells and days here, 1e9 cells in the source.
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
from livingdrug.models.shared import ADULT_BLOOD, BLOOD_VOLUME, transcribed

HARDIANSYAH = transcribed(
    "hardiansyah_2019",
    "Hardiansyah & Ng 2019, Clin Transl Sci 12:343-349, Tables S1 and S2",
    "10.1111/cts.12636",
    "Hardiansyah_2019_CART_upn1_qsp (535c70c) and _upn3_qsp (2a9e79e)",
)
FIGURE = Source(
    HARDIANSYAH.key,
    HARDIANSYAH.citation,
    HARDIANSYAH.doi,
    "read off a logarithmic axis, about 30 % either way",
)
SOLVED = Source("livingdrug_facts", "own LSODA solution, rtol 1e-10")

BILLION = 1e9  # the source counts in 1e9 cells
CYTOKINES = (("il6", "IL-6", "6"), ("il10", "IL-10", "{10}"), ("ifng", "interferon gamma", "g"))
DAMPED = " * (ifng_rest + (1 - ifng_rest) * il10_50 / (il10 + il10_50))"

STRUCTURE = Structure(
    places=(Place("blood", volume="blood_volume"), Place("tissue")),
    states=(
        State("leukaemia", "cells", "CLL cells in blood", ("target",), "blood", "leukaemia_0", "B"),
        State("effector", "cells", "effector CAR-T cells in blood", ("car_t",), "blood", symbol="E_B"),
        State(
            "effector_tissue", "cells", "effector CAR-T cells in tissue", ("car_t",), "tissue", symbol="E_T"
        ),
        State("memory", "cells", "memory CAR-T cells in blood", ("car_t",), "blood", symbol="M_B"),
        State("memory_tissue", "cells", "memory CAR-T cells in tissue", ("car_t",), "tissue", symbol="M_T"),
        *(
            State(name, "pg/mL", f"{meaning} in blood", ("biomarker",), "blood", f"{name}_base", name.upper())
            for name, meaning, _ in CYTOKINES
        ),
    ),
    definitions=(Definition("stimulus", "hill(leukaemia, 1, leukaemia_50)", "antigen stimulus", "f_B"),),
    flows=(
        Flow("leukaemia_growth", "mu_leukaemia * leukaemia", "growth", into="leukaemia"),
        Flow("leukaemia_death", "d_leukaemia * leukaemia", "death", out_of="leukaemia"),
        Flow("killing", "k_kill * effector * leukaemia", "killing", out_of="leukaemia"),
        Flow("effector_expansion", "k_expansion * effector * leukaemia", "expansion", into="effector"),
        Flow("effector_death", "d_effector * effector", "death", out_of="effector"),
        Flow("memory_expansion", "mu_memory * memory", "expansion", into="memory"),
        Flow("memory_death", "d_memory * memory", "death", out_of="memory"),
        Flow(
            "memory_formation",
            "k_memory * effector * (1 - stimulus)",
            "differentiation",
            "effector",
            "memory",
        ),
        Flow("reactivation", "k_reactivation * memory * stimulus", "differentiation", "memory", "effector"),
        *(
            Flow(f"{cell}_out", f"k_out_of_blood * {cell}", "exchange", cell, f"{cell}_tissue")
            for cell in ("effector", "memory")
        ),
        *(
            Flow(f"{cell}_back", f"k_into_blood * {cell}_tissue", "exchange", f"{cell}_tissue", cell)
            for cell in ("effector", "memory")
        ),
        *(
            Flow(f"{name}_base_production", f"k_{name} * {name}_base", "production", into=name)
            for name, *_ in CYTOKINES
        ),
        *(
            Flow(f"{name}_clearance", f"k_{name} * {name}", "clearance", out_of=name)
            for name, *_ in CYTOKINES
        ),
        *(
            Flow(
                f"{name}_release",
                f"p_{name} * leukaemia * effector" + (DAMPED if name == "ifng" else ""),
                "production",
                into=name,
            )
            for name, *_ in CYTOKINES
        ),
    ),
    outputs=(
        Output("car_t", "amount(car_t @ blood)", "cells", "CAR-T cells in blood"),
        Output("car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood", measured=True),
        Output("leukaemia", "leukaemia", "cells", "CLL cells in blood", measured=True),
        *(
            Output(name, name, "pg/mL", f"{meaning} in blood", measured=True)
            for name, meaning, _ in CYTOKINES
        ),
    ),
    quantities=(
        Quantity("k_out_of_blood", "1/d", "rate from blood to tissue", "k_{in}"),
        Quantity("k_into_blood", "1/d", "rate from tissue to blood", "k_{out}"),
        Quantity("k_expansion", "1/cells/d", "effector expansion per CLL cell", "r_E"),
        Quantity("d_effector", "1/d", "effector death rate", "d_E"),
        Quantity("mu_memory", "1/d", "memory growth rate", "r_M"),
        Quantity("d_memory", "1/d", "memory death rate", "d_M"),
        Quantity("k_memory", "1/d", "rate from effector to memory", r"\alpha_E"),
        Quantity("k_reactivation", "1/d", "rate from memory to effector", r"\alpha_M"),
        Quantity("leukaemia_50", "cells", "CLL cells at half of the antigen stimulus", "h", bound="positive"),
        Quantity("mu_leukaemia", "1/d", "CLL growth rate", "r_B"),
        Quantity("d_leukaemia", "1/d", "CLL death rate", "d_B"),
        Quantity("k_kill", "1/cells/d", "kill rate per effector cell", "K_{BC}"),
        *(
            Quantity(f"k_{name}", "1/d", f"elimination rate of {meaning}", f"d_{s}")
            for name, meaning, s in CYTOKINES
        ),
        *(
            Quantity(f"p_{name}", "pg/mL/cells/cells/d", f"{meaning} released per contact", f"P_{s}")
            for name, meaning, s in CYTOKINES
        ),
        *(
            Quantity(f"{name}_base", "pg/mL", f"{meaning} before the infusion", f"b_{s}")
            for name, meaning, s in CYTOKINES
        ),
        Quantity(
            "ifng_rest",
            "1",
            "part of the release of interferon gamma that IL-10 leaves",
            "a_G",
            bound="fraction",
        ),
        Quantity("il10_50", "pg/mL", "IL-10 at half of its inhibition", "b_G", bound="positive"),
        Quantity("leukaemia_0", "cells", "CLL cells in blood at the infusion", "B_0"),
        BLOOD_VOLUME,
    ),
    dose_into="effector",
    time_unit="d",
)


def _vector(
    name: str,
    expansion: float,
    d_effector: float,
    k_memory: float,
    kill: float,
    release: tuple[float, ...],
    base: tuple[float, ...],
    burden: float,
) -> Values:
    """A patient's vector. release: in pg/uL per 1e15 cells^2 and day; expansion, kill: per 1e9 cells and
    day."""
    names = [n for n, *_ in CYTOKINES]
    return Values(
        name,
        HARDIANSYAH,
        {
            "k_out_of_blood": 76.78,
            "k_into_blood": 1.84,
            "mu_memory": 0.0509,
            "d_memory": 0.408,
            "k_reactivation": 1.0,
            "leukaemia_50": 1e5 * BILLION,
            "mu_leukaemia": 9.3e-3,
            "d_leukaemia": 7.6e-3,
            "k_il6": 3.96,
            "k_il10": 4.68,
            "k_ifng": 1.51,
            "ifng_rest": 0.59,
            "il10_50": 650.0,
            "k_expansion": expansion / BILLION,
            "d_effector": d_effector,
            "k_memory": k_memory,
            "k_kill": kill / BILLION,
            "leukaemia_0": burden * BILLION,
            "blood_volume": 5e6,
            **{f"p_{n}": 1e6 * p / BILLION**2 for n, p in zip(names, release, strict=True)},
            **{f"{n}_base": b for n, b in zip(names, base, strict=True)},
        },
        sources={"blood_volume": ADULT_BLOOD, **{f"{n}_base": FIGURE for n in names}},
        notes={
            "leukaemia_50": "1e5 in units of 1e9 cells: above any burden, so effectors hardly need antigen "
            "to stay"
        },
    )


UPN1 = _vector("upn1", 16.16, 23.04, 0.024, 0.19, (1.8e-3, 7e-4, 3e-4), (1.7, 4.5, 2.3), 4.14)
UPN3 = _vector("upn3", 14.40, 1.44, 0.12, 2.21, (6e-3, 1.7e-2, 6e-3), (1.0, 0.5, 1.7), 0.93)


def _split(total: float) -> tuple[tuple[float, float], ...]:
    return tuple((float(day), part * total) for day, part in enumerate((0.1, 0.3, 0.6)))


SPLIT, SPLIT_3 = "upn1, 10/30/60 %", "upn3, 10/30/60 %"
MODEL = Model(
    name="hardiansyah_2019",
    title="CAR-T cells, CLL cells and IL-6, IL-10, interferon gamma in two patients",
    structure=STRUCTURE,
    values=(UPN1, UPN3),
    experiments=(
        Experiment(SPLIT, _split(1.1e9), 365.0),
        Experiment("upn1, one infusion", ((0.0, 1.1e9),), 365.0),
        Experiment(SPLIT_3, _split(0.014e9), 365.0, vector="upn3"),
    ),
    anchors=(
        Anchor("upn1: peak of IL-6", 2747.5557, "pg/mL", 1e-3, SOLVED, output="il6", quantity="CMAX"),
        Anchor(
            "upn1: peak of interferon gamma", 828.42022, "pg/mL", 1e-3, SOLVED, output="ifng", quantity="CMAX"
        ),
        Anchor(
            "upn1: CAR-T on day 180", 0.0018868942e9, "cells", 1e-3, SOLVED, output="car_t", quantity="C180"
        ),
        Anchor(
            "upn3: peak of CAR-T",
            0.096898672e9,
            "cells",
            1e-3,
            SOLVED,
            output="car_t",
            quantity="CMAX",
            experiment=SPLIT_3,
        ),
        Anchor(
            "upn3: peak of IL-10",
            116.36718,
            "pg/mL",
            1e-3,
            SOLVED,
            output="il10",
            quantity="CMAX",
            experiment=SPLIT_3,
        ),
    ),
    deviations=(
        "The printed equation of memory cells has a wrong symbol in its gain; it must be what effectors "
        "lose.",
        "h cannot carry its printed unit; it is read as 1e5 in units of 1e9 cells.",
        "No variability between patients was published; standard errors are 5 to 42 %.",
        "Splitting the dose does not lower the peaks of cytokines here: they follow the burden.",
        "BioModels MODEL2009230001 mixes cells with rates per 1e9 cells and is not this model.",
    ),
    about=About(
        purpose="CAR-T kinetics with the cytokines of release syndrome, for split doses and different burdens.",
        origin="Two patients with CLL given CTL019 (UPN 1 and UPN 3), fitted one by one.",
        can="Peaks of IL-6, IL-10 and interferon gamma against dose, split and burden.",
        cannot="No grade of CRS, no tocilizumab, no variability between patients.",
        disease=("leukaemia",),
        target=("CD19",),
        mechanism=("expansion", "killing", "memory", "cytokines", "distribution"),
        data=("patients",),
        kind="individual fits",
        licence="paper open access; transcription GPL, facts only",
    ),
)
