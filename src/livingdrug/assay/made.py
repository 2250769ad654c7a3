"""Made-up plates: a design and known rates in, a plate as an instrument would give it out. Simulated data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from livingdrug.assay.course import ABSENT, Course, Steps
from livingdrug.assay.laws import EFFECTORS, TARGETS, is_signed, rates_of
from livingdrug.assay.plate import Plate
from livingdrug.core.random import stream_key
from livingdrug.models import Model

ROWS, COLUMNS = "ABCDEFGH", 12


@dataclass(frozen=True)
class Layout96:
    """An experiment before it is done.

    ratios: effectors per target at the start; targets: cells seeded, and added at the end of each round but
    the last; rounds: of `hours` h each; every: h between readings of targets (0: at the ends of rounds alone,
    and at the start); count: whether effectors are counted at the ends of rounds; replicates: wells of each
    construct, donor and ratio; alone: wells with targets alone; effector_alone: wells of each construct and
    donor with effectors alone; kept: fraction of a well that goes on to the next round; limit: cells that can
    still be counted."""

    ratios: tuple[float, ...] = (4.0, 1.0, 0.25)
    targets: float = 5000.0
    rounds: int = 4
    hours: float = 24.0
    every: float = 6.0
    count: bool = True
    replicates: int = 2
    alone: int = 12
    effector_alone: int = 1
    kept: float = 1.0
    limit: float = 25.0

    def times(self) -> np.ndarray:
        """Hours of the readings of targets."""
        ends = self.hours * np.arange(1, self.rounds + 1)
        inner = np.arange(0.0, ends[-1], self.every) if self.every else np.array([0.0])
        return np.unique(np.concatenate([inner, ends]))

    def ends(self) -> np.ndarray:
        """Hours of the ends of rounds."""
        return self.hours * np.arange(1, self.rounds + 1)


@dataclass(frozen=True)
class Noise:
    """SDs of logarithms: of counts of targets and of effectors, of a whole well's readings, of cells seeded
    in a well, of donors (by rate); scale: factor on all counts."""

    targets: float = 0.1
    effectors: float = 0.1
    well: float = 0.03
    seeding: float = 0.04
    donors: Mapping[str, float] = field(default_factory=dict, hash=False)
    scale: float = 1.0


def made_plate(
    model: Model,
    rates: Mapping[str, Mapping[str, float]],
    design: Layout96,
    noise: Noise,
    donors: int,
    seed: int,
) -> Plate:
    """A plate with known rates.

    Parameters
    ----------
    model : of `assay_model`
    rates : construct -> rate -> value; what is missing has the model's value
    design, noise : what is done, and how it errs
    donors : number of donors, each with all constructs
    seed : of the random numbers
    """
    rng = np.random.default_rng(stream_key(seed, "assay plate"))
    wells = _wells(tuple(rates), design, donors)
    places = [f"{ROWS[i % 8]}{i // 8 + 1}" for i in rng.permutation(max(96, len(wells)))[: len(wells)]]
    values = _values(model, rates, wells, noise, donors, rng)
    n, ends = len(wells), design.ends()
    seeded = np.array([[e, t] for _, _, _, e, t in wells])
    start = np.zeros((n, len(model.system.states)))
    names = [s.name for s in model.system.states]
    actual = np.maximum(seeded * np.exp(rng.normal(0, noise.seeding, seeded.shape)), ABSENT)
    start[:, names.index(EFFECTORS)], start[:, names.index(TARGETS)] = actual.T
    added = [np.where(t > 0, design.targets, 0.0) * np.ones(design.rounds - 1) for _, _, _, _, t in wells]
    steps = tuple(
        Steps(ends[:-1], np.full(design.rounds - 1, design.kept), a, np.zeros(design.rounds - 1))
        for a in added
    )
    times = design.times()
    cells = Course(model, steps, (times,) * n).solve(values, start).cells.reshape(n, len(times), -1)
    columns = _read(cells, names, wells, times, design, noise, rng)
    events = {
        "well": np.repeat(np.arange(n), design.rounds - 1),
        "time": np.tile(ends[:-1], n),
        "kind": ["rechallenge" if design.kept == 1 else "replating"] * (n * (design.rounds - 1)),
        "kept": np.full(n * (design.rounds - 1), design.kept),
        "targets": np.concatenate(added) if design.rounds > 1 else [],
    }
    role, construct, donor, *_ = zip(*wells, strict=True)
    table = {
        "well": places,
        "role": list(role),
        "construct": list(construct),
        "donor": list(donor),
        "effectors": seeded[:, 0],
        "targets": seeded[:, 1],
    }
    return Plate.of(f"simulated {seed}", table, columns, events if design.rounds > 1 else None)


def _wells(constructs: tuple[str, ...], design: Layout96, donors: int) -> list[tuple]:
    """(role, construct, donor, effectors, targets) of each well."""
    found = []
    for construct in constructs:
        for k in range(donors):
            donor = f"D{k + 1}"
            for ratio in design.ratios:
                found += [
                    ("sample", construct, donor, ratio * design.targets, design.targets)
                ] * design.replicates
            found += [("effector_alone", construct, donor, design.targets, 0.0)] * design.effector_alone
    return found + [("target_alone", "", "", 0.0, design.targets)] * design.alone


def _values(model: Model, rates, wells, noise: Noise, donors: int, rng) -> dict[str, np.ndarray]:
    names = rates_of(model)
    effect = {name: rng.normal(0, noise.donors.get(name, 0.0), donors) for name in names}
    found = {}
    for name in names:
        value = np.array([rates.get(c, {}).get(name, model.typical[name]) for _, c, *_ in wells])
        whose = np.array([int(d[1:]) - 1 if d else -1 for _, _, d, *_ in wells])
        found[name] = value * np.exp(np.where(whose >= 0, effect[name][whose], 0.0))
        if name == "growth":
            found[name] = np.where([t > 0 for *_, t in wells], found[name], 0.0)
        assert is_signed(model, name) or (found[name] >= 0).all()
    return found


def _read(cells, names, wells, times, design: Layout96, noise: Noise, rng) -> dict[str, list]:
    """Columns of the readings of a plate."""
    columns: dict[str, list] = {k: [] for k in ("well", "time", "quantity", "value", "flag", "limit")}
    ends = design.ends()
    counted = cells[:, :, names.index(EFFECTORS)].copy()
    if "exhausted" in names:
        counted += cells[:, :, names.index("exhausted")]
    for w, (role, *_) in enumerate(wells):
        well = rng.normal(0, noise.well)
        for species, there, sd in (
            (TARGETS, role != "effector_alone", noise.targets),
            (EFFECTORS, role != "target_alone" and design.count, noise.effectors),
        ):
            own = cells[w, :, names.index(TARGETS)] if species == TARGETS else counted[w]
            read = noise.scale * own * np.exp(well + rng.normal(0, sd, len(times)))
            if not there:
                continue
            shown = np.isin(times, ends) | ((times == 0) & (role == "effector_alone")) | (species == TARGETS)
            for time, value in zip(times[shown], read[shown], strict=True):
                low = value < design.limit
                row = (w, time, species, np.nan if low else value, "below" if low else "", design.limit)
                for key, item in zip(columns, row, strict=True):
                    columns[key].append(item)
    return columns
