r"""A pool of IL-7 and IL-15 that host and CAR-T cells consume, and that drives CAR-T expansion in blood.

    dI/dt = k (1 - I) - k I Tt/TK          Tt = Th + CAR-T in blood, cells/uL; I relative to an empty body

CAR-T expansion in blood is multiplied by I. Where the pool is fast, I = TK/(TK + Tt): the saturation of
Kirouac 2024, equation 2.
"""

from livingdrug.models import (
    Definition,
    Flow,
    Fragment,
    Needs,
    Output,
    Place,
    Quantity,
    Scale,
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.fragments.host_competition import METHODS
from livingdrug.models.shared import BLOOD_VOLUME, OURS

TURNOVER = Source(
    OURS.key, "our own choice: a pool that follows the cells within a day; no number is published"
)

CYTOKINE_POOL = Fragment(
    name="cytokine_pool",
    title="IL-7 and IL-15 as a shared pool that drives CAR-T expansion",
    structure=Structure(
        places=(Place("plasma"),),
        states=(
            State(
                "cytokine",
                "1",
                "IL-7 and IL-15, relative to an empty body",
                ("biomarker",),
                "plasma",
                "1",
                "I",
            ),
        ),
        definitions=(
            Definition(
                "consumers", "density(host_t @ blood) + density(car_t @ blood)", "circulating T cells", "T_t"
            ),
            # the name of the factor of `host_competition`, which the pool replaces: both together are refused
            Definition("competition", "cytokine", "factor on expansion", "S"),
        ),
        flows=(
            Flow("cytokine_production", "k_cytokine", "production", into="cytokine"),
            Flow("cytokine_clearance", "k_cytokine * cytokine", "clearance", out_of="cytokine"),
            Flow(
                "cytokine_uptake",
                "k_cytokine * cytokine * consumers / consumers_50",
                "clearance",
                out_of="cytokine",
            ),
        ),
        scales=(Scale("expansion", "competition", ("car_t",), at="blood"),),
        outputs=(Output("cytokine_pool", "cytokine", "1", "IL-7 and IL-15, relative to an empty body"),),
        quantities=(
            Quantity("k_cytokine", "1/d", "turnover of the pool", "k"),
            Quantity(
                "consumers_50", "cells/uL", "circulating T cells that halve the pool", "T_K", "positive"
            ),
            BLOOD_VOLUME,
        ),
        needs=(Needs("car_t", at="blood"), Needs("host_t", at="blood")),
        time_unit="d",
    ),
    values=Values("combined", METHODS, {"k_cytokine": 1.0, "consumers_50": 50.0}, {"k_cytokine": TURNOVER}),
    deviations=(
        "The pool is ours; its steady state is the published saturation.",
        "Host cells keep the growth law of their own part; only CAR-T expansion is driven.",
    ),
)
