"""A learned model that scores new products: its coefficients, how sure they are, what it has seen, and its
card."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from livingdrug.attributes.crossing import chosen, fitted, fitted_ridge, scaled
from livingdrug.attributes.learn import Features, Plan
from livingdrug.attributes.learning import LearningStudy
from livingdrug.attributes.outcome import Outcome
from livingdrug.attributes.scales import Treatment
from livingdrug.core.errors import InputError
from livingdrug.core.files import whole_file
from livingdrug.core.random import uniforms
from livingdrug.data import printable

DRAWS = 500  # of patients with replacement, for bands
MOST = 500  # attributes of a model that is kept: beyond, the file would say nothing to anybody
FORMAT = 2
BAND = (0.05, 0.95)


@dataclass(frozen=True)
class Model:
    """A model learned from attributes.

    Attributes
    ----------
    names : tuple of str (p,)
        Attributes on the scale analysed.
    kind : str
        Of the outcome.
    outcome : str
        Name of the outcome, such as `CR`.
    mean, sd : ndarray, shape (p,)
        Of the patients seen.
    intercept : float
        Linear predictor of a patient with the mean of every attribute.
    coefficients : ndarray, shape (p,)
        Change of the linear predictor for one SD of each attribute.
    draws : ndarray, shape (DRAWS, 1 + p)
        The same from patients drawn with replacement.
    lowest, highest : ndarray, shape (p,)
        What was seen.
    columns : tuple of dict
        Headings, scales, gates and units of the table.
    treatments : tuple of Treatment (p,)
        How columns reach the scale analysed, detection limits included.
    card : dict
        What a reader must know.
    """

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
    treatments: tuple[Treatment, ...]
    card: dict


@dataclass(frozen=True)
class Prediction:
    """What a model says of a product.

    Attributes
    ----------
    value : float
        Probability of the outcome (binary), its value, or the log hazard against the mean patient.
    lower, upper : float
        A 90 % band of what the patients seen leave open.
    outside : tuple of str
        Attributes outside of what was seen, in words.
    """

    value: float
    lower: float
    upper: float
    outside: tuple[str, ...]


def build(
    result: LearningStudy, columns: tuple[dict, ...], card: dict, treatments: tuple[Treatment, ...] = ()
) -> Model:
    """The model of all patients, with draws.

    Parameters
    ----------
    result : LearningStudy
        What `study` found: cross-validated measures, permutations, cautions.
    columns : tuple of dict
        Headings, scales, gates and units of the table.
    card : dict
        What a reader must know.
    treatments : tuple of Treatment, optional
        How columns reach the scale analysed.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        Where it has too many attributes to be kept.
    """
    features, outcome, plan = result.features, result.outcome, result.plan
    if features.set_names or len(features.names) > MOST:
        raise InputError(
            f"a model of {len(features.names):,} genes is not kept: score the signatures first (`attributes "
            f"score`) and learn from the scores"
        )
    x = np.array(features.x)
    mean, sd = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    sd = np.where(sd > 0, sd, 1.0)
    z = np.ascontiguousarray(
        np.nan_to_num((x - mean) / sd)
    )  # a missing value stands at the mean, as in the folds
    penalty = _penalty(z, outcome, plan)
    intercept, beta = _fit(z, outcome, plan, penalty)
    picks = (
        uniforms(plan.seed, "attributes draws", 0, DRAWS * outcome.n).reshape(DRAWS, -1) * outcome.n
    ).astype(int)
    draws = [_fit(z[rows], outcome.taken(rows), plan, penalty) for rows in picks if _usable(outcome, rows)]
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
        treatments=treatments,
        card=card | {"penalty": penalty},
    )


def _usable(outcome: Outcome, rows: np.ndarray) -> bool:
    """Whether a draw of patients can be learned from: both classes, values that differ, or an event."""
    if outcome.kind == "survival":
        return outcome.event[rows].sum() > 0
    return bool(np.ptp(outcome.y[rows]) > 0)


def _penalty(z: np.ndarray, outcome: Outcome, plan: Plan) -> float:
    """The penalty of all patients, chosen by inner folds where those of a training part are; z (n, p)."""
    if plan.method == "ridge":
        return plan.grid[0] * z.shape[1]
    y, event, order, family = outcome.y, outcome.event, outcome.order, outcome.family
    own = plan.code, plan.mixing
    penalties = scaled(z, order, y, event, family, *own, np.array(plan.grid))
    return float(chosen(z, order, y, event, family, *own, penalties))


def _fit(z: np.ndarray, outcome: Outcome, plan: Plan, penalty: float) -> tuple[float, np.ndarray]:
    """Intercept and coefficients per SD; z (n, p)."""
    order = outcome.order
    y, event, rows = outcome.y[order], outcome.event[order], np.ascontiguousarray(z[order])
    places, beta = np.arange(len(y)), np.zeros(z.shape[1])
    if plan.method == "ridge":
        return float(fitted_ridge(rows, y, event, places, outcome.family, penalty, beta)), beta
    intercept = fitted(rows, y, event, places, outcome.family, plan.code, plan.mixing, penalty, beta)
    return float(intercept), beta


def predict(model: Model, features: Features) -> list[Prediction]:
    """Predictions for products with the attributes of the model.

    Parameters
    ----------
    model : Model
        Of `build` or `load`.
    features : Features
        Attributes of the products.

    Returns
    -------
    sequence of Prediction

    Raises
    ------
    InputError
        Where one is missing from the table.
    """
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
    """Write `model.json` into a folder: numbers and names only, nothing that runs when it is read.

    Parameters
    ----------
    model : Model
        Of `build`.
    folder : str or Path
        Where it is written.
    """
    data = {"format": FORMAT, **asdict(model)}  # treatments become objects of plain data
    for name, value in data.items():
        if isinstance(value, np.ndarray):
            data[name] = value.tolist()
    with whole_file(Path(folder) / "model.json") as file:
        json.dump(data, file, ensure_ascii=False, indent=1)


def load(folder: str | Path) -> Model:
    """The model of a folder.

    Parameters
    ----------
    folder : str or Path
        Where `save` has written it.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        Where there is none, or it is damaged.
    """
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
                treatments=tuple(Treatment(**{**t, "parts": tuple(t["parts"])}) for t in data["treatments"]),
                card=dict(data["card"]),
                **arrays,
            )
    except (KeyError, TypeError, ValueError):
        pass
    raise InputError(f"`{path}` is not a model written by this version; learn it again")
