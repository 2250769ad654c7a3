r"""Tocilizumab and corticosteroids act on CAR-T expansion from their first dose on (Stein 2019).

Every CAR-T expansion rate is multiplied by F_toci from tocilizumab_start and by F_ster from steroid_start on.
"""

from livingdrug.models import Definition, Fragment, Needs, Scale, Source, Structure, Switch, Values
from livingdrug.models.published.stein_2019 import (
    COMEDICATION,
    COMEDICATION_QUANTITIES,
    COMEDICATION_VALUES,
    STEIN,
)

COMEDICATION_FRAGMENT = Fragment(
    name="comedication",
    title="Tocilizumab and corticosteroids on CAR-T expansion",
    structure=Structure(
        switches=(
            Switch("tocilizumab_on", "tocilizumab_start", "1 from the first tocilizumab on", r"\mathbb{1}_T"),
            Switch("steroid_on", "steroid_start", "1 from the first corticosteroid on", r"\mathbb{1}_S"),
        ),
        definitions=(
            Definition(
                "comedication_factor",
                "(1 + (tocilizumab_factor - 1) * tocilizumab_on) * (1 + (steroid_factor - 1) * steroid_on)",
                "factor on CAR-T expansion",
                "F",
            ),
        ),
        scales=(Scale("expansion", "comedication_factor", ("car_t",)),),
        quantities=COMEDICATION_QUANTITIES,
        needs=(Needs("car_t"),),
        time_unit="d",
    ),
    values=Values(
        "table_1",
        Source(STEIN.key, STEIN.citation, STEIN.doi, "F_toci 1.2 (RSE 7.5 %), F_ster 1.0 (RSE 9 %)"),
        COMEDICATION_VALUES,
        sources=dict.fromkeys(("tocilizumab_start", "steroid_start"), COMEDICATION),
    ),
    deviations=(
        "Estimated on the exponential rise of stein_2019; on other models it is a scenario, not an estimate.",
        "The paper concludes that neither drug changes the expansion rate.",
    ),
)
