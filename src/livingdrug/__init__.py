"""Quantitative pharmacology of engineered T cells."""

__version__ = "0.1.0"

_HOMES = {
    "get_model": "livingdrug.models.catalogue",
    "get_fragment": "livingdrug.models.catalogue",
    "list_models": "livingdrug.models.catalogue",
    "list_fragments": "livingdrug.models.catalogue",
    "read_model": "livingdrug.models.text",
    "read_dose": "livingdrug.simulation.dose_text",
    "default_until": "livingdrug.simulation.run",
    "simulate": "livingdrug.simulation",
    "draw_subjects": "livingdrug.simulation",
    "observe": "livingdrug.simulation",
    "Dose": "livingdrug.simulation",
    "Regimen": "livingdrug.simulation",
    "Reset": "livingdrug.simulation",
    "exposures": "livingdrug.scale",
    "model_text": "livingdrug.export",
    "data_file": "livingdrug.export",
    "check": "livingdrug.data",
    "read_data": "livingdrug.data",
    "Reading": "livingdrug.data",
    "NcaSettings": "livingdrug.nca",
    "fit": "livingdrug.fit",
    "evaluate": "livingdrug.fit",
    "FitProblem": "livingdrug.fit",
    "compare": "livingdrug.products",
    "write_csv": "livingdrug.core.export",
    "Sample": "livingdrug.response",
    "fit_response": "livingdrug.response",
    "plot_response": "livingdrug.plots",
    "plot_survival": "livingdrug.plots",
    "therapeutic_index": "livingdrug.response",
    "plot_curves": "livingdrug.plots",
    "plot_profile": "livingdrug.plots",
    "plot_profiles": "livingdrug.plots",
    "plot_spaghetti": "livingdrug.plots",
    "plot_comparison": "livingdrug.plots",
}
__all__ = [*_HOMES]


def __getattr__(name: str):
    # imported on first use, so that `import livingdrug` and `livingdrug --help` stay fast
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module `livingdrug` has no attribute `{name}`")
