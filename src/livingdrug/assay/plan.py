"""What a fit of an assay looks for: which rate differs between which wells, and how, as columns of one
vector.

A rate of a well is `exp(fixed effect + random effects + covariates)`, or for a rate that may be negative
`fixed effect * exp(random effects + covariates)`.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.assay.asked_of_plate import AssayPlan, growth_rates
from livingdrug.assay.effects import INHIBITION, Factor, Shown, doses
from livingdrug.assay.laws import is_signed, rates_of
from livingdrug.assay.observed import EARLY, Observed
from livingdrug.core.errors import InputError

FIXED, RANDOM = "fixed effect", "random effect"
SEEDED, SCALE = "effectors_0", "reading_scale"
FEWEST = 4  # wells on either side, below which an edge effect is not looked for
ALIKE = "all effectors seeded"
AT_START, NEAR = (
    "targets at the start",
    0.2,
)  # SD of the logarithm around the first reading, where wells are few
MIXED = "wells with different treatments"
FEW = 8  # wells, below which a spread of seeding is not estimated


@dataclass(frozen=True)
class Column:
    """One number that is looked for. rate: what it acts on; group: whose; log: it is a logarithm; kind: FIXED
    or RANDOM; component: of variance, for a random effect; covariate: it moves a rate of some wells rather
    than being one; shown: its name and unit where it is a number of interest all the same."""

    rate: str
    group: str
    log: bool
    kind: str = FIXED
    component: str = ""
    covariate: bool = False
    shown: Shown | None = None

    @property
    def name(self) -> str:
        """Such as `k_kill C1`, `growth (edge)`."""
        whose = self.group
        if self.kind == RANDOM or self.covariate:
            of = self.component.partition(" ")[0]
            whose = f"({of} {self.group})" if of in ("donor", "plate") else f"({self.group})"
        text = f"{self.rate} {whose}"
        return text.strip()


@dataclass(frozen=True)
class Layout:
    """Columns, and how they reach the wells.

    main: rate -> column of each well (wells,), -1 where none; factors: rate (SEEDED, "targets_0", SCALE and
    `reading_of` a quantity too) -> what multiplies it; known: rate -> value where no
    column gives it; wells_differ: whether wells differ in effectors and in targets seeded by random effects
    of their own; notes: what was taken for granted."""

    plan: AssayPlan
    columns: tuple[Column, ...]
    main: dict[str, np.ndarray]
    factors: dict[str, list[Factor]]
    known: dict[str, float]
    wells_differ: tuple[bool, bool]
    notes: tuple[str, ...]

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the variance components of random effects, in order."""
        return tuple(dict.fromkeys(c.component for c in self.columns if c.kind == RANDOM))

    def index(self, name: str) -> int:
        """Position of the column with this name."""
        return [c.name for c in self.columns].index(name)


def lay_out(plan: AssayPlan, seen: Observed) -> Layout:
    """Columns of a plan for the wells that a fit sees."""
    made = _Making(plan, seen)
    groups = group_names(seen, plan.by)
    role = seen.column("role")
    for rate in rates_of(plan.model):
        if rate in plan.fixed:
            made.known[rate] = float(plan.fixed[rate])
            continue
        grows = rate in growth_rates(plan.model)
        there = (
            np.ones(seen.n, bool)
            if rate in plan.shared
            else role != ("effector_alone" if grows else "target_alone")
        )
        labels = np.full(seen.n, "", dtype=object) if rate in plan.shared else groups
        made.main[rate] = made.add(rate, labels, there, log=not is_signed(plan.model, rate))
    _donors(made)
    _plates(made)
    _alike(made)
    _seeding(made)
    _scale(made)
    _edge(made)
    _dose(made)
    _treated(made, groups)
    _per_cell(made)
    return Layout(
        plan, tuple(made.columns), made.main, made.factors, made.known, made.wells_differ, tuple(made.notes)
    )


class _Making:
    """A layout while it is made."""

    def __init__(self, plan: AssayPlan, seen: Observed) -> None:
        self.plan, self.seen = plan, seen
        self.columns: list[Column] = []
        self.main: dict[str, np.ndarray] = {}
        self.factors: dict[str, list[Factor]] = {}
        self.known: dict[str, float] = dict.fromkeys(rates_of(plan.model), np.nan) | plan.model.typical
        self.notes: list[str] = []
        self.wells_differ: tuple[bool, bool] = (False, False)

    def add(self, rate: str, labels: np.ndarray, there: np.ndarray, log: bool = True, **more) -> np.ndarray:
        """A column for each label of the wells that are there; which column each well has, -1 for the
        others."""
        found = np.full(self.seen.n, -1)
        for label in sorted(set(labels[there])):
            found[there & (labels == label)] = len(self.columns)
            self.columns.append(Column(rate, str(label), log, **more))
        return found

    def multiply(self, rate: str, *given, **named) -> None:
        """The same, for columns that multiply a rate."""
        self.factors.setdefault(rate, []).append(Factor(self.add(rate, *given, **named)))


