r"""A ceiling of circulating CAR-T cells: their expansion in blood stops there (ours, with a cited level).

expansion in blood is multiplied by max(0, 1 - C/Cmax)          C CAR-T cells in blood, cells/uL
"""

from livingdrug.models import Definition, Fragment, Needs, Quantity, Scale, Structure, Values
from livingdrug.models.published.liu_2022 import LIU
from livingdrug.models.shared import BLOOD_VOLUME

LYMPHOCYTE_CAPACITY = Fragment(
    name="lymphocyte_capacity",
    title="A ceiling of circulating CAR-T cells",
    structure=Structure(
        definitions=(
            Definition(
                "room_left", "max(0, 1 - density(car_t @ blood) / car_t_ceiling)", "factor on expansion"
            ),
        ),
        scales=(Scale("expansion", "room_left", ("car_t",), at="blood"),),
        quantities=(
            Quantity("car_t_ceiling", "cells/uL", "most CAR-T cells in blood", "C_{max}", "positive"),
            BLOOD_VOLUME,
        ),
        needs=(Needs("car_t", at="blood"),),
        time_unit="d",
    ),
    values=Values(
        "highest_observed",
        LIU,
        {"car_t_ceiling": 10_592.0},
        notes={
            "car_t_ceiling": "the highest peak of an individual responder in the public data of this source"
        },
    ),
    deviations=(
        "The form is ours; the level is the highest individual peak in public data, not a measured capacity.",
    ),
)
