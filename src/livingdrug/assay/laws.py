"""Models of a killing assay, put together from three laws: how targets grow, how they are killed, what
effectors do.

x targets, y effectors, in cells of one well; hours.

    dx/dt = growth(x) - killing(x, y)          dy/dt = effectors(x, y)

CARRGO is logistic growth, killing by mass action and effectors that expand on antigen (Sahoo et al. 2020, J R
Soc Interface 17:20190734); equations 4 and 5 of Kirouac et al. 2024 are the same with effectors that grow by
themselves and are lost on contact. Both populations only multiply, so their logarithms are solved for."""

import math
from dataclasses import dataclass

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models import Clock, Flow, Model, Output, Place, Quantity, Source, State, Structure, Values

SAHOO = Source("sahoo_2020", "Sahoo et al. 2020, J R Soc Interface 17:20190734", "10.1098/rsif.2019.0734")
KIROUAC = Source(
    "kirouac_2024", "Kirouac, Zmurchok & Morris 2024, npj Syst Biol Appl 10", "10.1038/s41540-024-00355-3"
)
BRUMMER = Source("brummer_2022", "Brummer et al. 2022, github.com/alexbbrummer/CARRGODEX, MIT licence")
STARTS = Source("livingdrug", "initial estimates of a fit, of no publication")
TARGETS, EFFECTORS, EXHAUSTED = "targets", "effectors", "exhausted"


@dataclass(frozen=True)
class Law:
    """One part of a model: its flows with the quantities that only it has.

    text: what it says, for users; start: initial estimates, in cells and hours; states: beyond targets and
    effectors."""

    text: str
    flows: tuple[Flow, ...]
    quantities: tuple[Quantity, ...]
    start: dict[str, float]
    states: tuple[State, ...] = ()
    clocks: tuple[Clock, ...] = ()


GROWTH_RATE = Quantity("growth", "1/h", "growth rate of the targets", r"\rho")
CROWDING = Quantity("crowding", "1/cells", "inverse of the number of targets that a well can hold", "1/K")


def _growth(rate: str) -> tuple[Flow, ...]:
    return (Flow("target_growth", rate, "growth", into=TARGETS),)


GROWTH = {
    "exponential": Law("growth x", _growth("growth * targets"), (GROWTH_RATE,), {"growth": 0.03}),
    "logistic": Law(
        "growth x (1 - crowding x)",
        _growth("growth * targets * (1 - crowding * targets)"),
        (GROWTH_RATE, CROWDING),
        {"growth": 0.03, "crowding": 1e-5},
    ),
    "gompertz": Law(
        "-growth x ln(crowding x)",
        _growth("-growth * targets * log(crowding * targets)"),
        (GROWTH_RATE, CROWDING),
        {"growth": 0.01, "crowding": 1e-5},
    ),
}

KILL = Quantity("k_kill", "1/cells/h", "killing rate per effector", r"\kappa_1")
HALF_TARGETS = Quantity(
    "half_targets",
    "cells",
    "targets at which an effector kills at half its highest rate",
    "h",
    bound="positive",
)


def _killing(rate: str) -> tuple[Flow, ...]:
    return (Flow("target_killing", rate, "killing", out_of=TARGETS),)


KILLING = {
    "mass_action": Law("k_kill x y", _killing("k_kill * targets * effectors"), (KILL,), {"k_kill": 1e-5}),
    "saturating_effectors": Law(
        "k_kill x y / (1 + y / half_effectors)",
        _killing("k_kill * targets * effectors / (1 + effectors / half_effectors)"),
        (
            KILL,
            Quantity(
                "half_effectors",
                "cells",
                "effectors at which killing is half of mass action",
                "h",
                bound="positive",
            ),
        ),
        {"k_kill": 1e-5, "half_effectors": 1e4},
    ),
    "saturating_targets": Law(
        "k_kill x y / (1 + x / half_targets)",
        _killing("k_kill * targets * effectors / (1 + targets / half_targets)"),
        (
            KILL,
            HALF_TARGETS,
        ),
        {"k_kill": 1e-5, "half_targets": 1e4},
    ),
    "conjugates": Law(
        "k_kill x y / (1 + (x + y) / half_cells)",
        _killing("k_kill * targets * effectors / (1 + (targets + effectors) / half_cells)"),
        (
            KILL,
            Quantity(
                "half_cells", "cells", "cells at which killing is half of mass action", "h", bound="positive"
            ),
        ),
        {"k_kill": 1e-5, "half_cells": 1e4},
    ),
    "holling_3": Law(
        "kill_max x^2 y / (half_targets^2 + x^2)",
        _killing("kill_max * effectors * targets**2 / (half_targets**2 + targets**2)"),
        (
            Quantity(
                "kill_max", "1/h", "highest number of targets that an effector kills in an hour", "k_{max}"
            ),
            HALF_TARGETS,
        ),
        {"kill_max": 0.1, "half_targets": 1e4},
    ),
    "ratio": Law(
        "kill_max x y / (y + half_ratio x)",
        _killing("kill_max * targets * effectors / (effectors + half_ratio * targets)"),
        (
            Quantity("kill_max", "1/h", "highest killing rate of a target", "k_{max}"),
            Quantity(
                "half_ratio",
                "1",
                "effectors per target at half the highest killing rate",
                "r",
                bound="positive",
            ),
        ),
        {"kill_max": 0.1, "half_ratio": 1.0},
    ),
}

