r"""Antibodies against the CAR, made after exposure, remove CAR-T cells from blood (ours).

dA/dt = ka C/(C50 + C) - ka A          C CAR-T cells in blood, cells/uL; A between 0 and 1
dT_i/dt += -kh A T_i                   for every CAR-T state T_i in blood
"""

from livingdrug.models import (
    EachWith,
    Flow,
    Fragment,
    Needs,
    Output,
    Place,
    Quantity,
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import BLOOD_VOLUME, OURS

CHOICE = Source(OURS.key, "our own choice, for scenarios: no number is published")

HUMORAL_REJECTION = Fragment(
    name="humoral_rejection",
    title="Antibodies against the CAR remove CAR-T cells (ours)",
    structure=Structure(
        places=(Place("plasma"),),
        states=(
            State(
                "anti_car",
                "1",
                "antibodies against the CAR, of their largest level",
                ("biomarker",),
                "plasma",
                symbol="A",
            ),
        ),
        flows=(
            Flow(
                "anti_car_production",
                "k_anti_car * hill(density(car_t @ blood), 1, anti_car_50)",
                "production",
                into="anti_car",
            ),
            Flow("anti_car_loss", "k_anti_car * anti_car", "clearance", out_of="anti_car"),
        ),
        each_with=(
            EachWith(
                "car_t",
                Flow("{state}_opsonised", "k_humoral * anti_car * {state}", "killing", out_of="{state}"),
                at="blood",
            ),
        ),
        outputs=(
            Output(
                "anti_car",
                "anti_car",
                "1",
                "antibodies against the CAR, of their largest level",
                measured=True,
            ),
        ),
        quantities=(
            Quantity("k_anti_car", "1/d", "rate at which antibodies follow exposure", "k_a"),
            Quantity(
                "anti_car_50", "cells/uL", "CAR-T cells at half of the antibodies", "C_{50}", "positive"
            ),
            Quantity("k_humoral", "1/d", "largest loss of CAR-T cells by antibodies", "k_h"),
            BLOOD_VOLUME,
        ),
        needs=(Needs("car_t", at="blood"),),
        time_unit="d",
    ),
    values=Values("ours", CHOICE, {"k_anti_car": 0.05, "anti_car_50": 10.0, "k_humoral": 0.2}),
    deviations=("Form and numbers are ours, for scenarios: set them from measured antibodies.",),
)
