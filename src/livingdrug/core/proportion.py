"""The exact interval of a proportion."""


def clopper_pearson(events: float, n: int, level: float) -> tuple[float, float]:
    """Exact interval of a proportion (Biometrika 26:404, 1934), from quantiles of the beta distribution."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = betaincinv(events, n - events + 1, tail) if events > 0 else 0.0
    high = betaincinv(events + 1, n - events, 1 - tail) if events < n else 1.0
    return float(low), float(high)
