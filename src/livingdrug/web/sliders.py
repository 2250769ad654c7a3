"""Sliders for the parameters of a model: which span each covers, and how it is shown."""

import math
from dataclasses import asdict, dataclass

from dash import dcc, html

from livingdrug.models import Model
from livingdrug.models.model import plain_symbol
from livingdrug.models.structure import Quantity

STEPS = 1000
DECADES = 20  # a span whose ends are this many times apart is shown on a logarithmic scale
OWN_SPAN = "a tenth to ten times the published value (our own span)"


@dataclass(frozen=True)
class Span:
    """What a slider covers, from position 0 to STEPS. at, value: where it stands first; published_at: where the published
    value lies; source: of the span."""

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


def slider(model: Model, quantity: Quantity, span: Span) -> html.Div:
    """One labelled native range input with its value, unit, published value, source and span."""
    ident = {"type": "slider", "name": quantity.name}
    dom = f'{{"name":"{quantity.name}","type":"slider"}}'  # how Dash writes the id of the element
    symbol = plain_symbol(quantity.symbol)
    about = f"{quantity.name}: published {span.published:.4g} {quantity.unit}; {model.source_of(quantity.name).line()}; span "
    about += f"{span.low:.4g} to {span.high:.4g}, {span.source}{', logarithmic' if span.log else ''}"
    outside = not span.low <= span.value <= span.high
    note = [html.Span(f"outside the span: {span.value:.6g}", className="amber")] if outside else []
    return html.Div(
        className="slider",
        children=[
            html.Label([html.B(symbol or quantity.name), f" {quantity.meaning}"], htmlFor=dom),
            html.Output(f"{span.value:.4g} {quantity.unit}", className="value", id=f"value-{quantity.name}"),
            dcc.Input(id=ident, type="range", min=0, max=STEPS, step=1, value=span.at, className="range"),
            html.Details([html.Summary(f"about {symbol or quantity.name}"), html.P(about)]),
            *note,
        ],
    )


def sliders(model: Model) -> tuple[list[html.Details], list[dict]]:
    """Groups of sliders, the mechanisms first, and their spans in the same order."""
    groups = [(f.title, [q.name for q in f.structure.quantities]) for f in model.fragments]
    own = {q.name for q in model.structure.quantities}
    groups.append((f"{model.name}", sorted(own, key=list(model.typical).index)))
    taken: set[str] = set()
    made, spans = [], []
    for title, names in groups:
        quantities = [q for q in model.quantities if q.name in names and q.name not in taken and not q.fixed]
        if model.fragments and title != model.name:
            quantities = [q for q in quantities if q.name not in own]
        taken |= {q.name for q in quantities}
        if not quantities:
            continue
        mine = [span_of(model, q) for q in quantities]
        spans += [asdict(s) for s in mine]
        children = [slider(model, q, s) for q, s in zip(quantities, mine, strict=True)]
        made.append(html.Details([html.Summary(f"{title} ({len(mine)})"), *children], open=True))
    return made, spans