CONTACT_LOSS = Quantity("contact_loss", "1/cells/h", "loss of effectors on contact with targets", r"\nu")
EXPAND = Quantity("k_expand", "1/cells/h", "expansion of effectors per target", r"\kappa_2")
DEATH = Quantity("effector_death", "1/h", "death rate of effectors", r"\theta")
NET = Quantity("net_growth", "1/h", "proliferation less death of effectors", r"\gamma - \theta", bound="any")


def _into(name: str, rate: str) -> Flow:
    return Flow(name, rate, "expansion", into=EFFECTORS)


_DEATH = Flow("effector_loss", "effector_death * effectors", "death", out_of=EFFECTORS)
EFFECTOR = {
    "antigen": Law(
        "k_expand x y - effector_death y",
        (_into("expansion", "k_expand * targets * effectors"), _DEATH),
        (EXPAND, DEATH),
        {"k_expand": 1e-6, "effector_death": 0.01},
    ),
    "contact_loss": Law(
        "net_growth y - contact_loss x y",
        (
            _into("proliferation", "net_growth * effectors"),
            Flow("exhaustion", "contact_loss * targets * effectors", "death", out_of=EFFECTORS),
        ),
        (NET, CONTACT_LOSS),
        {"net_growth": 0.02, "contact_loss": 1e-6},
    ),
    "capacity": Law(
        "k_expand x y (1 - effector_crowding y) - effector_death y",
        (_into("expansion", "k_expand * targets * effectors * (1 - effector_crowding * effectors)"), _DEATH),
        (
            EXPAND,
            DEATH,
            Quantity(
                "effector_crowding",
                "1/cells",
                "inverse of the number of effectors that a well can hold",
                "1/K_E",
            ),
        ),
        {"k_expand": 1e-6, "effector_death": 0.01, "effector_crowding": 5e-6},
    ),
    "antigen_saturating": Law(
        "expand_max y x / (x + half_antigen) - effector_death y",
        (_into("expansion", "expand_max * effectors * targets / (targets + half_antigen)"), _DEATH),
        (
            Quantity("expand_max", "1/h", "highest expansion rate of effectors", "p"),
            DEATH,
            Quantity(
                "half_antigen", "cells", "targets at half the highest expansion rate", "h_p", bound="positive"
            ),
        ),
        {"expand_max": 0.03, "effector_death": 0.01, "half_antigen": 5e3},
    ),
    "reversible": Law(
        "net_growth y - contact_loss x y + recovery z; dz/dt = contact_loss x y - recovery z",
        (
            _into("proliferation", "net_growth * effectors"),
            Flow(
                "exhaustion",
                "contact_loss * targets * effectors",
                "differentiation",
                out_of=EFFECTORS,
                into=EXHAUSTED,
            ),
            Flow("recovery", "recovery * exhausted", "differentiation", out_of=EXHAUSTED, into=EFFECTORS),
        ),
        (
            NET,
            CONTACT_LOSS,
            Quantity("recovery", "1/h", "rate at which exhausted effectors recover", "r"),
            Quantity("exhausted_0", "cells", "exhausted effectors at the start", "Z_0"),
        ),
        {"net_growth": 0.02, "contact_loss": 1e-5, "recovery": 0.01},
        (
            State(
                EXHAUSTED,
                "cells",
                "effectors that do not kill for now",
                ("car_t",),
                "well",
                "exhausted_0",
                "z",
            ),
        ),
    ),
}

