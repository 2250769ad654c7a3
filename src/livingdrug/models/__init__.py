"""Models as data: states with roles, flows between them, numbers with units and sources, fragments joined
with `+`."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.core.sources import Source
    from livingdrug.models.about import WORDS, About
    from livingdrug.models.bounds import bounds_of, infused_outputs
    from livingdrug.models.build import build_model
    from livingdrug.models.catalogue import (
        find_models,
        get_fragment,
        get_model,
        is_built_in,
        list_fragments,
        list_models,
        list_runnable,
    )
    from livingdrug.models.elements import (
        Clock,
        Condition,
        Definition,
        Event,
        Flow,
        Output,
        Place,
        Quantity,
        State,
        Switch,
    )
    from livingdrug.models.equations import latex_equations, plain_equations
    from livingdrug.models.experiments import Anchor, Experiment
    from livingdrug.models.fitted import Estimated, Fitted, coefficient_name, numbers_hash, with_numbers
    from livingdrug.models.model import (
        Fragment,
        Fragments,
        Model,
        closed_form_of,
        find_quantity,
        flows_of,
        plain_symbol,
    )
    from livingdrug.models.parameters import (
        Bound,
        Correlation,
        Population,
        Range,
        Ranges,
        Residual,
        Values,
        Variability,
        check_value,
        lognormal,
    )
    from livingdrug.models.regimens import (
        FludarabineWindow,
        PreconditioningRegimen,
        fludarabine_windows,
        get_regimen,
        list_regimens,
    )
    from livingdrug.models.structure import (
        ClosedForm,
        ClosedOutput,
        EachWith,
        Mirror,
        Needs,
        Piece,
        Scale,
        Structure,
    )
    from livingdrug.models.system import System
    from livingdrug.models.text import ENDING, MODEL_FILE, is_model_file, model_files, read_model, to_toml

__all__ = [
    "FludarabineWindow",
    "PreconditioningRegimen",
    "fludarabine_windows",
    "get_regimen",
    "list_regimens",
    "ENDING",
    "MODEL_FILE",
    "WORDS",
    "About",
    "Anchor",
    "Bound",
    "Clock",
    "ClosedForm",
    "ClosedOutput",
    "Condition",
    "Correlation",
    "Definition",
    "EachWith",
    "Estimated",
    "Event",
    "Experiment",
    "Fitted",
    "Flow",
    "Fragment",
    "Fragments",
    "Mirror",
    "Model",
    "Needs",
    "Output",
    "Piece",
    "Place",
    "Population",
    "Quantity",
    "Range",
    "Ranges",
    "Residual",
    "Scale",
    "Source",
    "State",
    "Structure",
    "Switch",
    "System",
    "Values",
    "Variability",
    "bounds_of",
    "build_model",
    "check_value",
    "closed_form_of",
    "coefficient_name",
    "find_models",
    "find_quantity",
    "flows_of",
    "get_fragment",
    "get_model",
    "infused_outputs",
    "is_built_in",
    "is_model_file",
    "model_files",
    "latex_equations",
    "list_fragments",
    "list_models",
    "list_runnable",
    "lognormal",
    "numbers_hash",
    "plain_equations",
    "plain_symbol",
    "read_model",
    "to_toml",
    "with_numbers",
]

__getattr__, __dir__ = lazy(__name__)
