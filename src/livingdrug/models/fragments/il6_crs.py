r"""IL-6 released where CAR-T cells meet target cells, tocilizumab on it, and the probability of severe CRS.

dIL6/dt = d6 (b6 - IL6) + P6 C B          C CAR-T cells in blood, B target cells, both in cells (Hardiansyah & Ng 2019, UPN 1)
P(grade >= 3) = x^n/(x50^n + x^n)         x = IL6 (1 - block) from the first tocilizumab on, else IL6
"""

from livingdrug.models import (
    Definition,
    Flow,
    Fragment,
    Needs,
    Output,
    Place,
    Quantity,
    Source,
    State,
    Structure,
    Switch,
    Values,
)
from livingdrug.models.published.hardiansyah_2019 import FIGURE, HARDIANSYAH
from livingdrug.models.shared import OURS

LINK = Source(OURS.key, "our own choice, to be set: no relation of IL-6 to the grade is published in numbers")
SLOPE = Source(
    "ema_epar_kymriah",
    "EMA EPAR of tisagenlecleucel: odds of CRS of grade 3 or 4 x 2.17 per doubling of CMAX",
    note="the slope of transgene, ln 2.17 / ln 2, used for IL-6",
)

IL6_CRS = Fragment(
    name="il6_crs",
    title="IL-6 from contact of CAR-T and target cells, tocilizumab, and severe CRS",
    structure=Structure(
        places=(Place("plasma"),),
        states=(State("il6", "pg/mL", "IL-6 in blood", ("biomarker",), "plasma", "il6_rest", "IL_6"),),
        switches=(Switch("blocked", "block_start", "1 from the first tocilizumab on", calendar=True),),
        definitions=(Definition("il6_seen", "il6 * (1 - il6_block * blocked)", "IL-6 that still acts"),),
        flows=(
            Flow("il6_input", "k_il6_loss * il6_rest", "production", into="il6"),
            Flow("il6_clearance", "k_il6_loss * il6", "clearance", out_of="il6"),
            Flow(
                "il6_release",
                "p_il6_contact * amount(car_t @ blood) * amount(target)",
                "production",
                into="il6",
            ),
        ),
        outputs=(
            Output("il6", "il6", "pg/mL", "IL-6 in blood", measured=True),
            Output(
                "severe_crs",
                "hill(il6_seen, crs_slope, crs_50)",
                "1",
                "probability of CRS of grade 3 or higher at this level",
            ),
        ),
        quantities=(
            Quantity("k_il6_loss", "1/d", "elimination of IL-6", "d_6"),
            Quantity("il6_rest", "pg/mL", "IL-6 before", "b_6", "positive"),
            Quantity("p_il6_contact", "pg/mL/cells/cells/d", "IL-6 released per contact", "P_6"),
            Quantity("block_start", "d", "first tocilizumab"),
            Quantity("il6_block", "1", "part of IL-6 that it blocks", bound="fraction"),
            Quantity("crs_slope", "1", "steepness of severe CRS in IL-6", "n", "positive"),
            Quantity("crs_50", "pg/mL", "IL-6 at which half have severe CRS", "x_{50}", "positive"),
        ),
        needs=(Needs("car_t", at="blood"), Needs("target")),
        time_unit="d",
    ),
    values=Values(
        "upn1",
        HARDIANSYAH,
        {
            "k_il6_loss": 3.96,
            "il6_rest": 1.7,
            "p_il6_contact": 1.8e-15,
            "block_start": 5.7,
            "il6_block": 0.0,
            "crs_slope": 1.118,
            "crs_50": 1000.0,
        },
        {"il6_rest": FIGURE, "block_start": LINK, "il6_block": LINK, "crs_slope": SLOPE, "crs_50": LINK},
        {"p_il6_contact": "1e6 x 1.8e-3 for two populations in 1e9 cells"},
    ),
    deviations=(
        "Release by contact is that of one patient with CLL; on another base it is a scenario.",
        "The relation of IL-6 to the grade is ours, with the slope published for the transgene: set crs_50 "
        "from your own data.",
        "Tocilizumab blocks the effect (il6_block, 0 until set), not the release.",
    ),
)