def group_names(seen: Observed, by: tuple[str, ...]) -> np.ndarray:
    """The group of each well, shape (wells,): the texts of these columns of the map."""
    if by == ("all",):
        return np.full(seen.n, "", dtype=object)
    columns = [np.array(seen.names, dtype=object) if name == "well" else seen.column(name) for name in by]
    names = np.array(
        [" ".join(str(part) for part in parts if str(part)) for parts in zip(*columns, strict=True)],
        dtype=object,
    )
    without = (names == "") & (seen.column("role") == "sample")
    if without.any():
        where = ", ".join(np.array(seen.names)[without][:6])
        raise InputError(
            f"well(s) {where}: the map has no {' and '.join(by)}; add the column, or fit all wells alike "
            "(--by all)"
        )
    return names


def _donors(made: _Making) -> None:
    """Random effects of donors on what effectors do, and on how many were seeded."""
    seen, plan = made.seen, made.plan
    donor, role = seen.column("donor"), seen.column("role")
    there = (role != "target_alone") & (donor != "")
    names = sorted(set(donor[there]))
    if not plan.donors or "donor" in plan.by or "well" in plan.by:
        return
    if len(names) < 2:
        if there.any():
            made.notes.append(
                "all effectors are of one donor: the intervals speak of this donor's cells alone"
            )
        return
    construct = seen.column("construct")
    pairs = set(zip(donor[there], construct[there], strict=True))
    if len(pairs) == len({c for _, c in pairs}) and len(pairs) > 1:
        made.notes.append(
            "each construct comes from one donor, so differences between constructs may be differences "
            "between donors"
        )
        return
    for rate in made.main:
        if rate not in growth_rates(plan.model) and rate not in plan.shared:
            made.multiply(rate, donor, there, kind=RANDOM, component=f"donor {rate}")
    if np.isin(donor, names).sum() >= FEW:
        made.multiply(SEEDED, donor, there, kind=RANDOM, component="donor effectors seeded")


def _plates(made: _Making) -> None:
    """Random effects of plates on the growth of targets and on what effectors do, where they are asked
    for."""
    seen, plan = made.seen, made.plan
    plate, role = seen.column("plate"), seen.column("role")
    if not plan.plates or "well" in plan.by:
        return
    if len(set(plate)) < 2:
        made.notes.append(
            "one plate is fitted, so how much plates differ is not known: the intervals speak of this plate"
        )
        return
    for rate in made.main:
        grows = rate in growth_rates(plan.model)
        if rate == "growth" or not grows:
            there = role != ("effector_alone" if grows else "target_alone")
            made.multiply(rate, plate, there, kind=RANDOM, component=f"plate {rate}")
    construct = seen.column("construct")
    pairs = set(zip(plate[construct != ""], construct[construct != ""], strict=True))
    if len(pairs) == len({c for _, c in pairs}) > 1:
        made.notes.append(
            "each construct is on one plate, so differences between constructs may be differences between "
            "plates: their intervals hold both"
        )


def _alike(made: _Making) -> None:
    """An error of the effectors seeded that all wells share: it stands in for killing where effectors are not
    counted."""
    seen, plan = made.seen, made.plan
    there = seen.start[:, 0] > 1
    if SEEDED in made.factors or not plan.seeding > 0 or "well" in plan.by or there.sum() < FEW:
        return
    made.multiply(SEEDED, np.full(seen.n, ALIKE, dtype=object), there, kind=RANDOM, component=ALIKE)
    made.notes.append(
        f"all effectors may have been seeded too high or too low, SD {100 * plan.seeding:.0f} % (an "
        "assumption): with one "
        "donor nothing but counts of effectors shows it"
    )


def _seeding(made: _Making) -> None:
    """Targets at the start: one number a well where they are unknown and wells are few; else spreads between
    wells."""
    seen, plan = made.seen, made.plan
    targets, effectors = seen.start[:, 1] > 1, seen.start[:, 0] > 1
    spread = seen.n >= FEW and "well" not in plan.by and plan.errors != "given"
    if seen.free.any() and not spread:
        near = {} if plan.errors == "given" else {"kind": RANDOM, "component": AT_START}
        made.multiply("targets_0", np.array(seen.names, dtype=object), seen.free, **near)
    made.wells_differ = bool(spread and effectors.any()), bool(spread and targets.any())
    if not spread and (~seen.free & targets).any():
        made.notes.append("the cells seeded are taken as exact: too few wells tell how much they vary")


