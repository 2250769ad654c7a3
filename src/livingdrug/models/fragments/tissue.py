r"""Distribution between blood and a tissue that acts as a passive sink (Kirouac 2024, equation 1).

    dT_i/dt += -k12 T_i + k21 TD Q_i          dQ_i/dt = k12 T_i - k21 TD Q_i          for every CAR-T state T_i in blood
    TD = t^k / (TD50^k + t^k)                 a delay: return from tissue starts around TD50 days after infusion

The paper prints TD = t^k / (TD50^-k + t^k), which is half on at 1/12 d and so no delay at all; that form is
`tissue_as_printed`. There is no growth, death or killing in tissue.
"""

from livingdrug.models import (
    Clock,
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
from livingdrug.models.shared import OURS, PAPER

METHODS = Source(PAPER.key, PAPER.citation, PAPER.doi, "Methods, equation 1 and the text around it")
K21 = Source(
    OURS.key, OURS.citation, note="the paper varies k21 over 4 orders of magnitude without printing values"
)


ONE_DAY = Quantity("one_day", "d", "unit of time in the printed TD", bound="positive", fixed=True)


def _structure(delay: str, extra: tuple[Quantity, ...] = ()) -> Structure:
    exchange = "{state}_to_tissue", "{state}_from_tissue"
    return Structure(
        places=(Place("tissue"),),
        mirrors=(Mirror("car_t", of="blood", place="tissue"),),
        each_with=(
            EachWith(
                "car_t",
                Flow(exchange[0], "k12 * {state}", "exchange", "{state}", "{state}_tissue"),
                at="blood",
            ),
            EachWith(
                "car_t",
                Flow(
                    exchange[1],
                    "k21 * tissue_delay * {state}_tissue",
                    "exchange",
                    "{state}_tissue",
                    "{state}",
                ),
                at="blood",
            ),
        ),
        clocks=(
            Clock("tissue_delay", delay, "fraction of the return from tissue that is switched on", "TD"),
        ),
        quantities=(
            Quantity("k12", "1/d", "rate from blood to tissue", "k_{12}"),
            Quantity("k21", "1/d", "rate from tissue to blood once switched on", "k_{21}"),
            Quantity(
                "td_50", "d", "time at which half of the return is switched on", "TD_{50}", bound="positive"
            ),
            Quantity("td_steepness", "1", "steepness of the switch", "k", bound="positive"),
            *extra,
        ),
        needs=(Needs("car_t", at="blood"),),
        time_unit="d",
    )


VALUES = Values(
    "methods", METHODS, {"k12": 6.0, "k21": 6.0, "td_50": 12.0, "td_steepness": 4.0}, sources={"k21": K21}
)

TISSUE = Fragment(
    name="tissue",
    title="Distribution into a passive tissue with delayed return",
    structure=_structure("hill(time, td_steepness, td_50)"),
    values=VALUES,
    deviations=(
        "The sign of the exponent in TD is corrected (TD50^k, not TD50^-k); the printed form is "
        "`tissue_as_printed`.",
        "k21 = 6/d is one value of the paper's unprinted range.",
        "Whether the authors kept the loss of infused cells (k_loss) beside distribution is not stated.",
    ),
)
TISSUE_AS_PRINTED = Fragment(
    name="tissue_as_printed",
    title="Distribution into a passive tissue, delay as printed in the paper",
    structure=_structure("hill(time, td_steepness, one_day / td_50 * one_day)", (ONE_DAY,)),
    values=Values("methods", METHODS, {**VALUES.values, "one_day": 1.0}, sources={"k21": K21}),
    deviations=(
        "Kept for comparison only: half of the return is switched on after 1/12 d, so the described delay "
        "is absent.",
        "TD50^-k has no consistent unit; `one_day` makes it one.",
    ),
)
