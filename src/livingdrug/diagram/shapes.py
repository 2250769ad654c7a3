"""What a laid-out diagram consists of. Lengths in CSS pixels, y downwards."""

from dataclasses import dataclass

from livingdrug.diagram.measure import text_width

Point = tuple[float, float]


@dataclass(frozen=True)
class Rect:
    """A box.

    Attributes
    ----------
    x, y : float
        Its upper left corner.
    width, height : float
        Its size.
    fill, line : str
        Colours of the area and of the outline, as SVG writes them.
    round : float
        Radius of its corners.
    names : str
        The state that it stands for, empty for decoration.
    """

    x: float
    y: float
    width: float
    height: float
    fill: str = "#ffffff"
    line: str = ""
    round: float = 4.0
    names: str = ""

    def shifted(self, dx: float, dy: float) -> "Rect":
        """The same box elsewhere."""
        return Rect(
            self.x + dx, self.y + dy, self.width, self.height, self.fill, self.line, self.round, self.names
        )


@dataclass(frozen=True)
class Words:
    """One line of text.

    Attributes
    ----------
    x, y : float
        The middle of its height, at its start, middle or end by `anchor`.
    text : str
        What it says.
    size : float
        Height of its letters.
    bold : bool
        Whether it is bold.
    anchor : str
        Start, middle or end.
    colour : str
        Of the letters.
    """

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    anchor: str = "start"
    colour: str = "#222222"

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the letters."""
        width = text_width(self.text, self.size, self.bold)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return left, self.y - 0.58 * self.size, left + width, self.y + 0.58 * self.size

    def shifted(self, dx: float, dy: float) -> "Words":
        """The same text elsewhere."""
        return Words(self.x + dx, self.y + dy, self.text, self.size, self.bold, self.anchor, self.colour)


@dataclass(frozen=True)
class Curve:
    """A line through cubic pieces.

    Attributes
    ----------
    points : tuple of Point
        The first point, then two control points and an end for each piece.
    colour : str
        Of the line.
    width : float
        Of the line.
    dashed : bool
        Whether it is dashed.
    """

    points: tuple[Point, ...]
    colour: str = "#444444"
    width: float = 1.4
    dashed: bool = False

    def shifted(self, dx: float, dy: float) -> "Curve":
        """The same line elsewhere."""
        return Curve(tuple((x + dx, y + dy) for x, y in self.points), self.colour, self.width, self.dashed)


@dataclass(frozen=True)
class Head:
    """An arrowhead.

    Attributes
    ----------
    points : tuple[Point, Point, Point]
        Its tip and the two corners behind.
    colour : str
        Of the area.
    """

    points: tuple[Point, Point, Point]
    colour: str = "#444444"

    def shifted(self, dx: float, dy: float) -> "Head":
        """The same arrowhead elsewhere."""
        first, second, third = ((x + dx, y + dy) for x, y in self.points)
        return Head((first, second, third), self.colour)


Shape = Rect | Words | Curve | Head


@dataclass(frozen=True)
class Diagram:
    """A drawing.

    Attributes
    ----------
    width, height : float
        Its size.
    shapes : tuple of Shape
        What stands on it, from the lowest layer to the uppermost.
    said : str
        What it shows in words.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    said: str

    def of(self, kind: type) -> list:
        """All shapes of one kind."""
        return [shape for shape in self.shapes if isinstance(shape, kind)]
