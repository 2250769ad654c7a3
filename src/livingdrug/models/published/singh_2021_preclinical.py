r"""bb2121 in the killing assay and in the mouse, as far as published (Singh 2021).

assay:  dc = kon/V (E AgCAR - c)(U AgT - c) - koff c     dU = ln2/td U - Kkill h(c/U; KC50) U     dE = ln2/te E
mouse:  blood and tumour, as in the clinical model: exchange, expansion and kill by complexes per cell

The supplement's equations of the assay could not be read: its form here is that of the clinical model,
inferred.
"""

from dataclasses import replace

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
from livingdrug.models.shared import BLOOD_VOLUME

CITATION, DOI = (
    "Singh et al. 2021, CPT Pharmacometrics Syst Pharmacol 10:362-376, Table 1",
    "10.1002/psp4.12598",
)
SOURCE = Source(
    "singh_2021",
    CITATION,
    DOI,
    "as transcribed in a public replication (mstadt/CART, commit 8819081); facts only",
)
CLINICAL = Source("singh_2021", CITATION, DOI, "taken from the clinical set")
FLOOR = Source("livingdrug", "ours: a floor that only matters once cells are gone")
ARITHMETIC = Source("livingdrug", "arithmetic from the published numbers")
AVOGADRO = 6.023e23
BINDING = (
    Quantity("k_off", "1/d", "unbinding rate", "k_{off}"),
    Quantity("car_per_cell", "1/cells", "CARs per CAR-T cell", "Ag_{CAR}"),
    Quantity("target_per_cell", "1/cells", "antigens per tumour cell", "Ag_T"),
    Quantity("kill_50", "1/cells", "complexes per tumour cell at half kill", "KC_{50}", "positive"),
    Quantity("tumour_0", "cells", "tumour cells at the start", "U_0", "positive"),
    Quantity("one_cell", "cells", "floor of a population in a ratio", "", "positive", True),
)
BOUND = (
    Definition("per_tumour", "complexes / max(tumour, one_cell)", "complexes per tumour cell", "c/U"),
    Definition("free_target", "tumour * target_per_cell - complexes", "free antigens"),
)
TUMOUR = State("tumour", "cells", "tumour cells", ("target",), "tumour", "tumour_0", "U")
COMPLEXES = State("complexes", "1", "complexes of CAR and antigen", ("complex",), "tumour", symbol="c")

IN_VITRO = Model(
    name="singh_2021_in_vitro",
    title="bb2121 in a killing assay, volume and cells not public",
    structure=Structure(
        places=(Place("tumour"),),
        states=(
            State("effector", "cells", "CAR-T cells", ("car_t",), "tumour", "effector_0", "E"),
            COMPLEXES,
            TUMOUR,
        ),
        definitions=(*BOUND, Definition("free_car", "effector * car_per_cell - complexes", "free CARs")),
        flows=(
            Flow("expansion", "log(2) / doubling_effector * effector", "expansion", into="effector"),
            Flow("binding", "k_on / medium * free_car * free_target", "production", into="complexes"),
            Flow("unbinding", "k_off * complexes", "clearance", out_of="complexes"),
            Flow("tumour_growth", "log(2) / doubling_tumour * tumour", "growth", into="tumour"),
            Flow("killing", "k_kill * hill(per_tumour, 1, kill_50) * tumour", "killing", out_of="tumour"),
        ),
        outputs=(
            Output("tumour", "tumour", "cells", "tumour cells", measured=True),
            Output("car_t", "effector", "cells", "CAR-T cells"),
        ),
        quantities=(
            Quantity("doubling_effector", "h", "doubling time of CAR-T cells", bound="positive"),
            Quantity("doubling_tumour", "h", "doubling time of the tumour", bound="positive"),
            Quantity("k_kill", "1/h", "largest kill rate", "K_{kill}"),
            Quantity("k_on", "uL/h", "binding rate", "k_{on}"),
            Quantity("medium", "uL", "volume of a well", "V", "positive"),
            replace(BINDING[0], unit="1/h"),
            *BINDING[1:],
            Quantity("effector_0", "cells", "CAR-T cells at the start", "E_0"),
        ),
        dose_into="effector",
        time_unit="h",
    ),
    values=(
        Values(
            "jeko",
            SOURCE,
            {
                "doubling_effector": 24.0,
                "doubling_tumour": 26.0,
                "k_kill": 0.353,
                "k_on": 7.103e4 * 3600 / AVOGADRO * 1e6,
                "k_off": 2.385e-3 * 3600,
                "car_per_cell": 15000.0,
                "target_per_cell": 222.0,
                "kill_50": 2.24,
                "one_cell": 1e-6,
            },
            {"one_cell": FLOOR},
            {"k_on": "7.103e4 /M/s", "k_off": "2.385e-3 /s"},
            {
                "medium": "the replication guesses 1 uL",
                "tumour_0": "set it to the cells plated",
                "effector_0": "set it to the cells plated",
            },
        ),
    ),
    experiments=(
        Experiment(
            "tumour alone, an example of 1e4 cells in 100 uL",
            (),
            26.0,
            {"medium": 100.0, "tumour_0": 1e4, "effector_0": 0.0},
        ),
    ),
    anchors=(
        Anchor(
            "a tumour alone doubles in 26 h", 2e4, "cells", 1e-6, ARITHMETIC, output="tumour", quantity="C26"
        ),
    ),
    deviations=(
        "The supplement's equations of the assay could not be read; the form is that of the clinical model.",
        "The volume of a well and the cells plated are not public: nothing runs until they are set.",
    ),
    about=About(
        purpose="Killing as a function of complexes per tumour cell, in a well.",
        origin="Killing assays of bb2121 with JeKo cells.",
        can="Tumour and CAR-T cells in a well, once its volume and cells are set.",
        cannot="To reproduce a published curve: the design of the assay is not public.",
        disease=("myeloma",),
        target=("BCMA",),
        mechanism=("killing", "antigen binding", "expansion"),
        data=("assay",),
        licence="transcription without licence, facts only",
    ),
)