# half-life as deposited by Brummer 2022; in a well nothing clears the drug, so it is a number of the model,
# not of a well
HALF_LIFE = 3.33
DEXAMETHASONE = Law(
    "- dex_targets e x, - dex_effectors e y, e = exp(-t ln 2 / 3.33 h)",
    (
        Flow("dex_on_targets", "dex_targets * dex * targets", "death", out_of=TARGETS),
        Flow("dex_on_effectors", "dex_effectors * dex * effectors", "death", out_of=EFFECTORS),
    ),
    (
        Quantity("dex_targets", "1/h", "effect of dexamethasone on targets at the start", "c_0", bound="any"),
        Quantity(
            "dex_effectors", "1/h", "effect of dexamethasone on effectors at the start", "c_3", bound="any"
        ),
        Quantity("dex_level", "1", "dexamethasone left at the start of a round", "e_0"),
        Quantity("dex_loss", "1/h", "decay of dexamethasone", r"\lambda"),
    ),
    {"dex_targets": 0.05, "dex_effectors": 0.01, "dex_level": 1.0, "dex_loss": math.log(2) / HALF_LIFE},
    clocks=(Clock("dex", "dex_level * exp(-dex_loss * time)", "dexamethasone left"),),
)
# set by what was done to a well, never fitted
OF_THE_WELL = ("effectors_0", "targets_0", "exhausted_0", "dex_level", "dex_loss")


@dataclass(frozen=True)
class Named:
    """A combination that has a name: its laws, its source, what to know of it."""

    title: str
    effectors: str
    source: Source
    dexamethasone: bool = False


NAMED = {
    "carrgo": Named("CARRGO: effectors expand on antigen and die", "antigen", SAHOO),
    "exhaustion": Named("effectors grow by themselves and are lost on contact", "contact_loss", KIROUAC),
    "capacity": Named("CARRGO with a capacity of effectors", "capacity", SAHOO),
    "antigen_saturating": Named("CARRGO whose expansion saturates in antigen", "antigen_saturating", SAHOO),
    "reversible_exhaustion": Named("effectors exhausted on contact recover", "reversible", KIROUAC),
    "dexamethasone": Named("CARRGO with dexamethasone", "antigen", BRUMMER, True),
}


def assay_model(name: str = "carrgo", killing: str = "mass_action", growth: str = "logistic") -> Model:
    """The model of a killing assay with this name.

    Parameters
    ----------
    name : str, optional
        What effectors do, a key of NAMED.
    killing : str, optional
        Law of killing, a key of KILLING.
    growth : str, optional
        Law of growth of the targets, a key of GROWTH.

    Raises
    ------
    InputError : a word that is none of these
    """
    for word, given, known in (
        ("assay model", name, NAMED),
        ("law of killing", killing, KILLING),
        ("law of growth", growth, GROWTH),
    ):
        if given not in known:
            raise InputError(unknown(word, given, known))
    named = NAMED[name]
    laws = (
        GROWTH[growth],
        KILLING[killing],
        EFFECTOR[named.effectors],
        *((DEXAMETHASONE,) if named.dexamethasone else ()),
    )
    counted = "effectors + exhausted" if named.effectors == "reversible" else "effectors"
    structure = Structure(
        places=(Place("well"),),
        states=(
            State(
                EFFECTORS,
                "cells",
                "effector cells in the well",
                ("car_t",),
                "well",
                "effectors_0",
                "y",
                log=True,
            ),
            State(
                TARGETS, "cells", "target cells in the well", ("target",), "well", "targets_0", "x", log=True
            ),
            *(state for law in laws for state in law.states),
        ),
        clocks=tuple(clock for law in laws for clock in law.clocks),
        flows=tuple(flow for law in laws for flow in law.flows),
        outputs=(
            Output("effectors_counted", counted, "cells", "effector cells in the well", measured=True),
            Output("targets_counted", "targets", "cells", "target cells in the well", measured=True),
        ),
        quantities=(
            *(quantity for law in laws for quantity in law.quantities),
            Quantity("effectors_0", "cells", "effectors at the start", "y_0", bound="positive"),
            Quantity("targets_0", "cells", "targets at the start", "x_0", bound="positive"),
        ),
        dose_into=TARGETS,
        time_unit="h",
    )
    numbers = {key: value for law in laws for key, value in law.start.items()}
    numbers |= {"effectors_0": 5000.0, "targets_0": 5000.0} | ({"exhausted_0": 0.0} if laws[2].states else {})
    title = f"{named.title}; killing {laws[1].text}; growth {laws[0].text}"
    return Model(
        name=f"assay_{name}", title=title, structure=structure, values=(Values("start", STARTS, numbers),)
    )


def rates_of(model: Model) -> tuple[str, ...]:
    """The quantities of an assay model that a fit looks for: all but what was done to the well."""
    return tuple(q.name for q in model.quantities if q.name not in OF_THE_WELL)


def is_signed(model: Model, rate: str) -> bool:
    """Whether a rate may be negative, and is fitted as it is rather than as its logarithm."""
    return next(q.bound for q in model.quantities if q.name == rate) == "any"