def _scale(made: _Making) -> None:
    """Counts that are all too high or too low, where readings soon after seeding show it."""
    seen = made.seen
    counts = np.array([c.logs and c.known for c in seen.channels])[seen.channel]
    shown = counts & (seen.time <= EARLY) & ~seen.free[seen.well] & (seen.kind == 0)
    plate = seen.column("plate")
    for name in sorted(set(plate)):
        if (shown & (plate[seen.well] == name)).sum() >= FEWEST and "well" not in made.plan.by:
            made.multiply(SCALE, plate, plate == name, covariate=False)


def _edge(made: _Making) -> None:
    """Outer wells may grow and read differently."""
    seen = made.seen
    outer = outer_wells(list(seen.column("well")))
    alive = seen.column("role") != "effector_alone"
    if (
        not made.plan.edge
        or "well" in made.plan.by
        or min((outer & alive).sum(), (~outer & alive).sum()) < FEWEST
    ):
        return
    label = np.where(outer, "outer wells", "").astype(object)
    if "growth" in made.main:
        made.multiply("growth", label, outer & alive, covariate=True)
    for k, channel in enumerate(seen.channels):
        there = outer & np.isin(np.arange(seen.n), seen.well[seen.channel == k])
        if (
            there.sum() >= FEWEST
            and (~outer & np.isin(np.arange(seen.n), seen.well[seen.channel == k])).sum() >= FEWEST
        ):
            made.multiply(reading_of(channel.quantity), label, there, covariate=True)


def _dose(made: _Making) -> None:
    """Rates that depend on the dose of a well."""
    seen = made.seen
    for rate, form in made.plan.dose.items():
        there = made.main[rate] >= 0
        dose = doses(seen, there, rate)
        scale = float(np.median(dose[there & (dose > 0)]) if form == INHIBITION else dose[there].max())
        shown = (
            Shown(f"{rate} IC50", "unit of the dose", float(np.log(scale)))
            if form == INHIBITION
            else Shown(f"{rate} factor at dose {scale:g}", "1")
        )
        label = np.full(seen.n, "dose", dtype=object)
        which = made.add(rate, label, there & (dose > 0), covariate=True, shown=shown)
        made.factors.setdefault(rate, []).append(Factor(which, dose / scale, form == INHIBITION))
        made.notes.append(f"{rate} is that without the drug; the dose moves it ({form})")


def _treated(made: _Making, groups: np.ndarray) -> None:
    """Wells of one group that were treated differently, and are fitted as if they were not."""
    seen, plan = made.seen, made.plan
    if plan.dose or {"treatment", "well"} & set(plan.by) or "dex_level" in made.known:
        return
    sample = seen.column("role") == "sample"
    dose = np.where(np.isfinite(seen.column("dose")), seen.column("dose"), 0.0)
    for group in sorted(set(groups[sample])):
        mine = sample & (groups == group)
        kinds = set(zip(seen.column("treatment")[mine], dose[mine], strict=True))
        if len(kinds) > 1:
            made.notes.append(
                f"{MIXED} are fitted as if they were treated alike ({group or 'all wells'}: {len(kinds)} "
                "treatments and doses): fit them by treatment (--by construct,treatment), or give a rate an "
                "effect of the dose (--dose-effect)"
            )
            return


def _per_cell(made: _Making) -> None:
    """What one cell gives in a reading, where it is looked for."""
    seen = made.seen
    for k, channel in enumerate(seen.channels):
        if channel.estimated:
            there = np.isin(np.arange(seen.n), seen.well[seen.channel == k])
            shown = Shown(
                f"{channel.quantity} per cell", f"{channel.unit}/cell", float(np.log(channel.per_cell))
            )
            label = np.full(seen.n, "per cell", dtype=object)
            made.multiply(reading_of(channel.quantity), label, there, covariate=True, shown=shown)


def reading_of(quantity: str) -> str:
    """The name under which columns multiply the readings of a quantity."""
    return f"reading of {quantity}"


def outer_wells(names: list[str]) -> np.ndarray:
    """Whether a well lies in the first or last row or column of a plate of 96 or 384 wells."""
    places = [place_of(name) for name in names]
    rows, columns = (np.array([p[i] for p in places]) for i in (0, 1))
    large = rows.max(initial=0) > 8 or columns.max(initial=0) > 12
    last_row, last_column = (16, 24) if large else (8, 12)
    return np.isin(rows, (1, last_row)) | np.isin(columns, (1, last_column))


def place_of(name: str) -> tuple[int, int]:
    """Row and column of a well from 1 on, (0, 0) for a name that is no single well.

    Parameters
    ----------
    name : str
        Of a well.

    Returns
    -------
    tuple[int, int]
    """
    letters, digits = name[:1], name[1:]
    if letters.isalpha() and letters.isascii() and digits.isdigit():
        return ord(letters.upper()) - 64, int(digits)
    return 0, 0
