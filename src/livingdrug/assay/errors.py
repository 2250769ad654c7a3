"""How readings of one well err together: independent errors, errors that last, and wells that differ as a
whole.

The residuals of one channel of a well have the covariance

    s_i s_j [white^2 (i = j) + lasting^2 exp(-|t_i - t_j| / memory)]

(white noise and an Ornstein-Uhlenbeck process); s is 1 where errors are of logarithms, else the size of the
reading. Readings of an impedance instrument every 15 minutes err almost as a random walk: taken as
independent they would state errors 6 to 50 times too small. Wells differ further by the cells that were
seeded. All SDs and the memory are estimated by restricted maximum likelihood."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from livingdrug.assay.observed import ABOVE, FLOOR, MEASURED, Observed
from livingdrug.assay.plan import ALIKE, AT_START, NEAR, RANDOM, Layout

WHITE, LASTING, MEMORY, WELL, GROUP = "independent error", "lasting error", "memory", "well", "group"
PRIOR_SD = 1.5  # of the logarithm of an SD or a memory: a factor of 20 either way
STATED = 0.05  # the same of an SD that is stated rather than looked for
DENSE = 6  # readings of a well from which an error that lasts can be told from one that does not
EMPTY = 1e8  # variance of a reading that says nothing: one far below its limit where far less is expected


@dataclass(frozen=True)
class Variance:
    """One number of the error model, looked for as its logarithm. what: one of WHITE, LASTING, MEMORY (h),
    WELL, GROUP; of: the channel, what wells differ in, or the component of random effects."""

    what: str
    of: str
    start: float
    low: float
    high: float
    prior: float = PRIOR_SD

    @property
    def name(self) -> str:
        """Such as `independent error of targets`."""
        return {WELL: f"{self.of} seeded, between wells", GROUP: f"between {self.of}"}.get(
            self.what, f"{self.what} of {self.of}"
        )


@dataclass(frozen=True)
class Blocks:
    """Readings of each well side by side: row (wells, most) is a position in the readings, -1 beyond a well's
    last one."""

    row: np.ndarray

    @property
    def there(self) -> np.ndarray:
        """Which places hold a reading."""
        return self.row >= 0

    def of(self, values: np.ndarray, empty: float = 0.0) -> np.ndarray:
        """Values of readings, (wells, most, ...)."""
        found = values[np.maximum(self.row, 0)]
        return np.where(self.there.reshape(self.there.shape + (1,) * (found.ndim - 2)), found, empty)


def blocks_of(well: np.ndarray, wells: int) -> Blocks:
    """Side by side; `well` is in order."""
    counts = np.bincount(well, minlength=wells)
    row = np.full((wells, counts.max()), -1)
    first = np.cumsum(counts) - counts
    row[well, np.arange(len(well)) - first[well]] = np.arange(len(well))
    return Blocks(row)


@dataclass(frozen=True)
class Errors:
    """The error model of a fit; everything per reading has shape (rows,)."""

    seen: Observed
    layout: Layout
    variances: tuple[Variance, ...]

    @cached_property
    def blocks(self) -> Blocks:
        """Readings by well."""
        return blocks_of(self.seen.well, self.seen.n)

    @property
    def given(self) -> bool:
        """Whether the SDs that the file states are taken, up to one factor."""
        return self.layout.plan.errors == "given"

    @property
    def components(self) -> list[str]:
        """Names of the error model's numbers."""
        return [v.name for v in self.variances]

    def find(self, what: str, of: str) -> int:
        """Position of a number, -1 where it is not part of the model."""
        keys = [(v.what, v.of) for v in self.variances]
        return keys.index((what, of)) if (what, of) in keys else -1

    @cached_property
    def counts(self) -> np.ndarray:
        """Which channels count cells, (channels,)."""
        return np.array([c.logs and c.known for c in self.seen.channels])

    @cached_property
    def exact(self) -> np.ndarray:
        """Which readings are negative binomial counts, (rows,)."""
        measured = self.seen.kind == MEASURED
        return measured & self.counts[self.seen.channel] & (self.seen.exact and not self.given)

    @cached_property
    def gaps(self) -> np.ndarray:
        """|t_i - t_j| within a well, inf between channels and for censored readings, (wells, most, most)."""
        b, s = self.blocks, self.seen
        time, channel = b.of(s.time), b.of(s.channel, -1)
        counts = b.there & (b.of(s.kind, 2) == MEASURED)
        same = (channel[:, :, None] == channel[:, None, :]) & counts[:, :, None] & counts[:, None, :]
        return np.where(same, np.abs(time[:, :, None] - time[:, None, :]), np.inf)

    def size(self, level: np.ndarray, logs: np.ndarray) -> np.ndarray:
        """s of each reading at an expected level."""
        if self.given:
            return np.maximum(self.seen.sd, 1e-12)
        size = np.ones(len(level))
        for k in range(len(self.seen.channels)):
            mine = (self.seen.channel == k) & ~logs
            if mine.any():
                largest = np.abs(self.seen.y[mine & (self.seen.kind == MEASURED)]).max(initial=1e-12)
                size[mine] = np.sqrt(level[mine] ** 2 + (FLOOR * largest) ** 2)
        return size

    def counting(self, level: np.ndarray) -> np.ndarray:
        """Variance of the logarithm of a count that comes from the cells that were counted alone, (rows,).

        With the SD of independent errors it is the variance of a negative binomial count over its mean
        squared, 1 / (cells counted) + SD^2."""
        s = self.seen
        counts = self.counts[s.channel]
        if not s.counted > 0 or self.given:
            return np.zeros(len(level))
        return np.where(counts, np.exp(-np.clip(level, -50, 50)) / s.counted, 0.0)

    def residual_sd(self, numbers: np.ndarray) -> np.ndarray:
        """SD of each reading in units of s, all errors of the reading together. numbers: logarithms of the
        variances."""
        total = np.zeros(len(self.seen.y))
        for k, channel in enumerate(self.seen.channels):
            for what in (WHITE, LASTING):
                i = self.find(what, channel.quantity)
                if i >= 0:
                    total[self.seen.channel == k] += np.exp(2 * numbers[i])
        return np.sqrt(total)

    def covariance(self, numbers: np.ndarray, size: np.ndarray, extra: np.ndarray) -> np.ndarray:
        """Covariance of the residuals of each well, (wells, most, most). extra (rows,): variance of a
        censored reading."""
        b, s = self.blocks, self.seen
        scale = b.of(size)
        total = np.zeros((s.n, b.row.shape[1], b.row.shape[1]))
        diagonal = np.where(b.there, 0.0, 1.0)
        channel = b.of(s.channel, -1)
        measured = b.there & (b.of(s.kind, 2) == MEASURED)
        for k, kind in enumerate(s.channels):
            mine = measured & (channel == k)
            white, lasting = self.find(WHITE, kind.quantity), self.find(LASTING, kind.quantity)
            diagonal += np.where(mine, np.exp(2 * numbers[white]) * scale**2, 0.0)
            if lasting >= 0:
                total += self.lasting(numbers, k, scale, mine)
        diagonal += np.where(b.there, b.of(extra), 0.0)
        i = np.arange(b.row.shape[1])
        total[:, i, i] += diagonal
        return total

    def lasting(self, numbers: np.ndarray, k: int, scale: np.ndarray, mine: np.ndarray) -> np.ndarray:
        """Covariance of the errors that last in one channel."""
        quantity = self.seen.channels[k].quantity
        size, memory = (
            np.exp(numbers[self.find(LASTING, quantity)]),
            np.exp(numbers[self.find(MEMORY, quantity)]),
        )
        part = size**2 * np.exp(-self.gaps / memory)
        part *= np.where(mine, scale, 0.0)[:, :, None]
        part *= np.where(mine, scale, 0.0)[:, None, :]
        return part

    def slopes(self, numbers: np.ndarray, size: np.ndarray, by_well: np.ndarray):
        """Each number's derivative of the covariance of a well's readings by its logarithm: (position,
        array), where the array is (wells, most) for a diagonal, else (wells, most, most)."""
        b, s = self.blocks, self.seen
        scale, channel = b.of(size), b.of(s.channel, -1)
        measured = b.there & (b.of(s.kind, 2) == MEASURED)
        for i, v in enumerate(self.variances):
            if v.what == WHITE:
                k = [c.quantity for c in s.channels].index(v.of)
                yield i, np.where(measured & (channel == k), 2 * np.exp(2 * numbers[i]) * scale**2, 0.0)
            elif v.what in (LASTING, MEMORY):
                k = [c.quantity for c in s.channels].index(v.of)
                part = self.lasting(numbers, k, scale, measured & (channel == k))
                if v.what == LASTING:
                    yield i, 2 * part
                else:
                    with np.errstate(invalid="ignore"):
                        yield i, np.where(np.isfinite(self.gaps), self.gaps / np.exp(numbers[i]), 0.0) * part
            elif v.what == WELL:
                own = b.of(by_well[:, 0 if v.of == "effectors" else 1])
                yield i, 2 * np.exp(2 * numbers[i]) * own[:, :, None] * own[:, None, :]


