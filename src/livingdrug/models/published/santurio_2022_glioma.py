r"""CAR-T cells against glioblastoma, with glial cells that carry the antigen and neurons (Santurio 2022).

    dC/dt = pC C (T + GA)/(gT + T + GA) - alpha C T - C/tauC          dT/dt = wT T (1 - T/K) - psiT (GA + GN) T - gamT T C
    dGA/dt = wG GA (1 - GA/KA) - psiG GA T - gamG GA C                dGN/dt = wG GN (1 - GN/(K - KA)) - psiG GN T
    dN/dt = psi G' N where the glia G = GA + GN shrink, else 0

C CAR-T cells, T tumour, GA and GN glia with and without the antigen, N neurons; cells and days.
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

SANTURIO = Source(
    "santurio_2022",
    "Santurio et al. 2022, Front Syst Biol",
    "10.3389/fsysb.2022.923085",
    "numbers as in a public re-implementation (LuYuxiaoPKU/MMLS-class-project, commit 81f048e); facts only",
)
VARIANTS = Source(
    SANTURIO.key,
    SANTURIO.citation,
    SANTURIO.doi,
    "start and capacity of the re-implementation, not the paper's",
)
K = 8.5e11

STRUCTURE = Structure(
    places=(Place("brain"),),
    states=(
        State("car_t", "cells", "CAR-T cells", ("car_t",), "brain", symbol="C"),
        State("tumour", "cells", "glioblastoma cells", ("target",), "brain", "tumour_0", "T", log=True),
        State(
            "glia_positive",
            "cells",
            "glia with the antigen",
            ("target",),
            "brain",
            "glia_positive_0",
            "G_A",
            log=True,
        ),
        State("glia_negative", "cells", "glia without the antigen", (), "brain", "glia_negative_0", "G_N"),
        State("neurons", "cells", "neurons", (), "brain", "neurons_0", "N"),
    ),
    definitions=(
        Definition("positive_growth", "mu_glia * glia_positive * (1 - glia_positive / positive_max)"),
        Definition(
            "negative_growth", "mu_glia * glia_negative * (1 - glia_negative / (capacity - positive_max))"
        ),
        Definition(
            "glia_change",
            "positive_growth + negative_growth - k_tumour_glia * (glia_positive + glia_negative) * tumour"
            " - k_kill_glia * glia_positive * car_t",
            "change of all glia",
            "G'",
        ),
    ),
    flows=(
        Flow(
            "expansion",
            "k_expansion * car_t * hill(tumour + glia_positive, 1, antigen_50)",
            "expansion",
            into="car_t",
        ),
        Flow("inactivation", "k_inactivation * car_t * tumour", "death", out_of="car_t"),
        Flow("car_t_death", "car_t / life_car_t", "death", out_of="car_t"),
        Flow("tumour_growth", "mu_tumour * tumour * (1 - tumour / capacity)", "growth", into="tumour"),
        Flow(
            "glia_on_tumour",
            "k_glia_tumour * (glia_positive + glia_negative) * tumour",
            "death",
            out_of="tumour",
        ),
        Flow("killing", "k_kill * tumour * car_t", "killing", out_of="tumour"),
        Flow("glia_positive_growth", "positive_growth", "growth", into="glia_positive"),
        Flow("tumour_on_positive", "k_tumour_glia * glia_positive * tumour", "death", out_of="glia_positive"),
        Flow("killing_of_glia", "k_kill_glia * glia_positive * car_t", "killing", out_of="glia_positive"),
        Flow("glia_negative_growth", "negative_growth", "growth", into="glia_negative"),
        Flow("tumour_on_negative", "k_tumour_glia * glia_negative * tumour", "death", out_of="glia_negative"),
        Flow("neuron_death", "-k_neuron * min(glia_change, 0) * neurons", "death", out_of="neurons"),
    ),
    outputs=(
        Output("car_t", "car_t", "cells", "CAR-T cells", measured=True),
        Output("tumour", "tumour", "cells", "glioblastoma cells"),
        Output("glia_positive", "glia_positive", "cells", "glia with the antigen"),
        Output("neurons", "neurons", "cells", "neurons"),
    ),
    quantities=(
        Quantity("k_expansion", "1/d", "largest expansion rate", r"\rho_C"),
        Quantity("antigen_50", "cells", "cells with antigen at half of the expansion", "g_T", "positive"),
        Quantity("life_car_t", "d", "life of CAR-T cells", r"\tau_C", "positive"),
        Quantity("k_inactivation", "1/cells/d", "inactivation by the tumour", r"\alpha"),
        Quantity("mu_tumour", "1/d", "tumour growth rate", r"\Omega_T"),
        Quantity("capacity", "cells", "capacity of the brain", "K", "positive"),
        Quantity("k_glia_tumour", "1/cells/d", "effect of glia on the tumour", r"\psi_T"),
        Quantity("k_kill", "1/cells/d", "kill rate of the tumour", r"\gamma_T"),
        Quantity("mu_glia", "1/d", "growth rate of glia", r"\Omega_G"),
        Quantity("k_tumour_glia", "1/cells/d", "effect of the tumour on glia", r"\psi_G"),
        Quantity("k_kill_glia", "1/cells/d", "kill rate of glia with the antigen", r"\gamma_G"),
        Quantity("k_neuron", "1/cells", "part of neurons lost per glial cell lost", r"\psi"),
        Quantity("positive_max", "cells", "capacity of glia with the antigen", "K_A", "positive"),
        Quantity("tumour_0", "cells", "tumour cells at the infusion", "T_0", "positive"),
        Quantity("glia_positive_0", "cells", "glia with the antigen at the infusion", "G_{A0}", "positive"),
        Quantity("glia_negative_0", "cells", "glia without the antigen at the infusion", "G_{N0}"),
        Quantity("neurons_0", "cells", "neurons at the infusion", "N_0"),
    ),
    dose_into="car_t",
    time_unit="d",
)


def _values(name: str, tumour: float, positive_max: float, negative_left: float) -> Values:
    start = tumour * K
    negative = K - 0.1 * start - negative_left * start
    return Values(
        name,
        SANTURIO,
        {
            "k_expansion": 0.9,
            "antigen_50": 1e10,
            "life_car_t": 7.0,
            "k_inactivation": 1e-11,
            "mu_tumour": 0.012,
            "capacity": K,
            "k_glia_tumour": 2.571e-15,
            "k_kill": 2.5e-10,
            "mu_glia": 0.0068,
            "k_tumour_glia": 2.571e-14,
            "k_kill_glia": 2.5e-10,
            "k_neuron": 2.8e-12,
            "tumour_0": start,
            "glia_positive_0": 0.1 * start,
            "glia_negative_0": negative,
            "positive_max": positive_max * negative,
            "neurons_0": K - start,
        },
        dict.fromkeys(
            ("tumour_0", "glia_positive_0", "glia_negative_0", "positive_max", "neurons_0"), VARIANTS
        ),
        {"neurons_0": "inferred from reference outcomes: what the tumour leaves of the capacity"},
    )


MODEL = Model(
    name="santurio_2022_glioma",
    title="CAR-T cells against glioblastoma, with harm to glia and neurons",
    structure=STRUCTURE,
    values=(
        _values("third", 0.025, 0.001, 1.0),
        _values("first", 0.1, 0.2, 0.0),
        _values("second", 0.1, 0.1, 0.0),
    ),
    experiments=(
        Experiment("5e7 cells", ((0.0, 5e7),), 120.0),
        Experiment("5e8 cells, first variant", ((0.0, 5e8),), 120.0, vector="first"),
        Experiment("no CAR-T cells", (), 120.0),
    ),
    anchors=(
        Anchor("peak of CAR-T", 1.6592084e9, "cells", 1e-4, SOLVED, output="car_t", quantity="CMAX"),
        Anchor("neurons on day 120", 8.1911908e11, "cells", 1e-4, SOLVED, output="neurons", quantity="C120"),
        Anchor("tumour on day 28", 93599867.0, "cells", 1e-2, SOLVED, output="tumour", quantity="C28"),
    ),
    deviations=(
        "The paper's own capacity of glia and starts could not be read: the three vectors are variants of a "
        "re-implementation.",
        "In the first and second variant the glia without the antigen start above their capacity, so "
        "neurons are lost with neither tumour nor CAR-T cells; run the control.",
    ),
    about=About(
        purpose="Harm to healthy cells that carry the antigen, when CAR-T cells treat a glioblastoma.",
        origin="Parameters of the paper; starts and capacity of glia of a re-implementation.",
        can="CAR-T cells, tumour, glia and neurons after a dose, beside a control without CAR-T cells.",
        cannot="The paper's own figures: their starts are not public here.",
        disease=("glioma",),
        target=("any",),
        mechanism=("expansion", "killing", "off-tumour", "immunosuppression"),
        data=("assumed",),
        licence="paper CC BY; code without licence, facts only",
    ),
)
