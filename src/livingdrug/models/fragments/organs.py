r"""CAR-T cells pass through lungs, spleen, liver and marrow, at rates of the mouse scaled to man (after Khot
2019).

dT_i/dt += sum_o (-u_o T_i + r_o T_i,o)          dT_i,o/dt = u_o T_i - r_o T_i,o          for every CAR-T state in blood
u = Q J V/(Q + J V)/Vb and r = L/(R Ve) of the mouse, both times (70 kg / 0.02 kg)^-0.25
"""

from livingdrug.models import (
    EachWith,
    Flow,
    Fragment,
    Mirror,
    Needs,
    Place,
    Quantity,
    Source,
    Structure,
    Values,
)
from livingdrug.models.published.khot_2019_mouse_pbpk import KHOT, ORGANS

HERE = {"lungs": "lungs", "spleen": "spleen", "liver": "liver", "marrow": "bone"}
SCALED = Source(
    KHOT.key,
    KHOT.citation,
    KHOT.doi,
    f"{KHOT.note}; scaled to man by body weight to the power -0.25, which is ours",
)
TO_MAN, DAY, BLOOD = (70.0 / 0.02) ** -0.25, 24.0, 1.717


def _rates(organ: str) -> tuple[float, float]:
    """Uptake from blood and return to it, per day, in man."""
    passage, retention, plasma, cells, lymph, vessels, tissue = ORGANS[organ]
    flow, through = plasma + cells, passage * vessels
    return TO_MAN * DAY * flow * through / (flow + through) / BLOOD, TO_MAN * DAY * lymph / retention / tissue


def _exchange(place: str) -> tuple[EachWith, ...]:
    into = Flow("{state}_to_" + place, f"k_to_{place} * {{state}}", "exchange", "{state}", "{state}_" + place)
    back = Flow(
        "{state}_from_" + place,
        f"k_from_{place} * {{state}}_{place}",
        "exchange",
        "{state}_" + place,
        "{state}",
    )
    return EachWith("car_t", into, at="blood"), EachWith("car_t", back, at="blood")


ORGANS_FRAGMENT = Fragment(
    name="organs",
    title="Passage through lungs, spleen, liver and marrow, rates scaled from the mouse",
    structure=Structure(
        places=tuple(Place(place) for place in HERE),
        mirrors=tuple(Mirror("car_t", of="blood", place=place) for place in HERE),
        each_with=tuple(rule for place in HERE for rule in _exchange(place)),
        quantities=tuple(
            Quantity(f"k_{way}_{place}", "1/d", f"rate {words} {place}")
            for place in HERE
            for way, words in (("to", "from blood to"), ("from", "to blood from"))
        ),
        needs=(Needs("car_t", at="blood"),),
        time_unit="d",
    ),
    values=Values(
        "scaled",
        SCALED,
        {
            f"k_{way}_{place}": rate
            for place, organ in HERE.items()
            for way, rate in zip(("to", "from"), _rates(organ), strict=True)
        },
    ),
    deviations=(
        "Rates of the mouse, scaled by body weight: a scenario for man, not a measurement.",
        "Organs are passive: no growth, death or killing there. Lymph nodes are left out, as no passage "
        "into them is published.",
    ),
)
