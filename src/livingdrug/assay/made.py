"""Made-up plates: a design and known rates in, a plate as an instrument would give it out. Simulated data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from livingdrug.assay.course import ABSENT, Course
from livingdrug.assay.design import AssayDesign
from livingdrug.assay.laws import EFFECTORS, EXHAUSTED, TARGETS, rates_of
from livingdrug.assay.plate import Plate
from livingdrug.core.random import stream_key
from livingdrug.models import Model, flows_of

ROWS = "ABCDEFGH"


@dataclass(frozen=True)
class Noise:
    """SDs of logarithms of a simulated plate, and how it is counted.

    Attributes
    ----------
    targets, effectors : float
        Of counts of both.
    well : float
        Of all readings of a kind in a well.
    seeding : float
        Of cells seeded in a well.
    common : float
        Of effectors seeded in all wells alike.
    donors : Mapping[str, float]
        Rate -> SD between donors.
    scale : float
        Factor on all counts.
    limit : float
        Cells that can still be counted.
    """

    targets: float = 0.1
    effectors: float = 0.1
    well: float = 0.03
    seeding: float = 0.04
    common: float = 0.0
    donors: Mapping[str, float] = field(default_factory=dict, hash=False)
    scale: float = 1.0
    limit: float = 25.0


@dataclass(frozen=True)
class _Well:
    role: str
    construct: str
    donor: int
    effectors: float
    targets: float


def made_plate(
    model: Model,
    rates: Mapping[str, Mapping[str, float]],
    design: AssayDesign,
    noise: Noise,
    donors: int = 1,
    seed: int = 1,
) -> Plate:
    """A plate with known rates.

    Parameters
    ----------
    model : Model
        Laws of growth, killing and effectors, made by `assay_model`.
    rates : mapping of str to mapping of str to float
        Construct -> rate -> value; what is missing has the model's value; targets alone grow as with the
        first construct.
    design : AssayDesign
        What is done to each construct and donor; wells with targets alone are shared.
    noise : Noise
        How it errs.
    donors : int
        Number of donors, each with all constructs.
    seed : int
        Of the random numbers.
    """
    rng = np.random.default_rng(stream_key(seed, "assay plate"))
    wells = _wells(tuple(rates), design, donors)
    n = len(wells)
    order = rng.permutation(max(96, n))[:n]
    names = [s.name for s in flows_of(model).states]
    seeded = np.array([[w.effectors, w.targets] for w in wells])
    actual = seeded * np.exp(rng.normal(0, noise.seeding, seeded.shape))
    actual[:, 0] *= np.exp(rng.normal(0, 1) * noise.common)
    start = np.zeros((n, len(names)))
    start[:, names.index(EFFECTORS)], start[:, names.index(TARGETS)] = np.maximum(actual, ABSENT).T
    steps = tuple(design.steps(w.targets) for w in wells)
    times = np.unique(np.concatenate([[0.0] if design.first else [], design.times, design.ends]))
    course = Course(model, steps, (times,) * n)
    cells = course.solve(_values(model, rates, wells, noise, donors, rng), start).cells.reshape(
        n, len(times), -1
    )
    events = {
        "well": [w for w, own in enumerate(steps) for _ in own.time],
        "time": [t for own in steps for t in own.time],
        "kind": ["rechallenge" if design.kept == 1 else "replating" for own in steps for _ in own.time],
        "kept": [k for own in steps for k in own.kept],
        "targets": [x for own in steps for x in own.targets],
    }
    table = {
        "well": [f"{ROWS[i % 8]}{i // 8 + 1}" for i in order],
        "role": [w.role for w in wells],
        "construct": [w.construct for w in wells],
        "donor": [f"D{w.donor + 1}" if w.donor >= 0 else "" for w in wells],
        "effectors": seeded[:, 0],
        "targets": seeded[:, 1],
    }
    readings = _read(cells, names, wells, times, design, noise, rng)
    return Plate.of(f"simulated {seed}", table, readings, events if design.rounds > 1 else None)


def _wells(constructs: tuple[str, ...], design: AssayDesign, donors: int) -> list[_Well]:
    found = []
    for construct in constructs:
        for donor in range(donors):
            for ratio, count in design.ratios.items():
                found += [_Well("sample", construct, donor, ratio * design.targets, design.targets)] * count
            found += [_Well("effector_alone", construct, donor, design.targets, 0.0)] * design.effector_alone
    return found + [_Well("target_alone", "", -1, 0.0, design.targets)] * design.alone


def _values(model: Model, rates, wells: list[_Well], noise: Noise, donors: int, rng) -> dict[str, np.ndarray]:
    first = next(iter(rates))
    found = {}
    for name in rates_of(model):
        effect = np.append(rng.normal(0, 1, donors) * noise.donors.get(name, 0.0), 0.0)
        own = [rates[w.construct or first].get(name, model.typical[name]) for w in wells]
        found[name] = np.array(own) * np.exp(effect[[w.donor for w in wells]])
    found["growth"] = np.where([w.targets > 0 for w in wells], found["growth"], 0.0)
    return found


def _read(cells, names, wells: list[_Well], times, design: AssayDesign, noise: Noise, rng) -> dict[str, list]:
    """Columns of the readings of a plate."""
    columns: dict[str, list] = {k: [] for k in ("well", "time", "quantity", "value", "flag", "limit")}
    counted = cells[:, :, names.index(EFFECTORS)].copy()
    if EXHAUSTED in names:
        counted += cells[:, :, names.index(EXHAUSTED)]
    for w, well in enumerate(wells):
        ends = np.isin(times, design.ends) | ((times == 0) & (well.role == "effector_alone"))
        for species, own, sd, shown in (
            (
                TARGETS,
                cells[w, :, names.index(TARGETS)],
                noise.targets,
                np.isin(times, design.times) & (well.targets > 0),
            ),
            (EFFECTORS, counted[w], noise.effectors, ends & design.count & (well.effectors > 0)),
        ):
            read = noise.scale * own * np.exp(rng.normal(0, noise.well) + rng.normal(0, sd, len(times)))
            for time, value in zip(times[shown], read[shown], strict=True):
                low = value < noise.limit
                row = (w, time, species, np.nan if low else value, "below" if low else "", noise.limit)
                for key, item in zip(columns, row, strict=True):
                    columns[key].append(item)
    return columns
