"""What a population has to look like: published distributions of exposures, and rates of response."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from livingdrug.core.errors import InputError, UnitError, printable
from livingdrug.core.names import unknown
from livingdrug.core.toml import parse_toml
from livingdrug.core.units import conversion
from livingdrug.models import Model
from livingdrug.products import ExposureFact, exposure_facts, find_product, published_spread
from livingdrug.simulation import check_outputs

EXPOSURES = {"CMAX": "CMAX", "TMAX": "TMAX", "AUC28": "AUC", "XCMAX": "XCMAX", "XTMAX": "XTMAX"}
RESPONSE = "response"
# percentiles that stand for a log-normal distribution
LOGNORMAL = (5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0)
PERCENTILES = {f"p{level}": float(level) for level in (1, 5, 10, 20, 25, 30, 40, 60, 70, 75, 80, 90, 95, 99)}
SUMMARIES = (("geometric_mean", "geometric_cv_percent"), ("mean", "sd"))
# behind a target that does not say how many (ours): as many as a registration trial treats; it sets how near the
# population has to come, so that a target should state its own
PATIENTS = 100
KEYS = (
    "exposure", "output", "unit", "n", "source", "median", "min", "max", *PERCENTILES, "geometric_mean",
    "geometric_cv_percent", "mean", "sd", "rate", "day", "below",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A published distribution.

    Attributes
    ----------
    exposure : str
        CMAX, TMAX, AUC28, XCMAX, XTMAX, or `response`.
    output : str
        Of the model.
    unit : str
        Of the values, that of the model's exposure.
    levels : tuple of float
        Percentiles (0 to 100) and the values there, both rising.
    values : tuple of float (k,)
        Percentiles (0 to 100) and the values there, both rising.
    n : int
        Patients behind it.
    source : str
        Where it is from.
    day, below : float
        Of a response, that the output is at most this part of its level at time 0 on this day.
    rate : float
        How often a response happens, NaN for exposures.
    """

    exposure: str
    output: str
    unit: str
    levels: tuple[float, ...]
    values: tuple[float, ...]
    n: int
    source: str
    day: float = 0.0
    below: float = 0.0
    rate: float = math.nan

    @property
    def name(self) -> str:
        """What it is, in words."""
        if self.exposure == RESPONSE:
            return f"response: {self.output} on day {self.day:g} at most {self.below:g} of its start"
        return f"{self.exposure} of {self.output}"

    @property
    def wanted(self) -> np.ndarray:
        """Parts of the population at or below each value (or with a response), shape (k,)."""
        return np.array([self.rate]) if self.exposure == RESPONSE else np.array(self.levels) / 100.0

    def held(self, values: np.ndarray) -> np.ndarray:
        """Whether each candidate is at or below each value (or responds), shape (n, k)."""
        return values[:, None] > 0.5 if self.exposure == RESPONSE else values[:, None] <= np.array(self.values)


def read_targets(text: str, origin: str, model: Model) -> tuple[Target, ...]:
    """The targets in a TOML text.

    Parameters
    ----------
    text : str
        `[[targets]]` tables, see docs/population.md.
    origin : str
        What to call it in messages.
    model : Model
        Whose outputs they are on.

    Returns
    -------
    tuple of Target

    Raises
    ------
    InputError
        In one sentence for a key, number, unit or output that cannot be, and for targets that contradict each other.
    """
    data = parse_toml(text, origin)
    entries = data.get("targets")
    if not isinstance(entries, list) or not entries or set(data) != {"targets"}:
        raise InputError(f"`{printable(origin)}` holds no list of targets; write [[targets]] tables and nothing else")
    found = []
    for i, entry in enumerate(entries, start=1):
        where = f"{printable(origin)}, target {i}"
        if not isinstance(entry, dict):
            raise InputError(f"{where}: expected a table with `exposure` and numbers")
        found.append(_target(entry, where, model))
    return _apart(found)


def targets_text(targets: Sequence[Target]) -> str:
    """Targets as the TOML text that `read_targets` reads.

    Parameters
    ----------
    targets : sequence of Target
        In any number.

    Returns
    -------
    str
    """
    return "\n".join(map(_table, targets))


def _table(target: Target) -> str:
    lines = ["[[targets]]", f'exposure = "{target.exposure}"', f'output = "{target.output}"']
    if target.exposure == RESPONSE:
        lines += [f"{name} = {getattr(target, name)!r}" for name in ("day", "below", "rate")]
    else:
        names = {50.0: "median", **{level: key for key, level in PERCENTILES.items()}}
        lines.append(f'unit = "{target.unit}"')
        for level, value in zip(target.levels, target.values, strict=True):
            lines.append(f"{names.get(level) or ('min' if level < 50 else 'max')} = {value!r}")
    source = target.source.replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join([*lines, f"n = {target.n}", f'source = "{source}"', ""])


def _apart(found: list[Target]) -> tuple[Target, ...]:
    names = [target.name for target in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name} has two targets, which may contradict each other; give all numbers in one")
    return tuple(found)


