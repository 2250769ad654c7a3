"""A learned model that scores new products: its coefficients, how sure they are, what it has seen, and its
card."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from livingdrug.attributes.learn import MIXING, Features
from livingdrug.attributes.learning import LearningStudy
from livingdrug.attributes.outcome import Outcome
from livingdrug.attributes.penalised import fit_elastic_net, fit_ridge, largest_lambda
from livingdrug.core.errors import InputError
from livingdrug.core.files import whole_file
from livingdrug.core.random import uniforms
from livingdrug.data import printable

DRAWS = 500  # of patients with replacement, for bands
MOST = 500  # attributes of a model that is kept: beyond, the file would say nothing to anybody
FORMAT = 1
BAND = (0.05, 0.95)


@dataclass(frozen=True)
class Model:
    """names (p,): attributes on the scale analysed; mean, sd (p,): of the patients seen; intercept,
    coefficients (p,): per SD; draws (DRAWS, 1 + p): the same from patients drawn with replacement; lowest,
    highest (p,): what was seen; columns: headings, scales and gates of the table; card: what a reader must know."""

    names: tuple[str, ...]
    kind: str
    outcome: str
    mean: np.ndarray
    sd: np.ndarray
    intercept: float
    coefficients: np.ndarray
    draws: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    columns: tuple[dict, ...]
    card: dict


@dataclass(frozen=True)
class Prediction:
    """value: probability of the outcome (binary), its value, or the log hazard against the mean patient;
    lower, upper: a 90 % band of what the patients seen leave open; outside: attributes outside of what was
    seen, in words."""

    value: float
    lower: float
    upper: float
    outside: tuple[str, ...]


def build(result: LearningStudy, columns: tuple[dict, ...], card: dict) -> Model:
    """The model of all patients, with draws. Raises InputError where it has too many attributes to be kept."""
    features, outcome = result.features, result.outcome
    if features.set_names or len(features.names) > MOST:
        raise InputError(
            f"a model of {len(features.names):,} genes is not kept: score the signatures first (`attributes "
            f"score`) and learn from the scores"
        )
    x = np.array(features.x)
    mean = np.nanmean(x, axis=0)
    filled = np.where(np.isnan(x), mean, x)
    sd = filled.std(axis=0)
    sd = np.where(sd > 0, sd, 1.0)
    penalty = _penalty(result)
    intercept, beta = _fit(filled, mean, sd, outcome, result.plan.method, penalty)
    picks = (
        uniforms(result.plan.seed, "attributes draws", 0, DRAWS * outcome.n).reshape(DRAWS, -1) * outcome.n
    ).astype(int)
    draws = [
        _fit(filled[rows], mean, sd, outcome.taken(rows), result.plan.method, penalty)
        for rows in picks
        if _usable(outcome, rows)
    ]
    return Model(
        names=features.names,
        kind=outcome.kind,
        outcome=outcome.name,
        mean=mean,
        sd=sd,
        intercept=intercept,
        coefficients=beta,
        draws=np.array([np.concatenate([[a], b]) for a, b in draws]),
        lowest=np.nanmin(x, axis=0),
        highest=np.nanmax(x, axis=0),
        columns=columns,
        card=card,
    )


def _usable(outcome: Outcome, rows: np.ndarray) -> bool:
    return outcome.kind != "binary" or 0 < outcome.y[rows].sum() < len(rows)


def _penalty(result: LearningStudy) -> float:
    """The middle of the grid where one was tried: a choice on all patients would be no better known than the
    folds' own."""
    grid = result.plan.grid
    return grid[len(grid) // 2]


def _fit(x, mean, sd, outcome: Outcome, method: str, penalty: float) -> tuple[float, np.ndarray]:
    """Intercept and coefficients per SD."""
    z = np.ascontiguousarray((x - mean) / sd)
    order = outcome.order
    y, event, z = outcome.y[order], outcome.event[order], np.ascontiguousarray(z[order])
    places = np.arange(len(y))
    if method == "ridge":
        dual = np.empty(len(y))
        intercept = fit_ridge(z @ z.T, y, event, places, outcome.family, penalty * z.shape[1], dual)
        return float(intercept), z.T @ dual
    beta = np.zeros(z.shape[1])
    lam = penalty * largest_lambda(z, y if outcome.kind != "survival" else event, MIXING[method])
    intercept = fit_elastic_net(z, y, event, places, outcome.family, MIXING[method], lam, beta)
    return float(intercept), beta


def predict(model: Model, features: Features) -> list[Prediction]:
    """Predictions for products with the attributes of the model. Raises InputError where one is missing from
    the table."""
    missing = [name for name in model.names if name not in features.names]
    if missing:
        raise InputError(
            f"the new table lacks {len(missing)} of {len(model.names)} attributes: "
            f"{', '.join(map(printable, missing[:5]))}; give them under "
            "the same headings and on the same scale"
        )
    x = features.x[:, [features.names.index(name) for name in model.names]]
    z = np.nan_to_num((x - model.mean) / model.sd)
    eta = model.intercept + z @ model.coefficients
    drawn = model.draws[:, :1].T + z @ model.draws[:, 1:].T
    low, high = np.quantile(drawn, BAND, axis=1)
    low, high = np.minimum(low, eta), np.maximum(high, eta)
    if model.kind == "binary":
        eta, low, high = (1 / (1 + np.exp(-v)) for v in (eta, low, high))
    return [
        Prediction(float(e), float(a), float(b), _outside(model, row))
        for e, a, b, row in zip(eta, low, high, x, strict=True)
    ]


def _outside(model: Model, row: np.ndarray) -> tuple[str, ...]:
    words = []
    for name, value, low, high in zip(model.names, row, model.lowest, model.highest, strict=True):
        if np.isnan(value):
            words.append(f"{name} is missing, the mean stands for it")
        elif not low <= value <= high:
            words.append(f"{name} {value:.3g} is outside of what was seen ({low:.3g} to {high:.3g})")
    return tuple(words)


def save(model: Model, folder: str | Path) -> None:
    """Write `model.json` into a folder: numbers and names only, nothing that runs when it is read."""
    data = {"format": FORMAT, **asdict(model)}
    for name, value in data.items():
        if isinstance(value, np.ndarray):
            data[name] = value.tolist()
    with whole_file(Path(folder) / "model.json") as file:
        json.dump(data, file, ensure_ascii=False, indent=1)


def load(folder: str | Path) -> Model:
    """The model of a folder. Raises InputError where there is none, or it is damaged."""
    path = Path(folder) / "model.json"
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        raise InputError(
            f"`{folder}` holds no model.json; `attributes learn FILE --outcome NAME --out {folder}` writes "
            f"one"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"`{path}` cannot be read: {printable(str(error), 100)}") from None
    return _shaped(data, path)


def _shaped(data: Mapping, path: Path) -> Model:
    """A model out of what a file holds, every array of the shape it must have."""
    try:
        p = len(data["names"])
        arrays = {
            name: np.array(data[name], dtype=float)
            for name in ("mean", "sd", "coefficients", "lowest", "highest", "draws")
        }
        fits = data["format"] == FORMAT and all(arrays[n].shape == (p,) for n in arrays if n != "draws")
        fits = (
            fits
            and arrays["draws"].ndim == 2
            and arrays["draws"].shape[1] == p + 1
            and data["kind"] in ("binary", "continuous", "survival")
        )
        fits = fits and all(np.isfinite(a).all() for a in arrays.values()) and (arrays["sd"] > 0).all()
        if fits:
            return Model(
                names=tuple(map(str, data["names"])),
                kind=data["kind"],
                outcome=str(data["outcome"]),
                intercept=float(data["intercept"]),
                columns=tuple(data["columns"]),
                card=dict(data["card"]),
                **arrays,
            )
    except (KeyError, TypeError, ValueError):
        pass
    raise InputError(f"`{path}` is not a model written by this version; learn it again")
