r"""Serial re-stimulation killing assay, a CARRGO variant (Kirouac 2024, equations 4 and 5).

    dE/dt = gamma E - theta E - nu E T          dT/dt = rho T (1 - beta T) - kappa E T

E effector cells, T tumour cells in a well, hours. New tumour cells are added at the end of each 24-hour
round. Both states only multiply, and T falls over 90 decades in a sweep, so their logarithms are solved for.
"""

import math

from livingdrug.models import (
    About,
    Anchor,
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
from livingdrug.models.shared import PAPER

METHODS = Source(PAPER.key, PAPER.citation, PAPER.doi, "Methods, equations 4 and 5 and the text below them")
REFERENCE = Source("livingdrug_facts", "equations 4 and 5 solved with mpmath Taylor integration, 18 digits")

STRUCTURE = Structure(
    places=(Place("well"),),
    states=(
        State(
            "effector", "cells", "CAR-T cells in the well", ("car_t",), "well", "effector_0", "E", log=True
        ),
        State("tumour", "cells", "tumour cells in the well", ("target",), "well", "tumour_0", "T", log=True),
    ),
    flows=(
        Flow("proliferation", "k_proliferation * effector", "expansion", into="effector"),
        Flow("effector_death", "d_effector * effector", "death", out_of="effector"),
        Flow("exhaustion", "k_exhaustion * effector * tumour", "death", out_of="effector"),
        Flow("tumour_growth", "mu_tumour * tumour * (1 - crowding * tumour)", "growth", into="tumour"),
        Flow("tumour_killing", "k_kill * effector * tumour", "killing", out_of="tumour"),
    ),
    outputs=(
        Output("car_t", "effector", "cells", "CAR-T cells in the well"),
        Output("tumour", "tumour", "cells", "tumour cells in the well", measured=True),
    ),
    quantities=(
        Quantity("k_proliferation", "1/h", "CAR-T proliferation rate", r"\gamma"),
        Quantity("d_effector", "1/h", "CAR-T death rate", r"\theta"),
        Quantity("k_exhaustion", "1/cells/h", "loss of CAR-T cells on contact with tumour cells", r"\nu"),
        Quantity("mu_tumour", "1/h", "tumour growth rate", r"\rho"),
        Quantity("crowding", "1/cells", "inverse of the tumour capacity of a well", r"\beta"),
        Quantity("k_kill", "1/cells/h", "killing rate per CAR-T cell", r"\kappa"),
        Quantity("effector_0", "cells", "CAR-T cells plated", "E_0", bound="positive"),
        Quantity("tumour_0", "cells", "tumour cells plated", "T_0", bound="positive"),
    ),
    dose_into="tumour",
    time_unit="h",
)
DAY = math.log(2) / 24
VALUES = Values(
    "baseline",
    METHODS,
    {
        "k_proliferation": DAY, "d_effector": 1e-3, "k_exhaustion": 1e-6, "mu_tumour": DAY, "crowding": 1e-5,
        "k_kill": 1e-5, "effector_0": 5000.0, "tumour_0": 5000.0,
    },
    notes={
        "k_exhaustion": "printed without a unit; 1/cells/h follows from equation 4",
        "k_proliferation": "log(2)/24; the natural logarithm, a 24-hour doubling",
    },
)  # fmt: skip

MODEL = Model(
    name="carrgo_restimulation",
    title="Serial re-stimulation killing assay (CARRGO with exhaustion)",
    structure=STRUCTURE,
    values=(VALUES,),
    experiments=(
        Experiment(
            "three rounds of 24 h", doses=((24.0, 5000.0), (48.0, 5000.0), (72.0, 5000.0)), until=72.0
        ),
    ),
    anchors=tuple(
        Anchor(
            f"{label} before the addition at {hour} h",
            value,
            "cells",
            1e-6,
            REFERENCE,
            output=output,
            quantity=f"C{hour}",
            experiment="three rounds of 24 h",
        )
        for label, output, hour, value in (
            ("tumour", "tumour", 24, 1929.4719125634722),
            ("tumour", "tumour", 48, 740.2885702377523),
            ("tumour", "tumour", 72, 51.569950740165716),
            ("CAR-T", "car_t", 72, 30633.695181120693),
        )
    ),
    deviations=(
        "gamma E does not depend on antigen and E has no capacity, so E grows without bound over many "
        "rounds.",
        "Exhaustion removes cells; there is no exhausted state.",
        "The third addition, at 72 h, does not affect 0-72 h.",
    ),
    about=About(
        purpose="Whether CAR-T cells keep up over several rounds of added tumour cells, or fail by exhaustion.",
        origin="Nobody's data: numbers of Kirouac 2024, chosen to show the switch.",
        can="Rounds of a re-stimulation assay, rates of kill and of exhaustion.",
        cannot="No exhausted state, no antigen dependence of growth, no patient.",
        disease=("any",),
        target=("any",),
        mechanism=("killing", "exhaustion"),
        data=("assay", "assumed"),
        kind="illustration",
        licence="paper CC BY",
    ),
)
