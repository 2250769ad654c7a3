"""What a fit says of rates: intervals, what is not determined, ratios between groups, and a form that can be
kept."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from livingdrug.assay.fit import AssayFit
from livingdrug.assay.laws import assay_model
from livingdrug.assay.profile import is_weak, profile_ends
from livingdrug.assay.start import limits
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models import Model

LEVEL = 0.95
DETERMINED, AT_MOST, AT_LEAST, OPEN = "determined", "upper end only", "lower end only", "not determined"
VAGUE, VAGUE_SIGNED = 2.0, 0.1  # SE of a logarithm, of a rate per hour: nothing is known of the rate
WIDE = 100.0  # an interval whose ends lie further apart than this factor tells no rate
FORMAT = 1


@dataclass(frozen=True)
class Rate:
    """One rate of one group.

    Attributes
    ----------
    rate, group : str
        Which it is.
    unit : str
        Of the value.
    value, low, high : float
        In `unit`, nan for an end that is open.
    at : float
        The logarithm where `log`, else the value.
    se : float
        Standard error of `at`.
    df : float
        Degrees of freedom of the interval.
    log : bool
        Whether `at` is a logarithm.
    status : str
        One of the words above.
    """

    rate: str
    group: str
    unit: str
    value: float
    low: float
    high: float
    at: float
    se: float
    df: float
    log: bool
    status: str

    @property
    def name(self) -> str:
        """Such as `k_kill C1`."""
        return f"{self.rate} {self.group}".strip()


@dataclass(frozen=True)
class Ratio:
    """A group's rate over that of the control group.

    Attributes
    ----------
    rate, group, control : str
        Which it is.
    ratio, low, high : float
        With its 95 % interval.
    status : str
        As of a rate.
    """

    rate: str
    group: str
    control: str
    ratio: float
    low: float
    high: float
    status: str


@dataclass(frozen=True)
class Estimates:
    """The rates of a fit with their covariance, apart from the plate: all that a ranking or a prediction
    needs.

    Attributes
    ----------
    laws : dict[str, str]
        The words of `assay_model`.
    rates : tuple of Rate
        In the order of `covariance`.
    covariance : ndarray
        Of `at` of the rates.
    pair_df : ndarray
        Degrees of freedom of the difference of two rates' `at`.
    donors : dict[str, float]
        SD between donors of the logarithm of a rate, by rate.
    others : tuple[tuple[str, float, float], ...]
        Further numbers of the fit (name, value, SE).
    errors : tuple[tuple[str, float], ...]
        Numbers of the error model.
    wells, readings : int
        Numbers of wells and of readings that were fitted.
    minus2ll : float
        -2 log likelihood.
    notes : tuple of str
        What the fit said.
    fixed : dict[str, float]
        Rates that were taken as known.
    design : dict
        Typical start, (time, kept, targets) of steps, last time.
    """

    laws: dict[str, str]
    rates: tuple[Rate, ...]
    covariance: np.ndarray
    pair_df: np.ndarray
    donors: dict[str, float]
    others: tuple[tuple[str, float, float], ...]
    errors: tuple[tuple[str, float], ...]
    wells: int
    readings: int
    minus2ll: float
    notes: tuple[str, ...]
    fixed: dict[str, float]
    design: dict

    @cached_property
    def model(self) -> Model:
        """The model."""
        return assay_model(**self.laws)

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups with rates of their own, in order."""
        return tuple(dict.fromkeys(r.group for r in self.rates if r.group))

    def of(self, rate: str, group: str) -> Rate:
        """The rate of a group, or the one that all share."""
        for r in self.rates:
            if r.rate == rate and r.group in (group, ""):
                return r
        raise InputError(unknown("rate", f"{rate} {group}", [r.name for r in self.rates]))

    def position(self, rate: str, group: str) -> int:
        """Where a rate stands."""
        return self.rates.index(self.of(rate, group))

    def table(self):
        """pandas table of the rates."""
        import pandas as pd

        columns = ("rate", "group", "unit", "value", "low", "high", "status", "df")
        frame = pd.DataFrame([asdict(r) for r in self.rates])
        frame["rse_percent"] = [
            100 * r.se if r.log else 100 * r.se / abs(r.value) if r.value else np.nan for r in self.rates
        ]
        return frame[[*columns[:4], "rse_percent", *columns[4:]]]

    def ratios(self, control: str) -> tuple[Ratio, ...]:
        """Each group's rates over the control group's. Raises InputError for an unknown control."""
        if control not in self.groups:
            raise InputError(unknown("control group", control, self.groups))
        return tuple(
            self._ratio(r, self.of(r.rate, control)) for r in self.rates if r.group and r.group != control
        )

    def _ratio(self, own: Rate, control: Rate) -> Ratio:
        from scipy.stats import t

        i, j = self.rates.index(own), self.rates.index(control)
        df, v = self.pair_df[i, j], self.covariance
        both = own.status == control.status == DETERMINED
        status = DETERMINED if both else OPEN
        if own.log:
            middle, se = own.at - control.at, np.sqrt(max(v[i, i] + v[j, j] - 2 * v[i, j], 0.0))
            half = t.ppf(0.5 + LEVEL / 2, df) * se
            low, high = np.exp(middle - half), np.exp(middle + half)
            return Ratio(
                own.rate,
                own.group,
                control.group,
                float(np.exp(middle)) if both else np.nan,
                *((low, high) if both else (np.nan, np.nan)),
                status,
            )
        reach = float(t.ppf(0.5 + LEVEL / 2, df))
        low, high = _fieller(own.at, control.at, v[i, i], v[j, j], v[i, j], reach)
        if not np.isfinite(low):
            status = OPEN
        ratio = own.at / control.at if both and control.at else np.nan
        low, high = (low, high) if both else (np.nan, np.nan)
        return Ratio(own.rate, own.group, control.group, float(ratio), low, high, status)

    def as_json(self) -> str:
        """Text that `estimates_from` reads."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain |= {
            "rates": [asdict(r) for r in self.rates],
            "covariance": self.covariance.tolist(),
            "pair_df": self.pair_df.tolist(),
        }
        return json.dumps({"format": FORMAT, **plain}, indent=1)


def estimates_from(text: str, origin: str) -> Estimates:
    """Estimates that were kept.

    Parameters
    ----------
    text : str
        As `Estimates.as_json` gives it.
    origin : str
        What to call it in messages.

    Returns
    -------
    Estimates

    Raises
    ------
    InputError
        Where the text is none.
    """
    try:
        plain = json.loads(text)
        if plain.pop("format") != FORMAT:
            raise KeyError("format")
        plain["rates"] = tuple(Rate(**r) for r in plain["rates"])
        for name in ("covariance", "pair_df"):
            plain[name] = np.array(plain[name], dtype=float).reshape(len(plain["rates"]), -1)
        for name in ("others", "errors"):
            plain[name] = tuple(tuple(row) for row in plain[name])
        plain["notes"] = tuple(plain["notes"])
        return Estimates(**plain)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"`{origin}` holds no estimates of an assay that this version can read ({error}); fit again"
        ) from None


def _fieller(a: float, b: float, vaa: float, vbb: float, vab: float, t: float) -> tuple[float, float]:
    """Interval of a/b by Fieller's theorem, (nan, nan) where b may be 0."""
    g = t**2 * vbb / b**2 if b else np.inf
    if not g < 1:
        return np.nan, np.nan
    ratio = a / b
    root = vaa - 2 * ratio * vab + ratio**2 * vbb - g * (vaa - vab**2 / vbb if vbb > 0 else vaa)
    middle = ratio - g * vab / vbb if vbb > 0 else ratio
    half = t / abs(b) * np.sqrt(max(root, 0.0))
    return float((middle - half) / (1 - g)), float((middle + half) / (1 - g))


