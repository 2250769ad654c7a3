"""A diagram as SVG: text stays text, nothing is fetched, the same model gives the same bytes."""

from xml.sax.saxutils import escape, quoteattr

from livingdrug.diagram.shapes import Curve, Diagram, Head, Rect, Shape, Words

FONT = "DejaVu Sans, Verdana, Arial, Helvetica, sans-serif"


def to_svg(diagram: Diagram) -> str:
    """The text of an SVG file.

    Parameters
    ----------
    diagram : Diagram
        As from `diagram_of`.

    Returns
    -------
    str
        SVG with `title` as its description for readers that do not see it.
    """
    width, height = _n(diagram.width), _n(diagram.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family={quoteattr(FONT)}><title>{escape(diagram.said)}</title>'
    )
    ground = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    return "\n".join([head, ground, *map(_shape, diagram.shapes), "</svg>\n"])


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _shape(shape: Shape) -> str:
    match shape:
        case Rect():
            line = f' stroke="{shape.line}"' if shape.line else ""
            place = (
                f'x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}"'
            )
            return f'<rect {place} rx="{_n(shape.round)}" fill="{shape.fill}"{line}/>'
        case Words():
            bold = ' font-weight="bold"' if shape.bold else ""
            anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
            place = f'x="{_n(shape.x)}" y="{_n(shape.y + 0.36 * shape.size)}" font-size="{_n(shape.size)}"'
            return f'<text {place} fill="{shape.colour}"{bold}{anchor}>{escape(shape.text)}</text>'
        case Curve():
            first, *rest = (f"{_n(x)} {_n(y)}" for x, y in shape.points)
            pieces = "".join(
                f" C{a} {b} {c}" for a, b, c in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
            )
            dash = ' stroke-dasharray="5 4"' if shape.dashed else ""
            return f'<path d="M{first}{pieces}" fill="none" stroke="{shape.colour}" stroke-width="{_n(shape.width)}"{dash}/>'
        case Head():
            return f'<path d="M{" L".join(f"{_n(x)} {_n(y)}" for x, y in shape.points)} Z" fill="{shape.colour}"/>'
