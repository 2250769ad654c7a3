r"""Host T cells recover after lymphodepletion and compete with CAR-T for homeostatic signals (Kirouac 2024,
equation 2).

    dTh/dt = muh S Th          S = TK / (TK + Tt)          Tt = Th + CAR-T in blood, cells/uL

All CAR-T expansion in blood is multiplied by the same S. The printed recovery does not saturate: alone, Th
grows at muh TK per day for ever. `host_competition_logistic` and `host_competition_gompertz` keep S for CAR-T
and let host cells recover to a plateau instead:
    logistic: dTh/dt = muh Th (1 - Tt / Th_max)          Gompertz: dTh/dt = -muh Th ln(Tt / Th_max)
`host_recovery_logistic` is the plateau alone, for models whose CAR-T cells do not expand in blood.
"""

from livingdrug.models import (
    Definition,
    Flow,
    Fragment,
    Needs,
    Output,
    Quantity,
    Scale,
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import BLOOD_VOLUME, PAPER

METHODS = Source(PAPER.key, PAPER.citation, PAPER.doi, "Methods, equation 2 and the text around it")
KIMMEL = Source(
    "kimmel_2021",
    "Kimmel, Locke & Altrock 2021, Proc R Soc B 288:20210229",
    "10.1098/rspb.2021.0229",
    "K_N = 500 cells/uL, r_N = 0.17/d",
)
COMBINED = Source("livingdrug", "our combination: recovery rate of Kirouac 2024, plateau of Kimmel 2021")

RECOVERY = Quantity("mu_host", "1/d", "host T-cell recovery rate", r"\mu_h")
START = Quantity("host_0", "cells/uL", "host T cells left after lymphodepletion", "T_{h0}", bound="positive")
SHARED = (
    RECOVERY,
    Quantity("host_50", "cells/uL", "circulating T cells that halve expansion", "T_K", bound="positive"),
    START,
    BLOOD_VOLUME,
)
PLATEAU = Quantity(
    "host_max", "cells/uL", "circulating T cells at full recovery", "T_{h,max}", bound="positive"
)


CIRCULATING = Definition(
    "circulating", "density(host_t @ blood) + density(car_t @ blood)", "circulating T cells", "T_t"
)
HOST = State("host", "cells/uL", "host T cells in blood", ("host_t",), "blood", "host_0", "T_h")
HOST_T = Output("host_t", "density(host_t @ blood)", "cells/uL", "host T cells in blood")


def _structure(rate: str, scaled: tuple[str, ...], extra: tuple[Quantity, ...] = ()) -> Structure:
    return Structure(
        states=(HOST,),
        definitions=(
            CIRCULATING,
            Definition("competition", "host_50 / (host_50 + circulating)", "factor on expansion", "S"),
        ),
        flows=(Flow("host_recovery", rate, "expansion", into="host"),),
        scales=(Scale("expansion", "competition", scaled, at="blood"),),
        outputs=(HOST_T,),
        quantities=SHARED + extra,
        needs=(Needs("car_t", at="blood"),),
        only=("host_t",),
        time_unit="d",
    )


SATURATING = {"mu_host": 0.35, "host_50": 50.0, "host_0": 0.5}
NOT_COUNTED = "CAR-T cells in tissue are neither counted in Tt nor slowed by it."

HOST_COMPETITION = Fragment(
    name="host_competition",
    title="Host T-cell recovery and competition, as printed",
    structure=_structure("mu_host * host", ("car_t", "host_t")),
    values=Values("methods", METHODS, SATURATING),
    deviations=(
        "The paper says that host T cells saturate near 1e3/uL; equation 2 does not saturate (it passes "
        "1e3/uL around day 60-90 at muh = 0.35 and goes on at 17.5 cells/uL/d).",
        "`3-orders of magnitude (0.05 to 500)` is four.",
        "S multiplies loss and gain of every expansion flow; scaling gains only gives other numbers, same "
        "trend.",
        NOT_COUNTED,
    ),
)
HOST_COMPETITION_LOGISTIC = Fragment(
    name="host_competition_logistic",
    title="Host T-cell recovery to a plateau (logistic) and competition",
    structure=_structure("mu_host * host * (1 - circulating / host_max)", ("car_t",), (PLATEAU,)),
    values=Values("combined", METHODS, {**SATURATING, "host_max": 500.0}, sources={"host_max": COMBINED}),
    deviations=("Not in the paper: corrects the missing plateau of equation 2.", NOT_COUNTED),
)
HOST_COMPETITION_GOMPERTZ = Fragment(
    name="host_competition_gompertz",
    title="Host T-cell recovery to a plateau (Gompertz) and competition",
    structure=_structure("-mu_host * host * log(circulating / host_max)", ("car_t",), (PLATEAU,)),
    values=Values(
        "combined", METHODS, {**SATURATING, "mu_host": 0.17, "host_max": 500.0},
        sources={"mu_host": KIMMEL, "host_max": KIMMEL},
    ),
    deviations=(
        "Not in the paper: corrects the missing plateau of equation 2 with the recovery law of Kimmel 2021.",
        NOT_COUNTED,
    ),
)  # fmt: skip
HOST_RECOVERY_LOGISTIC = Fragment(
    name="host_recovery_logistic",
    title="Host T-cell recovery to a plateau (logistic), without competition",
    structure=Structure(
        states=(HOST,),
        definitions=(CIRCULATING,),
        flows=(
            Flow("host_recovery", "mu_host * host * (1 - circulating / host_max)", "growth", into="host"),
        ),
        outputs=(HOST_T,),
        quantities=(RECOVERY, START, PLATEAU, BLOOD_VOLUME),
        needs=(Needs("car_t", at="blood"),),
        only=("host_t",),
        time_unit="d",
    ),
    values=Values(
        "combined",
        METHODS,
        {"mu_host": 0.35, "host_0": 0.5, "host_max": 500.0},
        sources={"host_max": COMBINED},
    ),
    deviations=(
        "Not in the paper: host cells as partners of `allogeneic_killing` for models whose CAR-T do not "
        "expand in blood.",
    ),
)
