"""What every answer says in the same words: its numbers, and what it is not for."""

import math

RESEARCH = "for research, not for clinical decisions"  # within a sentence, or below a figure
NOTICE = f"{RESEARCH[0].upper()}{RESEARCH[1:]}."


def parts(text: str) -> tuple[str, ...]:
    """Texts between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def number(value: float) -> str:
    """Four digits (three below 1), thousands with separators, from a million on 2.07e6, a dash for what is
    absent; a CSV file has all digits.

    Parameters
    ----------
    value : float
        None or nan is absent.

    Returns
    -------
    str
    """
    if not math.isfinite(value):
        return "-"
    if abs(value) >= 1e6:
        text = f"{value:.2e}"
    elif abs(value) >= 1e4:
        return f"{value:,.0f}"
    else:
        text = f"{value:.4g}" if abs(value) >= 1 else f"{value:.3g}"
    return text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
