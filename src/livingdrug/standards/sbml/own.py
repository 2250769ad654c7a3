"""What a file that was written here says beyond SBML: roles, places, kinds of flow, where doses enter."""

OWN = "https://livingdrug.org/sbml"


def facts_of(element, *keys: str) -> dict[str, str]:
    """The wanted attributes of our annotation of an element; what is not there is left out."""
    annotation = element.getAnnotation() if element.isSetAnnotation() else None
    found: dict[str, str] = {}
    for i in range(annotation.getNumChildren() if annotation is not None else 0):
        node = annotation.getChild(i)
        if node.getURI() == OWN:
            found |= {key: node.getAttrValue(key) for key in keys if node.getAttrValue(key)}
    return found