def inverted(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Inverses of the covariances (wells, n, n) and their log determinants (wells,); None where one has
    none."""
    diagonal = np.einsum("wii->wi", covariance)
    if np.count_nonzero(covariance) == np.count_nonzero(
        diagonal
    ):  # independent readings, as many as there may be
        if not (diagonal > 0).all():
            return None
        inverse = np.zeros_like(covariance)
        np.einsum("wii->wi", inverse)[:] = 1 / diagonal
        return inverse, np.log(diagonal).sum(axis=1)
    try:
        half = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return None
    return np.linalg.inv(covariance), 2 * np.log(np.einsum("wii->wi", half)).sum(axis=1)


def errors_of(seen: Observed, layout: Layout) -> Errors:
    """The error model of a plan."""
    found: list[Variance] = []
    kind = layout.plan.errors
    for k, channel in enumerate(seen.channels):
        mine = (seen.channel == k) & (seen.kind == MEASURED)
        start = 0.15 if channel.logs else 0.03
        if kind == "given":
            bad = mine & ~(seen.sd > 0)
            if bad.any():
                from livingdrug.core.errors import InputError

                where = seen.names[seen.well[np.flatnonzero(bad)[0]]]
                raise InputError(
                    f"well {where}: a reading has no SD in the file, so its errors cannot be taken from "
                    "there (--errors)"
                )
            found.append(Variance(WHITE, channel.quantity, 1.0, 1e-3, 1e3))
            continue
        found.append(Variance(WHITE, channel.quantity, start, 1e-4, 5.0))
        span = np.ptp(seen.time[mine]) if mine.any() else 0.0
        if (
            kind == "correlated"
            and mine.any()
            and not (seen.exact and channel.logs and channel.known)
            and np.median(np.bincount(seen.well[mine])[np.unique(seen.well[mine])]) >= DENSE
            and span > 0
        ):
            found.append(Variance(LASTING, channel.quantity, start / 2, 1e-4, 5.0))
            gap = max(np.median(np.diff(np.unique(seen.time[mine]))), span / 1000)
            found.append(Variance(MEMORY, channel.quantity, span / 4, gap, 20 * span))
    found += [
        Variance(WELL, name, 0.05, 1e-3, 2.0)
        for name, there in zip(("effectors", "targets"), layout.wells_differ, strict=True)
        if there
    ]
    stated = {ALIKE: layout.plan.seeding, AT_START: NEAR}
    for name in layout.components:
        of = (stated[name], 1e-4, 3.0, STATED) if name in stated else (0.1, 1e-3, 3.0)
        found.append(Variance(GROUP, name, *of))
    return Errors(seen, layout, tuple(found))


def working(
    errors: Errors, numbers: np.ndarray, level: np.ndarray, logs: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(residual, variance beyond the error model's, -2 log probability) of each reading at its expected
    level.

    A measured reading has the residual y - level, and the variance of counting. A censored one counts by the
    probability that it lies beyond its limit; near a point this is a reading with a residual and a variance
    of its own."""
    seen, extra = errors.seen, errors.counting(level)
    sd = np.sqrt((errors.residual_sd(numbers) * size) ** 2 + extra)
    residual, extra, loss = censored(seen, level, logs, sd, extra)
    own = errors.exact
    if own.any():
        # scoring: (n - mean) / mean has the variance 1 / mean + SD^2, and its weighted slope is that of the
        # likelihood
        mean, n = seen.counted * np.exp(np.clip(level[own], -50, 50)), np.round(seen.counted * seen.y[own])
        residual[own] = n / mean - 1
        loss[own] = negative_binomial(n, mean, errors.residual_sd(numbers)[own] ** 2)
    return residual, extra, loss


def negative_binomial(n: np.ndarray, mean: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """-2 log probability of counts with this mean and variance mean + dispersion mean^2."""
    from scipy.special import gammaln

    k = 1 / np.maximum(dispersion, 1e-8)
    log_p = (
        gammaln(n + k)
        - gammaln(k)
        - gammaln(n + 1)
        - k * np.log1p(mean / k)
        + n * (np.log(mean) - np.log(k + mean))
    )
    return -2 * log_p


def censored(
    seen: Observed, level: np.ndarray, logs: np.ndarray, sd: np.ndarray, extra: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for readings with these SDs; extra (rows,): variance of measured readings beyond the error
    model's."""
    from scipy.special import log_ndtr

    y = np.where(logs, np.log(np.where(seen.y > 0, seen.y, 1.0)), seen.y)
    residual, extra, loss = y - level, extra.copy(), np.zeros(len(y))
    beyond = np.flatnonzero(seen.kind != MEASURED)
    if len(beyond):
        side = np.where(seen.kind[beyond] == ABOVE, -1.0, 1.0)
        z = side * residual[beyond] / sd[beyond]
        log_p = log_ndtr(z)
        ratio = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_p)  # density over probability
        slope, bend = side * -ratio / sd[beyond], ratio * (z + ratio) / sd[beyond] ** 2
        small = bend < 1 / EMPTY
        extra[beyond] = np.where(small, EMPTY, 1 / np.maximum(bend, 1 / EMPTY))
        residual[beyond] = np.where(small, 0.0, slope * extra[beyond])
        loss[beyond] = -2 * log_p
    return residual, extra, loss


def prior_precision(errors: Errors, numbers: np.ndarray) -> np.ndarray:
    """Precision of each column's prior: of random effects by their component, 0 for fixed effects,
    (columns,)."""
    found = np.zeros(len(errors.layout.columns))
    for j, column in enumerate(errors.layout.columns):
        if column.kind == RANDOM:
            found[j] = np.exp(-2 * numbers[errors.find(GROUP, column.component)])
    return found
