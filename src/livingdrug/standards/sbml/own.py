"""What a file that was written here says beyond SBML: roles, places, kinds of flow, where doses enter."""

# names the attributes of our annotation, for writer and reader; nothing is fetched there
OWN = "https://livingdrug.org/sbml"


def facts_of(element, *keys: str) -> dict[str, str]:
    """The wanted attributes of our annotation of an element; what is not there is left out."""
    found: dict[str, str] = {}
    annotation = element.getAnnotation() if element.isSetAnnotation() else None
    if annotation is None:
        return found
    for i in range(annotation.getNumChildren()):
        node = annotation.getChild(i)
        if node.getURI() == OWN:
            found |= {key: node.getAttrValue(key) for key in keys if node.getAttrValue(key)}
    return found
