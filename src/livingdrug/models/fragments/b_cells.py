r"""Normal B cells: they keep CAR-T cells going, and their loss is the aplasia (Leon-Triana 2020).

dB/dt = (B0 - B)/tB - al C B          C CAR-T cells in blood, in cells
dT_i/dt += rC B T_i                   for every CAR-T state T_i in blood
"""

from livingdrug.models import (
    EachWith,
    Flow,
    Fragment,
    Needs,
    Output,
    Quantity,
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.published.leontriana_2020 import PLAIN
from livingdrug.models.shared import OURS

SUPPLY = Source(
    OURS.key, "ours: a supply that keeps the published number of B cells in balance without CAR-T cells"
)

B_CELLS = Fragment(
    name="b_cells",
    title="Normal B cells: a source of antigen, their aplasia and recovery",
    structure=Structure(
        states=(State("normal_b", "cells", "normal B cells", (), initial="normal_b_0", symbol="B"),),
        flows=(
            Flow("normal_b_supply", "normal_b_0 / life_normal_b", "production", into="normal_b"),
            Flow("normal_b_death", "normal_b / life_normal_b", "death", out_of="normal_b"),
            Flow(
                "normal_b_killing",
                "k_kill_normal_b * amount(car_t @ blood) * normal_b",
                "killing",
                out_of="normal_b",
            ),
        ),
        each_with=(
            EachWith(
                "car_t",
                Flow("{state}_on_b_cells", "k_on_normal_b * normal_b * {state}", "expansion", into="{state}"),
                at="blood",
            ),
        ),
        outputs=(
            Output("normal_b", "normal_b", "cells", "normal B cells", measured=True),
            Output(
                "b_cells_left",
                "normal_b / normal_b_0",
                "1",
                "normal B cells, of those before: below 0.1 is aplasia here",
            ),
        ),
        quantities=(
            Quantity("normal_b_0", "cells", "normal B cells before", "B_0", "positive"),
            Quantity("life_normal_b", "d", "life of B cells", r"\tau_B", "positive"),
            Quantity("k_kill_normal_b", "1/cells/d", "kill rate of B cells", r"\alpha"),
            Quantity("k_on_normal_b", "1/cells/d", "expansion of CAR-T cells per B cell", r"\rho_C"),
        ),
        needs=(Needs("car_t", at="blood"),),
        time_unit="d",
    ),
    values=Values(
        "leontriana_2020",
        PLAIN,
        {
            "normal_b_0": 2.5e10,
            "life_normal_b": 60.0,
            "k_kill_normal_b": 4.5e-11,
            "k_on_normal_b": 0.25 * 4.5e-11,
        },
        notes={"k_on_normal_b": "a quarter of the kill rate"},
    ),
    deviations=(
        "The constant supply is ours: without it B cells would vanish even without CAR-T cells.",
        "On a base whose CAR-T cells already expand on leukaemia the stimulation comes on top.",
        "Below a tenth as aplasia is our word; clinics count cells.",
    ),
)