def _target(entry: Mapping[str, Any], where: str, model: Model) -> Target:
    for key in entry:
        if key not in KEYS:
            raise InputError(f"{where}: " + unknown("key", printable(str(key))[:60], KEYS))
    exposure = entry.get("exposure")
    if exposure not in (*EXPOSURES, RESPONSE):
        raise InputError(f"{where}: " + unknown("exposure", printable(str(exposure))[:60], (*EXPOSURES, RESPONSE)))
    where = f"{where} ({exposure})"
    n = _number(entry, "n", where, PATIENTS)
    if n < 1 or n != int(n):
        raise InputError(f"{where}: n is {n:g}; it is a whole number of patients, at least 1")
    output = _text(entry, "output", where) or _measured(model)
    unit = check_outputs(model, [output])[1][0]
    common = {"n": int(n), "source": _text(entry, "source", where) or "no source stated"}
    if exposure == RESPONSE:
        return _response(entry, where, output, common)
    wrong = [key for key in ("rate", "day", "below") if key in entry]
    if wrong:
        raise InputError(f"{where}: `{wrong[0]}` belongs to a target of exposure = \"response\"; leave it out")
    unit = exposure_unit(str(exposure), unit)
    points = _points(entry, where, int(n), "n" in entry)
    factor = _factor(_text(entry, "unit", where), unit, where)
    levels, values = zip(*sorted(points.items()), strict=True)
    for (a, x), (b, y) in zip(sorted(points.items()), sorted(points.items())[1:], strict=False):
        if x > y:
            raise InputError(
                f"{where}: {_called(entry, a)} is {x:g}, above {_called(entry, b)} {y:g}: no distribution has both; "
                "correct one of them"
            )
    if not all(math.isfinite(v) and v > 0 for v in values):
        raise InputError(f"{where}: an exposure is finite and above 0; correct {min(values):g}")
    return Target(str(exposure), output, unit, levels, tuple(v * factor for v in values), **common)


def _called(entry: Mapping[str, Any], level: float) -> str:
    if level == 50.0:
        return "median"
    return "min" if level < 50 and "min" in entry and f"p{level:g}" not in entry else (
        "max" if level > 50 and "max" in entry and f"p{level:g}" not in entry else f"p{level:g}")  # fmt: skip


def _points(entry: Mapping[str, Any], where: str, n: int, stated: bool) -> dict[float, float]:
    """Percentile -> value."""
    points = {level: _number(entry, key, where) for key, level in PERCENTILES.items() if key in entry}
    if "median" in entry:
        points[50.0] = _number(entry, "median", where)
    ends = [key for key in ("min", "max") if key in entry]
    if len(ends) == 2 and _number(entry, "min", where) > _number(entry, "max", where):
        low, high = (_number(entry, key, where) for key in ("min", "max"))
        raise InputError(f"{where}: min is {low:g} and max is {high:g}; the lowest value cannot be above the highest")
    if ends and not stated:
        raise InputError(f"{where}: a range says something only with the number of patients; add `n`")
    for key in ends:
        # the lowest of n lies at 1/(n + 1) of the population on average, the highest at n/(n + 1)
        points[100.0 / (n + 1) if key == "min" else 100.0 * n / (n + 1)] = _number(entry, key, where)
    given = [pair for pair in SUMMARIES if any(key in entry for key in pair)]
    if len(given) + bool(points) != 1:
        raise InputError(
            f"{where}: give either percentiles (median, p10, p90, min, max ...), or geometric_mean with "
            "geometric_cv_percent, or mean with sd"
        )
    return points or _lognormal(entry, given[0], where)


def _lognormal(entry: Mapping[str, Any], pair: tuple[str, str], where: str) -> dict[float, float]:
    for key in pair:
        if key not in entry:
            raise InputError(f"{where}: `{pair[0]}` and `{pair[1]}` come together; add `{key}`")
    center, width = (_number(entry, key, where) for key in pair)
    if not (center > 0 and width > 0):
        raise InputError(f"{where}: `{pair[0]}` and `{pair[1]}` must be above 0")
    cv = width / 100.0 if pair[0] == "geometric_mean" else width / center
    sd = math.sqrt(math.log1p(cv**2))
    return lognormal_points(center if pair[0] == "geometric_mean" else center * math.exp(-(sd**2) / 2), sd)


def lognormal_points(median: float, sd: float) -> dict[float, float]:
    """Percentiles of a log-normal distribution; sd: of the logarithm."""
    from scipy.special import ndtri

    return {level: float(median * np.exp(sd * ndtri(level / 100.0))) for level in LOGNORMAL}


