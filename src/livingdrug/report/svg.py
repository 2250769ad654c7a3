"""A figure as SVG within a page: what draws stays; what runs, fetches or embeds goes. A file may come from
somebody else."""

import re
import xml.etree.ElementTree as ET

from livingdrug.core.errors import InputError

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
DRAWING = frozenset(
    (
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "clipPath",
        "mask",
        "marker",
        "pattern",
        "linearGradient",
        "radialGradient",
        "stop",
        "image",
        "style",
        "title",
        "desc",
    )
)
TEXTS = tuple(f"{{{SVG}}}{name}" for name in ("style", "title", "desc"))
# what a style sheet may not say: to load, to import, or to hide that by an escape
_FETCHING = re.compile(
    r"@|\\|expression|behavior|-moz-binding|url\(\s*(?!['\"]?#)|image-set|src\s*\(", re.IGNORECASE
)
_HERE = re.compile(r"#[\w.:-]+")
_PICTURE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*")
_NAME = re.compile(r"[^\w-]+")


def clean_svg(text: str, name: str) -> str:
    """The drawing in an SVG text, with its ids set apart by `name` from those of other drawings on the page.

    Elements other than DRAWING go with all they hold, event handlers and addresses outside the drawing go,
    and styles that would fetch. The same text gives the same bytes. Raises InputError where the text is no
    SVG.
    """
    try:
        # a document type, which could declare entities, can only stand before the drawing
        root = ET.fromstring(text[text.index("<svg") :])
    except (ValueError, ET.ParseError, RecursionError) as error:
        raise InputError(
            f"the figure of `{_NAME.sub('-', name)[:40]}` is no SVG ({error}); run the scenario again"
        ) from None
    if root.tag != f"{{{SVG}}}svg":
        raise InputError(f"the figure of `{_NAME.sub('-', name)[:40]}` is no SVG; run the scenario again")
    prefix = _NAME.sub("-", name)
    _clean(root, prefix)
    try:
        ET.register_namespace("", SVG)
        ET.register_namespace("xlink", XLINK)
        return ET.tostring(root, encoding="unicode")
    except RecursionError:
        raise InputError(
            f"the figure of `{prefix[:40]}` is nested too deep; run the scenario again"
        ) from None


def _clean(root: ET.Element, prefix: str) -> None:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        _clean_attributes(element, prefix)
        if element.tag in TEXTS:
            element[:] = []  # within them, a page would read elements as its own
        if element.tag == f"{{{SVG}}}style" and _FETCHING.search(element.text or ""):
            element.text = ""
        for child in list(element):
            if (
                isinstance(child.tag, str)
                and child.tag.startswith(f"{{{SVG}}}")
                and child.tag[len(SVG) + 2 :] in DRAWING
            ):
                waiting.append(child)
            else:
                _take_out(element, child)


def _take_out(element: ET.Element, child: ET.Element) -> None:
    """Remove a child but not the text after it."""
    place = list(element).index(child)
    if place:
        element[place - 1].tail = (element[place - 1].tail or "") + (child.tail or "")
    else:
        element.text = (element.text or "") + (child.tail or "")
    element.remove(child)


def _clean_attributes(element: ET.Element, prefix: str) -> None:
    image = element.tag == f"{{{SVG}}}image"
    for name, value in list(element.attrib.items()):
        local = name.rpartition("}")[2].lower()
        if local == "id":
            kept = f"{prefix}-{value}"
        elif local == "href":
            kept = f"#{prefix}-{value[1:]}" if _HERE.fullmatch(value) else None
            kept = value if image and _PICTURE.fullmatch(value) else kept
        elif (
            local.startswith("on")
            or local in ("src", "base", "action", "formaction")
            or _FETCHING.search(value)
        ):
            kept = None
        else:
            kept = re.sub(r"url\(\s*(['\"]?)#", rf"url(\g<1>#{prefix}-", value, flags=re.IGNORECASE)
        if kept is None:
            del element.attrib[name]
        else:
            element.attrib[name] = kept
