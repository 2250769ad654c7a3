"""SED-ML level 1 version 4: which model of an archive is simulated, to which times, and what is reported of
it."""

from xml.sax.saxutils import quoteattr

from livingdrug.export.sheet import sheet
from livingdrug.models import Model

_SEDML, _SBML = "http://sed-ml.org/sed-ml/level1/version4", "http://www.sbml.org/sbml/level3/version1/core"
_MATHML = "http://www.w3.org/1998/Math/MathML"
_CVODE = "KISAO:0000019"  # of the algorithms that other tools have, the nearest to ours


def sedml(model: Model, source: str, until: float, steps: int) -> str:
    """The text of a SED-ML document.

    Parameters
    ----------
    model : Model
    source : str
        Name of its SBML file beside this one.
    until : float
        Last time, in the model's time unit.
    steps : int
        Steps between times that are reported, from 0 on.

    Returns
    -------
    str
        A model, a uniform time course, a task, a report of the time and of all outputs, and a plot of the
        measured ones.
    """
    made = sheet(model)
    species = {thing.name for thing in made.species}
    names = {output.name: output for output in model.system.outputs}
    generators = [_generator("time", 'symbol="urn:sedml:symbol:time"')]
    for output, element in made.outputs.items():
        kind = ("Species", "species") if element in species else ("Parameters", "parameter")
        target = f"/sbml:sbml/sbml:model/sbml:listOf{kind[0]}/sbml:{kind[1]}[@id='{element}']"
        generators.append(_generator(output, f'target="{target}"'))
    labels = [("time", f"time ({made.time_unit})"), *((n, f"{n} ({names[n].unit})") for n in made.outputs)]
    shown = [n for n in made.outputs if names[n].measured] or list(made.outputs)[:1]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<sedML xmlns="{_SEDML}" xmlns:sbml="{_SBML}" level="1" version="4">',
        "  <listOfModels>",
        f'    <model id="model" name={quoteattr(made.title)} language="urn:sedml:language:sbml.level-3.version-1"'
        f' source="{source}"/>',
        "  </listOfModels>",
        "  <listOfSimulations>",
        '    <uniformTimeCourse id="course" initialTime="0" outputStartTime="0"'
        f' outputEndTime="{until!r}" numberOfSteps="{steps}">',
        f'      <algorithm kisaoID="{_CVODE}"/>',
        "    </uniformTimeCourse>",
        "  </listOfSimulations>",
        "  <listOfTasks>",
        '    <task id="run" modelReference="model" simulationReference="course"/>',
        "  </listOfTasks>",
        "  <listOfDataGenerators>",
        *generators,
        "  </listOfDataGenerators>",
        "  <listOfOutputs>",
        '    <report id="curves" name="outputs of the typical subject">',
        "      <listOfDataSets>",
        *(
            f'        <dataSet id="set_{name}" label={quoteattr(label)} dataReference="of_{name}"/>'
            for name, label in labels
        ),
        "      </listOfDataSets>",
        "    </report>",
        '    <plot2D id="figure" name="measured outputs">',
        "      <listOfCurves>",
        *(
            f'        <curve id="curve_{name}" logX="false" logY="true" xDataReference="of_time" yDataReference="of_{name}"/>'
            for name in shown
        ),
        "      </listOfCurves>",
        "    </plot2D>",
        "  </listOfOutputs>",
        "</sedML>",
    ]
    return "\n".join(lines) + "\n"


def _generator(name: str, what: str) -> str:
    return (
        f'    <dataGenerator id="of_{name}" name="{name}">\n'
        f'      <listOfVariables>\n        <variable id="{name}_" taskReference="run" {what}/>\n      </listOfVariables>\n'
        f'      <math xmlns="{_MATHML}"><ci>{name}_</ci></math>\n'
        "    </dataGenerator>"
    )
