r"""Host T cells reject CAR-T cells from a donor by mass action (Kirouac 2024, equation 3).

    dT_i/dt += -k_allo T_i Th          for every CAR-T state T_i in blood; Th in cells (not cells/uL)

The paper calls the rate constant k_kill, which collides with the tumour-kill rate of the base model.
"""

from livingdrug.models import EachWith, Flow, Fragment, Needs, Quantity, Source, Structure, Values
from livingdrug.models.shared import BLOOD_VOLUME, PAPER

METHODS = Source(
    PAPER.key, PAPER.citation, PAPER.doi, "Methods, equation 3: non-persisters 7e-9, persisters 0"
)

ALLOGENEIC_KILLING = Fragment(
    name="allogeneic_killing",
    title="Rejection of donor CAR-T by host T cells",
    structure=Structure(
        each_with=(
            EachWith(
                "car_t",
                Flow(
                    "{state}_rejection",
                    "k_allo * amount(host_t @ blood) * {state}",
                    "killing",
                    out_of="{state}",
                ),
                at="blood",
            ),
        ),
        quantities=(
            Quantity("k_allo", "1/cells/d", "rejection rate per host T cell", "k_{allo}"),
            BLOOD_VOLUME,
        ),
        needs=(Needs("car_t", at="blood"), Needs("host_t", at="blood")),
        time_unit="d",
    ),
    values=Values("non_persister", METHODS, {"k_allo": 7e-9}),
    deviations=(
        "Th must be in cells: with cells/uL the term is below 1e-5/d and does nothing.",
        "CAR-T cells in tissue are not rejected.",
        "With a host population that keeps growing, any k_allo above 0 eliminates the graft in the end.",
    ),
)
