"""Links between a probability and a straight line eta = a + b x: logit, probit, complementary log-log and
log-log.

logit    P = 1 / (1 + exp(-eta))
probit   P = Phi(eta), a normal distribution of tolerances (Finney 1971)
cloglog  P = 1 - exp(-exp(eta)), an event by a time under proportional hazards
loglog   P = exp(-exp(-eta)), no event by that time
"""

from typing import Literal

import numpy as np

Link = Literal["logit", "probit", "cloglog", "loglog"]
LINKS: tuple[Link, ...] = ("logit", "probit", "cloglog", "loglog")
OPPOSITE: dict[Link, Link] = {"logit": "logit", "probit": "probit", "cloglog": "loglog", "loglog": "cloglog"}


def inverse(link: Link, eta) -> np.ndarray:
    """P at eta, of the same shape.

    Parameters
    ----------
    link : Link
        Between eta and P.
    eta
        Of any shape.

    Returns
    -------
    ndarray
    """
    from scipy.special import expit, ndtr

    eta = np.asarray(eta, dtype=float)
    if link == "logit":
        return expit(eta)
    if link == "probit":
        return ndtr(eta)
    with np.errstate(over="ignore"):
        return -np.expm1(-np.exp(eta)) if link == "cloglog" else np.exp(-np.exp(-eta))


def linked(link: Link, p) -> np.ndarray:
    """eta where the probability is p, of the same shape; infinite at 0 and 1."""
    from scipy.special import logit, ndtri

    p = np.asarray(p, dtype=float)
    if link == "logit":
        return logit(p)
    if link == "probit":
        return ndtri(p)
    with np.errstate(divide="ignore"):
        return np.log(-np.log1p(-p)) if link == "cloglog" else -np.log(-np.log(p))


def rise(link: Link, eta) -> np.ndarray:
    """dP/deta, of the same shape."""
    eta = np.asarray(eta, dtype=float)
    if link == "logit":
        return inverse(link, eta) * inverse(link, -eta)
    if link == "probit":
        return np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
    up = eta if link == "cloglog" else -eta
    with np.errstate(over="ignore"):
        return np.exp(up - np.exp(up))


def logarithms(link: Link, eta) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """((ln P, its first, its second derivative by eta), the same of ln(1 - P)), of the shape of eta.

    All of them stay finite where P is 0 or 1 to the last digit; the second ones are never above 0, so a
    likelihood of them has one maximum.
    """
    eta = np.asarray(eta, dtype=float)
    yes = _of_event(link, eta)
    no, slope, bend = _of_event(OPPOSITE[link], -eta)  # 1 - P is P of the opposite link at -eta
    return yes, (no, -slope, bend)


def _of_event(link: Link, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(ln P, its first, its second derivative)."""
    from scipy.special import expit, log_expit, log_ndtr

    if link == "logit":
        left = expit(-eta)
        return log_expit(eta), left, -left * expit(eta)
    if link == "probit":
        value = log_ndtr(eta)
        ratio = np.exp(-(eta**2) / 2 - np.log(2 * np.pi) / 2 - value)
        return value, ratio, -ratio * (ratio + eta)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if link == "loglog":
            hazard = np.exp(-eta)
            return -hazard, hazard, -hazard
        hazard = np.exp(eta)
        # ln(1 - exp(-h)), and h / (exp(h) - 1), which is 1 at h = 0 and 0 where h is large
        value = np.where(eta < -30, eta - hazard / 2, np.log(-np.expm1(-hazard)))
        ratio = np.where(
            hazard < 1e-12, 1 - hazard / 2, np.where(hazard > 700, 0.0, hazard / np.expm1(hazard))
        )
        # d ratio / d eta = ratio (1 - h - ratio), as -h / 2 where h is small
        bend = np.where(hazard < 1e-6, -hazard / 2, np.where(hazard > 700, 0.0, ratio * (1 - hazard - ratio)))
    return value, ratio, bend