MOUSE = Model(
    name="singh_2021_mouse",
    title="bb2121 in tumour-bearing mice, burden not public",
    structure=Structure(
        places=(Place("blood", volume="blood_volume"), Place("tumour", volume="tumour_volume")),
        states=(
            State(
                "effector_blood", "cells", "effector CAR-T cells in blood", ("car_t",), "blood", symbol="E_B"
            ),
            State("memory_blood", "cells", "memory CAR-T cells in blood", ("car_t",), "blood", symbol="M_B"),
            State(
                "effector_tumour",
                "cells",
                "effector CAR-T cells in the tumour",
                ("car_t",),
                "tumour",
                "effector_0",
                "E_T",
            ),
            State(
                "memory_tumour",
                "cells",
                "memory CAR-T cells in the tumour",
                ("car_t",),
                "tumour",
                symbol="M_T",
            ),
            COMPLEXES,
            TUMOUR,
        ),
        definitions=(
            *BOUND,
            Definition("car_t_tumour", "effector_tumour + memory_tumour", "CAR-T cells in the tumour"),
            Definition("per_car_t", "complexes / car_t_tumour", "complexes per CAR-T cell", "c/C_T"),
            Definition("free_car", "car_t_tumour * car_per_cell - complexes", "free CARs"),
        ),
        flows=(
            *(
                Flow(f"{cell}_homing", f"k_in * {cell}_blood", "exchange", f"{cell}_blood", f"{cell}_tumour")
                for cell in ("effector", "memory")
            ),
            *(
                Flow(
                    f"{cell}_egress", f"k_back * {cell}_tumour", "exchange", f"{cell}_tumour", f"{cell}_blood"
                )
                for cell in ("effector", "memory")
            ),
            *(
                Flow(f"{cell}_loss", f"d_{cell} * {cell}_blood", "death", out_of=f"{cell}_blood")
                for cell in ("effector", "memory")
            ),
            Flow(
                "expansion",
                "k_expansion * hill(per_car_t, 1, expansion_50) * effector_tumour",
                "expansion",
                into="effector_tumour",
            ),
            Flow(
                "memory_formation",
                "k_memory * effector_tumour",
                "differentiation",
                "effector_tumour",
                "memory_tumour",
            ),
            Flow("binding", "k_on / tumour_volume * free_car * free_target", "production", into="complexes"),
            Flow("unbinding", "k_off * complexes", "clearance", out_of="complexes"),
            Flow("tumour_growth", "mu_tumour * tumour", "growth", into="tumour"),
            Flow("killing", "k_kill * hill(per_tumour, 1, kill_50) * tumour", "killing", out_of="tumour"),
        ),
        outputs=(
            Output(
                "car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood", measured=True
            ),
            Output("car_t", "amount(car_t)", "cells", "CAR-T cells"),
            Output("tumour", "tumour", "cells", "tumour cells"),
        ),
        quantities=(
            Quantity("k_in", "1/d", "rate from blood to tumour", "K_{12}"),
            Quantity("k_back", "1/d", "rate from tumour to blood", "K_{21}"),
            Quantity("d_effector", "1/d", "effector loss from blood", "K_{el,E}"),
            Quantity("d_memory", "1/d", "memory loss from blood", "K_{el,M}"),
            Quantity("k_expansion", "1/d", "largest expansion rate", "K_{exp}"),
            Quantity(
                "expansion_50", "1/cells", "complexes per CAR-T cell at half of it", "EC_{50}", "positive"
            ),
            Quantity("k_memory", "1/d", "effectors to memory", "R_m"),
            Quantity("k_kill", "1/d", "largest kill rate", "K_{kill}"),
            Quantity("mu_tumour", "1/d", "tumour growth rate", "K_g"),
            Quantity("k_on", "uL/d", "binding rate", "k_{on}"),
            *BINDING,
            Quantity("effector_0", "cells", "effectors in the tumour at the infusion", "", "positive", True),
            Quantity("tumour_volume", "uL", "tumour volume", "V_t", "positive", True),
            BLOOD_VOLUME,
        ),
        dose_into="effector_blood",
        time_unit="d",
    ),
    values=(
        Values(
            "mouse",
            SOURCE,
            {
                "k_in": 20304.0,
                "k_back": 0.3288,
                "d_effector": 113.0,
                "d_memory": 0.219,
                "k_expansion": 0.9168,
                "expansion_50": 1.15,
                "k_memory": 2e-5,
                "k_kill": 0.612,
                "mu_tumour": 0.0888,
                "k_on": 7.103e4 * 86400 / AVOGADRO * 1e6,
                "k_off": 2.385e-3 * 86400,
                "car_per_cell": 15000.0,
                "target_per_cell": 12590.0,
                "kill_50": 2.24,
                "one_cell": 1e-6,
                "effector_0": 1e-12,
                "tumour_volume": 151.0,
                "blood_volume": 944.0,
            },
            {
                "one_cell": FLOOR,
                "effector_0": FLOOR,
                **dict.fromkeys(("d_effector", "d_memory", "k_memory"), CLINICAL),
            },
            {"k_on": "7.103e4 /M/s", "k_off": "2.385e-3 /s"},
            {"tumour_0": "the burden of the mice is in no text that could be read"},
        ),
    ),
    experiments=(
        Experiment("5e6 cells, an example of a tumour of 1e7 cells", ((0.0, 5e6),), 28.0, {"tumour_0": 1e7}),
        Experiment("an untreated tumour of 1e7 cells", (), 28.0, {"tumour_0": 1e7}),
    ),
    anchors=(
        Anchor(
            "an untreated tumour doubles in 7.8 d",
            7.80571,
            "d",
            1e-4,
            ARITHMETIC,
            expression="log(2) / mu_tumour",
        ),
        Anchor(
            "an untreated tumour on day 28",
            1.20158e8,
            "cells",
            1e-3,
            ARITHMETIC,
            output="tumour",
            quantity="C28",
            experiment="an untreated tumour of 1e7 cells",
        ),
    ),
    deviations=(
        "The set does not reproduce the published mouse figure: its mechanism of contraction is not public.",
        "Three elimination constants are borrowed from the clinical set.",
        "The burden at the start is not public: nothing runs until it is set.",
    ),
    about=About(
        purpose="Translation of killing and expansion from the assay to the mouse.",
        origin="Tumour-bearing mice given 5e6 bb2121 cells.",
        can="CAR-T cells in blood and tumour, and the tumour, once its burden is set.",
        cannot="To reproduce the published mouse figure; contraction.",
        disease=("myeloma",),
        target=("BCMA",),
        mechanism=("expansion", "killing", "antigen binding", "distribution"),
        data=("mice",),
        licence="transcription without licence, facts only",
    ),
)