def estimates_of(fit: AssayFit, laws: Mapping[str, str], profiles: bool = True) -> Estimates:
    """The rates of a fit with intervals.

    Parameters
    ----------
    fit : AssayFit
        A fitted assay.
    laws : mapping of str to str
        The words of `assay_model` that made its model.
    profiles : bool
        Whether the intervals of rates that are poorly known come from their profile likelihood; False leaves
        them without an interval.
    """
    at = fit.rates()
    units = {q.name: q.unit for q in fit.plan.model.quantities}
    u, n = fit.uncertainty, len(fit.layout.columns)
    eye = np.eye(n)
    rates = tuple(_rate(fit, j, units, u.df(eye[j]), profiles) for j in at)
    pair = np.full((len(at), len(at)), 1e6)
    for a in range(len(at)):
        for b in range(a):
            if rates[a].rate == rates[b].rate:
                pair[a, b] = pair[b, a] = u.df(eye[at[a]] - eye[at[b]])
    others = tuple(
        (c.name, float(fit.point.columns[j]), float(np.sqrt(u.covariance[j, j])))
        for j, c in enumerate(fit.layout.columns)
        if j not in at and c.rate != "targets_0"
    )
    named = {v.name: float(np.exp(x)) for v, x in zip(fit.errors.variances, fit.numbers, strict=True)}
    donors = {
        rate: named[f"between donor {rate}"]
        for rate in {r.rate for r in rates}
        if f"between donor {rate}" in named
    }
    return Estimates(
        laws=dict(laws),
        rates=rates,
        covariance=u.covariance[np.ix_(at, at)],
        pair_df=pair,
        donors=donors,
        others=others,
        errors=tuple(named.items()),
        wells=fit.seen.n,
        readings=len(fit.seen.y),
        minus2ll=float(fit.minus2ll()),
        notes=fit.notes,
        fixed=dict(fit.plan.fixed),
        design=_design(fit),
    )


