"""Sliders for the parameters of a model: which span each covers, and how it is shown."""

import math
from dataclasses import asdict, dataclass

from livingdrug.models import Model, Quantity, plain_symbol
from livingdrug.web.influence import influential, order_of

STEPS = 1000
DECADES = 20  # a span whose ends are this many times apart is shown on a logarithmic scale
MOST, BASE = "Parameters that matter most", "Other parameters of the model"
OWN_SPAN = "a tenth to ten times the published value (our own span)"


@dataclass(frozen=True)
class Span:
    """What a slider covers, from position 0 to STEPS. at, value: where it stands first; published_at:
    where the published value lies; source: of the span."""

    name: str
    unit: str
    low: float
    high: float
    log: bool
    published: float
    published_at: int
    value: float
    at: int
    source: str


def span_of(model: Model, quantity: Quantity) -> Span:
    """The span of a quantity: of published fits where there are some, else around its published value."""
    published, value = model.with_published_values().typical[quantity.name], model.typical[quantity.name]
    ranges = [r.ranges[quantity.name] for r in model.ranges if quantity.name in r.ranges]
    if ranges:
        low, high = min(r.lowest for r in ranges), max(r.highest for r in ranges)
        source = f"lowest to highest of {len(ranges)} groups of published fits"
    elif quantity.bound == "fraction":
        low, high, source = 0.0, 1.0, "a fraction lies between 0 and 1"
    elif published > 0:
        low, high, source = published / 10, published * 10, OWN_SPAN
    else:
        low, high, source = 0.0, 1.0, "0 to 1, as nothing is published but 0 (our own span)"
    low, high = min(low, published), max(high, published)
    log = low > 0 and high / low >= DECADES
    at, published_at = (_position(v, low, high, log) for v in (value, published))
    return Span(quantity.name, quantity.unit, low, high, log, published, published_at, value, at, source)


def _position(value: float, low: float, high: float, log: bool) -> int:
    if log:
        part = math.log(max(value, low) / low) / math.log(high / low)
    else:
        part = (value - low) / (high - low)
    return round(STEPS * min(max(part, 0.0), 1.0))


def sliders(model: Model) -> list[dict]:
    """What `app.js` draws a slider from, one for each parameter that is no part of the equations, in
    groups: those that matter most, then those of each mechanism. Plain data: hundreds of components that a
    slider does not change would only slow it down."""
    groups = [(f.title, {q.name for q in f.structure.quantities}) for f in model.fragments]
    own = {q.name for q in model.structure.quantities}
    made: dict[str, dict] = {}
    for title, names in [*groups, (BASE, own)]:
        for q in model.quantities:
            if (
                q.name in names
                and q.name not in made
                and not q.fixed
                and (title == BASE or q.name not in own)
            ):
                made[q.name] = {"group": title, **_words(model, q), **asdict(span_of(model, q))}
    fragments = tuple(f.name for f in model.fragments)
    order = order_of(model.with_published_values()) if model.fitted else influential(model.name, fragments)
    first = [name for name in order if name in made]
    return [*(made.pop(name) | {"group": MOST} for name in first), *made.values()]


def _words(model: Model, quantity: Quantity) -> dict[str, str]:
    """Symbol, plain name, and where the published value and the span come from."""
    span = span_of(model, quantity)
    about = f"{quantity.name}: published {span.published:.4g} {quantity.unit}; {model.source_of(quantity.name).line()}; span "
    about += f"{span.low:.4g} to {span.high:.4g}, {span.source}{', logarithmic' if span.log else ''}."
    outside = "" if span.low <= span.value <= span.high else f"outside the span: {span.value:.6g}"
    symbol = plain_symbol(quantity.symbol) or quantity.name
    return {"symbol": symbol, "meaning": quantity.meaning, "about": about, "outside": outside}
