"""Plain sentences for effects of exposure."""

import numpy as np

DOUBLING = float(np.log(2))


def step_of(exposure: np.ndarray) -> float:
    """A round step of exposure, of the order of its central half: what an effect on a linear scale is told
    for."""
    low, high = np.quantile(exposure, [0.25, 0.75])
    spread = (high - low) or float(np.ptp(exposure)) or 1.0
    return float(10.0 ** np.floor(np.log10(spread)))


def per_step(exposure: np.ndarray, scale: str, name: str, unit: str) -> tuple[float, str]:
    """(change of x that is told, its words): a doubling of exposure, or a round step on a linear scale."""
    if scale == "log":
        return DOUBLING, f"each doubling of {name}"
    step = step_of(exposure)
    return step, f"each {short(step)}{f' {unit}' if unit else ''} more of {name}"


def short(value: float) -> str:
    """A number as people write it: three digits, thousands parted, powers of ten where it is very large or
    small."""
    if not np.isfinite(value):
        return "infinity" if value > 0 else "nothing"
    if value != 0 and (abs(value) >= 1e6 or abs(value) < 1e-3):
        return f"{value:.3g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def digits(value: float) -> str:
    """A coefficient, with five digits."""
    return f"{value:.5g}"


def p_text(value: float) -> str:
    """A p value; below 0.0001 only that."""
    return "p < 0.0001" if value < 1e-4 else f"p = {value:.2g}"


def span(low: float, high: float, level: float) -> str:
    """An interval in words: `95 % 1.3 to 3.7`, with open ends said."""
    return f"{100 * level:g} % {short(low)} to {short(high)}"


def percent(value: float) -> str:
    """A probability as a percentage; one that nobody could tell from 0 only as that."""
    if 0 < value < 1e-4:
        return "< 0.01 %"
    return f"{100 * value:.3g} %"
