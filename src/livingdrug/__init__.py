"""Quantitative pharmacology of engineered T cells: `import livingdrug as ld`, then `ld.` and Tab."""

from livingdrug.core.faces import lazy

__version__ = "0.1.0"

TYPE_CHECKING = False
# each name is loaded when it is first used, so that `import livingdrug` and `livingdrug --help` stay fast
if TYPE_CHECKING:
    from livingdrug.core.export import write_csv
    from livingdrug.data import Data, Reading, check, read_data
    from livingdrug.export import data_file, model_text
    from livingdrug.fit import (
        Correlation,
        Effect,
        FitProblem,
        FitResult,
        Prior,
        ResidualError,
        Sampling,
        bootstrap,
        compare_methods,
        compare_models,
        estimated,
        evaluate,
        fit,
        new_problem,
        npde,
        sample_posterior,
        sir,
        start_values,
        vpc,
    )
    from livingdrug.forecast import Forecast, forecast
    from livingdrug.models import (
        Fragment,
        Model,
        get_fragment,
        get_model,
        list_fragments,
        list_models,
        read_model,
    )
    from livingdrug.nca import NcaResult, NcaSettings, TerminalPoints, nca
    from livingdrug.plots import (
        plot_comparison,
        plot_curves,
        plot_profile,
        plot_profiles,
        plot_response,
        plot_spaghetti,
        plot_survival,
    )
    from livingdrug.products import compare, exposure_facts, get_curve, list_curves, list_products
    from livingdrug.response import (
        Curve,
        Sample,
        TherapeuticIndex,
        exposure_at,
        fit_response,
        kaplan_meier,
        paired,
        therapeutic_index,
    )
    from livingdrug.scale import exposures
    from livingdrug.sensitivity import Sensitivity, sensitivity
    from livingdrug.simulation import (
        Dose,
        Regimen,
        Reset,
        Result,
        Subjects,
        default_until,
        draw_subjects,
        observe,
        read_dose,
        simulate,
        typical_subject,
    )
    from livingdrug.trial import (
        Arm,
        Endpoint,
        Escalation,
        Level,
        OneArm,
        PowerAnswer,
        Smallest,
        Trial,
        TrialAnswer,
        one_arm,
        power,
        simulate_escalation,
        simulate_trial,
        size_grid,
        smallest_difference,
    )

__all__ = [
    # models
    "Fragment",
    "Model",
    "get_fragment",
    "get_model",
    "list_fragments",
    "list_models",
    "read_model",
    # simulation
    "Dose",
    "Regimen",
    "Reset",
    "Result",
    "Subjects",
    "default_until",
    "draw_subjects",
    "exposures",
    "observe",
    "read_dose",
    "simulate",
    "typical_subject",
    # data of subjects, and cellular kinetics without a model
    "Data",
    "NcaResult",
    "NcaSettings",
    "Reading",
    "TerminalPoints",
    "check",
    "nca",
    "read_data",
    "write_csv",
    # fits of populations
    "Correlation",
    "Effect",
    "FitProblem",
    "FitResult",
    "Prior",
    "ResidualError",
    "Sampling",
    "bootstrap",
    "compare_methods",
    "compare_models",
    "estimated",
    "evaluate",
    "fit",
    "new_problem",
    "npde",
    "sample_posterior",
    "sir",
    "start_values",
    "vpc",
    # what drives an exposure
    "Sensitivity",
    "sensitivity",
    # the further course of single patients
    "Forecast",
    "forecast",
    # exposure and response
    "Curve",
    "Sample",
    "TherapeuticIndex",
    "exposure_at",
    "fit_response",
    "kaplan_meier",
    "paired",
    "therapeutic_index",
    # trials
    "Arm",
    "Endpoint",
    "Escalation",
    "Level",
    "OneArm",
    "PowerAnswer",
    "Smallest",
    "Trial",
    "TrialAnswer",
    "one_arm",
    "power",
    "simulate_escalation",
    "simulate_trial",
    "size_grid",
    "smallest_difference",
    # published products
    "compare",
    "exposure_facts",
    "get_curve",
    "list_curves",
    "list_products",
    # for other tools, and figures
    "data_file",
    "model_text",
    "plot_comparison",
    "plot_curves",
    "plot_profile",
    "plot_profiles",
    "plot_response",
    "plot_spaghetti",
    "plot_survival",
]

__getattr__, __dir__ = lazy(__name__)