def _rate(fit: AssayFit, j: int, units: dict[str, str], df: float, profiles: bool) -> Rate:
    from scipy.stats import t

    column, at = fit.layout.columns[j], float(fit.point.columns[j])
    se = float(np.sqrt(max(fit.uncertainty.covariance[j, j], 0.0)))
    reach = float(t.ppf(0.5 + LEVEL / 2, df))
    low, high = at - reach * se, at + reach * se
    lost = _lost(fit, column.group)
    if lost or is_weak(fit, j):
        ends = profile_ends(fit, j, reach**2) if profiles and not lost else None
        low, high = (ends.low, ends.high) if ends else (-np.inf, np.inf)
    status = _status(low, high, column.log)
    name, group, unit = column.rate, column.group, units.get(column.rate, "1")
    if column.shown:
        name, group, unit = column.shown.name, "", column.shown.unit
        at, low, high = (x + column.shown.shift for x in (at, low, high))
    back = np.exp if column.log else (lambda x: x)
    low, high = (float(back(x)) if np.isfinite(x) else np.nan for x in (low, high))
    return Rate(name, group, unit, float(back(at)), low, high, at, se, df, column.log, status)


def _lost(fit: AssayFit, group: str) -> bool:
    """Whether rates of a group stand in for each other: one is hidden by others or ran to the highest value
    that is looked for, or two are known to no power of ten. Then no interval of any rate of the group means
    anything."""
    if fit.torn:
        return True
    mine = [k for k in fit.rates() if fit.layout.columns[k].group == group]
    low, high = limits(fit.layout)
    unknown_ones = 0
    for k in mine:
        at, log = fit.point.columns[k], fit.layout.columns[k].log
        se = np.sqrt(max(fit.uncertainty.covariance[k, k], 0.0))
        at_end = at > high[k] - 1e-3 or (not log and at < low[k] + 1e-3)
        if fit.uncertainty.hidden[k] or at_end:
            return True
        unknown_ones += se > (VAGUE if log else VAGUE_SIGNED)
    return unknown_ones > 1 or (bool(mine) and not fit.ended and unknown_ones > 0)


def _status(low: float, high: float, log: bool) -> str:
    if np.isfinite(low) and np.isfinite(high):
        return OPEN if log and high - low > np.log(WIDE) else DETERMINED
    return AT_MOST if np.isfinite(high) else AT_LEAST if np.isfinite(low) else OPEN


def _design(fit: AssayFit) -> dict:
    """The typical sample well: cells at the start, what was done, the last reading."""
    seen = fit.seen
    sample = np.flatnonzero(seen.column("role") == "sample")
    if not len(sample):
        sample = np.arange(seen.n)
    w = max(sample, key=lambda i: len(seen.steps[i].time))
    steps = seen.steps[w]
    last = max(float(times[-1]) for times in seen.times)
    return {
        "effectors": float(np.median(seen.start[sample, 0])),
        "targets": float(np.median(seen.start[sample, 1])),
        "steps": [
            [float(t), float(k), float(x)]
            for t, k, x in zip(steps.time, steps.kept, steps.targets, strict=True)
        ],
        "until": last,
    }
