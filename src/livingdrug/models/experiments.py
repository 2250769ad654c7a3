"""Published dosing plans, and published numbers that a model must reproduce in them."""

from dataclasses import dataclass, field

from livingdrug.core.sources import Source


@dataclass(frozen=True)
class Experiment:
    """A dosing plan that was published or that serves as example; the first one of a model is its default.

    Attributes
    ----------
    name : str
        By which it is chosen.
    doses : tuple[tuple[float, float], ...]
        (time, amount) pairs, in the model's time unit and the unit of the dosed state.
    until : float
        Horizon, in the model's time unit.
    changes : dict[str, float]
        Quantity -> its value in this experiment.
    given : tuple of str
        Doses that are more than that (infusions, other states), in the words of `--dose`.
    vector : str
        The published vector it belongs to (the default one where empty).
    """

    name: str
    doses: tuple[tuple[float, float], ...]
    until: float
    changes: dict[str, float] = field(default_factory=dict, hash=False)
    given: tuple[str, ...] = ()
    vector: str = ""


@dataclass(frozen=True)
class Anchor:
    """A number that the model must reproduce: of an expression of quantities, or a metric of an output in an
    experiment.

    Attributes
    ----------
    name : str
        Of the anchor.
    value : float
        The published number.
    unit : str
        Unit of the published number.
    rtol : float
        Relative difference that is allowed.
    source : Source
        Where it is from.
    expression : str
        Of quantities; empty for a metric.
    output : str
        Of which the metric is.
    quantity : str
        CMAX, TMAX, AUC, or the value at a time as `C7`.
    experiment : str
        Name of the experiment; the first one where it is empty.
    after : float
        The time before it is left out.
    until : float
        Shortens the experiment.
    every : float
        The published number is the highest on a grid with this step rather than of the continuous curve.
    """

    name: str
    value: float
    unit: str
    rtol: float
    source: Source
    expression: str = ""
    output: str = ""
    quantity: str = ""
    experiment: str = ""
    after: float = 0.0
    until: float = 0.0
    every: float = 0.0