def _response(entry: Mapping[str, Any], where: str, output: str, common: dict) -> Target:
    wrong = [key for key in entry if key not in ("exposure", "output", "n", "source", "rate", "day", "below")]
    if wrong:
        raise InputError(f"{where}: a response has `rate`, `day` and `below`; leave out `{wrong[0]}`")
    missing = [key for key in ("output", "rate", "day", "below") if key not in entry]
    if missing:
        raise InputError(
            f"{where}: `{missing[0]}` is missing; a response is that `output` on `day` is at most `below` (a part, such "
            "as 0.5) of its level at time 0, in a part `rate` of the patients"
        )
    rate, day, below = (_number(entry, key, where) for key in ("rate", "day", "below"))
    if not (0 < rate < 1 and day > 0 and 0 < below):
        raise InputError(f"{where}: rate must lie between 0 and 1, day and below above 0")
    return Target(RESPONSE, output, "1", (), (), day=day, below=below, rate=rate, **common)


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise InputError(f"{where}: `{key}` is {value!r:.60}; write text in quotes")
    return value


def _number(entry: Mapping[str, Any], key: str, where: str, default: float = math.nan) -> float:
    value = entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or (key in entry and not math.isfinite(value)):
        raise InputError(f"{where}: `{key}` is {value!r:.60}; it must be a finite number")
    return float(value)


def _measured(model: Model) -> str:
    outputs = model.system.outputs
    return next((o.name for o in outputs if o.measured), outputs[0].name)


def exposure_unit(exposure: str, unit: str) -> str:
    """Unit of an exposure of an output with this unit."""
    return {"TMAX": "d", "XTMAX": "d", "AUC28": f"d*{unit}"}.get(exposure, unit)


def _factor(given: str, wanted: str, where: str) -> float:
    if not given:
        raise InputError(f"{where}: `unit` is missing; the model's own is {wanted}")
    try:
        factor = conversion(given, wanted)
    except UnitError as error:
        raise InputError(f"{where}: {error}") from None
    if factor is None:
        raise InputError(
            f"{where}: {given} does not convert to {wanted}, the unit of the model; give the target in {wanted}, or "
            "match a model in that unit"
        )
    return float(factor)


def of_product(name: str, model: Model, group: str | None = None) -> tuple[Target, ...]:
    """Published CMAX, TMAX and AUC28 of a product as targets for the measured output.

    Parameters
    ----------
    name : str
        Product, trade name or abbreviation, as in `livingdrug compare`.
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    group : str, optional
        Which of the published groups, a part of its name; needed where there are several.

    Raises
    ------
    InputError
        For an unknown product or group, more than one group, or a unit that does not convert.
    """
    product, output = find_product(name), _measured(model)
    unit = check_outputs(model, [output])[1][0]
    groups = published_groups(product)
    chosen = [label for label in groups if group is None or group.lower() in label.lower()]
    exact = [label for label in chosen if group is not None and label.lower() == group.lower()]
    chosen = exact or chosen
    if len(chosen) != 1:
        what = "none has" if not chosen else f"{len(chosen)} have"
        raise InputError(
            f"`{product}` is published for {len(groups)} groups, of which {what} "
            + ("a distribution" if group is None else f"`{printable(group)[:60]}` in the name")
            + f"; name one with --group: {'; '.join(chosen or groups)}"
        )
    found = {}
    for fact in groups[chosen[0]]:
        where = f"{product}, {fact.group} ({fact.parameter})"
        factor = _factor(fact.unit, exposure_unit(fact.parameter, unit), where)
        levels, values = zip(*sorted(_of_fact(fact, where).items()), strict=True)
        n = int(fact.n) if fact.n.isdigit() else PATIENTS
        found[fact.parameter] = Target(
            fact.parameter, output, exposure_unit(fact.parameter, unit), levels,
            tuple(v * factor for v in values), n, f"{fact.parameter} {fact.printed} {fact.unit}, {fact.source}",
        )  # fmt: skip
    return tuple(found.values())


def published_groups(name: str) -> dict[str, list[ExposureFact]]:
    """Groups of patients of a product whose exposures can be targets.

    Parameters
    ----------
    name : str
        Product, trade name or abbreviation.

    Returns
    -------
    dict of str to list of ExposureFact
        By the name of the group, in the order of the table.

    Raises
    ------
    InputError
        For an unknown product.
    """
    product = find_product(name)
    groups: dict[str, list[ExposureFact]] = {}
    for fact in exposure_facts():
        if fact.product == product and fact.parameter in EXPOSURES and _usable(fact):
            groups.setdefault(fact.group, []).append(fact)
    return groups


def _usable(fact: ExposureFact) -> bool:
    """Whether more than its middle is published."""
    return fact.value is not None and (fact.log_sd is not None or (fact.statistic == "median" and fact.n.isdigit()))


def _of_fact(fact: ExposureFact, where: str) -> dict[float, float]:
    if fact.log_sd is not None and fact.statistic in ("geometric mean", "mean"):
        spread = published_spread(fact)
        return lognormal_points(spread.median, spread.log_sd)
    entry: dict[str, Any] = {"median": fact.value, "n": int(fact.n)}
    if fact.spread_type == "range":
        low, high = (float(end) for end in fact.spread.split("-"))
        entry |= {"min": low, "max": high}
    return _points(entry, where, int(fact.n), True)
