"""Small SBML documents for the tests."""

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="http://www.sbml.org/sbml/level3/version{v}/core" level="3" '
    'version="{v}"{more}><model id="m"{attributes}>'
)
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'


def document(body: str, attributes: str = "", version: int = 2, more: str = "") -> str:
    """A document with this content of its model."""
    return HEAD.format(v=version, attributes=attributes, more=more) + body + "</model></sbml>"


def math(formula: str) -> str:
    """MathML of an infix formula."""
    import libsbml

    text = libsbml.writeMathMLToString(libsbml.parseL3Formula(formula))
    return text[text.index("<math") :]


def parameters(constant: bool = True, **values: float | None) -> str:
    """A list of parameters; None: no value."""
    rows = [
        f'<parameter id="{name}"{"" if value is None else f" value={chr(34)}{value!r}{chr(34)}"} '
        f'constant="{str(constant).lower()}"/>'
        for name, value in values.items()
    ]
    return "".join(rows)


def species(name: str, more: str = "", **start: float) -> str:
    """A species in the compartment c; start: initialAmount or initialConcentration."""
    given = "".join(f' {key}="{value!r}"' for key, value in start.items())
    flags = {"hasOnlySubstanceUnits": "false", "boundaryCondition": "false", "constant": "false"}
    rest = "".join(f' {key}="{value}"' for key, value in flags.items() if key not in more)
    return f'<species id="{name}" compartment="c"{given}{rest} {more}/>'


def reaction(
    name: str, law: str, reactants: dict[str, float], products: dict[str, float], more: str = ""
) -> str:
    """An irreversible reaction with its rate in amount per time."""

    def side(word: str, given: dict[str, float]) -> str:
        rows = "".join(
            f'<speciesReference species="{s}" stoichiometry="{n}" constant="true"/>' for s, n in given.items()
        )
        return f"<listOf{word}>{rows}</listOf{word}>" if rows else ""

    used = ""
    return (
        f'<reaction id="{name}" reversible="false" {more}>{side("Reactants", reactants)}{side("Products", products)}{used}'
        f"<kineticLaw>{math(law)}</kineticLaw></reaction>"
    )


def model(
    species_rows: str = "",
    reactions: str = "",
    parameter_rows: str = "",
    size: str = 'size="1"',
    before: str = "",
    rules: str = "",
    starts: str = "",
    events: str = "",
    attributes: str = "",
    more: str = "",
    version: int = 2,
    constant: str = "true",
) -> str:
    """A document with one compartment c."""

    def listed(word: str, rows: str) -> str:
        return f"<listOf{word}>{rows}</listOf{word}>" if rows else ""

    compartment = f'<compartment id="c" spatialDimensions="3" {size} constant="{constant}"/>'
    body = (
        before
        + listed("Compartments", compartment)
        + listed("Species", species_rows)
        + listed("Parameters", parameter_rows)
    )
    body += listed("InitialAssignments", starts) + listed("Rules", rules) + listed("Reactions", reactions)
    return document(body + listed("Events", events), attributes, version, more)


def rule(kind: str, formula: str, variable: str = "") -> str:
    """An assignment, rate or algebraic rule."""
    return f"<{kind}Rule" + (f' variable="{variable}"' if variable else "") + f">{math(formula)}</{kind}Rule>"


def start(symbol: str, formula: str) -> str:
    """An initial assignment."""
    return f'<initialAssignment symbol="{symbol}">{math(formula)}</initialAssignment>'


def event(
    name: str,
    trigger: str,
    assign: dict[str, str],
    delay: str = "",
    priority: str = "",
    persistent: bool = True,
    initially: bool = True,
    at_trigger: bool = True,
) -> str:
    """An event."""
    flag = {True: "true", False: "false"}
    rows = "".join(f'<eventAssignment variable="{v}">{math(f)}</eventAssignment>' for v, f in assign.items())
    return (
        f'<event id="{name}" useValuesFromTriggerTime="{flag[at_trigger]}"><trigger initialValue="{flag[initially]}" '
        f'persistent="{flag[persistent]}">{math(trigger)}</trigger>'
        + (f"<delay>{math(delay)}</delay>" if delay else "")
        + (f"<priority>{math(priority)}</priority>" if priority else "")
        + f"<listOfEventAssignments>{rows}</listOfEventAssignments></event>"
    )
