"""Product attributes and clinical outcome: tables, signature scores, one at a time, together, and how far
that carries."""

from typing import TYPE_CHECKING

from livingdrug.core.faces import lazy

if TYPE_CHECKING:
    from livingdrug.attributes.area import Auc, auc, delong_difference, with_interval
    from livingdrug.attributes.association import Effect, Pooled, benjamini_hochberg, pool, relate
    from livingdrug.attributes.carried import MEAN, Ratio, drawn, ratios_of, read_ratio
    from livingdrug.attributes.composition import Composition, close, clr, pivot
    from livingdrug.attributes.design import (
        Detectable,
        auc_of,
        detectable,
        effect_of,
        patients_for,
        patients_to_learn,
        patients_to_validate,
    )
    from livingdrug.attributes.example import example_expression, example_products
    from livingdrug.attributes.firth import FirthFit, fit_firth, profile_interval, profile_p
    from livingdrug.attributes.halves import Stability, stability
    from livingdrug.attributes.leaks import Leak, leaks_of
    from livingdrug.attributes.learn import Crossed, Features, Plan, crossed, plan_for
    from livingdrug.attributes.learning import LearningStudy, sentences, study
    from livingdrug.attributes.learning_curve import Growth, growth
    from livingdrug.attributes.matrix import Expression, names_fault, read_matrix
    from livingdrug.attributes.model import Model, Prediction, build, load, predict, save
    from livingdrug.attributes.outcome import LEAST, MEASURE, NOTHING, Outcome
    from livingdrug.attributes.outcomes import outcome_of
    from livingdrug.attributes.penalised import elastic_net
    from livingdrug.attributes.product_table import Column, ProductTable
    from livingdrug.attributes.quality import Range, acceptance
    from livingdrug.attributes.scales import LIMIT, Treatment, analysed, applied, later, treatments
    from livingdrug.attributes.scores import METHODS, ScoreTable, Signature, rows_of, score
    from livingdrug.attributes.signatures import read_signatures
    from livingdrug.attributes.table import beside, check_products, joined, read_products

__getattr__, __dir__ = lazy(__name__)

__all__ = [
    "LEAST",
    "LIMIT",
    "Auc",
    "Column",
    "Composition",
    "Crossed",
    "Detectable",
    "Effect",
    "Expression",
    "Features",
    "FirthFit",
    "Growth",
    "Leak",
    "LearningStudy",
    "MEAN",
    "MEASURE",
    "METHODS",
    "Model",
    "NOTHING",
    "Outcome",
    "Plan",
    "Pooled",
    "Prediction",
    "ProductTable",
    "Range",
    "Ratio",
    "ScoreTable",
    "Signature",
    "Stability",
    "Treatment",
    "acceptance",
    "analysed",
    "applied",
    "auc",
    "auc_of",
    "benjamini_hochberg",
    "beside",
    "build",
    "check_products",
    "close",
    "clr",
    "crossed",
    "delong_difference",
    "detectable",
    "drawn",
    "effect_of",
    "elastic_net",
    "example_expression",
    "example_products",
    "fit_firth",
    "growth",
    "joined",
    "later",
    "leaks_of",
    "load",
    "names_fault",
    "outcome_of",
    "patients_for",
    "patients_to_learn",
    "patients_to_validate",
    "pivot",
    "plan_for",
    "pool",
    "predict",
    "profile_interval",
    "profile_p",
    "ratios_of",
    "read_matrix",
    "read_products",
    "read_ratio",
    "read_signatures",
    "relate",
    "rows_of",
    "save",
    "score",
    "sentences",
    "stability",
    "study",
    "treatments",
    "with_interval",
]
