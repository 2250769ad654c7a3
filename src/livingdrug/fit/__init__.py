"""Fits of models to the data of subjects. The package is called as its verb: `ld.fit(problem)`."""

from livingdrug.core.faces import callable_package
from livingdrug.fit.as_model import as_model
from livingdrug.fit.bayes import Posterior, sample_posterior
from livingdrug.fit.before_dose import without_zeros
from livingdrug.fit.borrow import Borrowing, borrowed, fit_both, read_borrow
from livingdrug.fit.compare import MethodComparison, MethodRun, compare_methods
from livingdrug.fit.compare_models import ModelComparison, ModelRun, compare_models
from livingdrug.fit.conditional_residuals import with_conditional_residuals
from livingdrug.fit.covariate_relations import Relation, covariate_relations, relation_table
from livingdrug.fit.days import DaysResult, extra_days
from livingdrug.fit.design import LOWER, MEASURED, UPPER, Design, design_of
from livingdrug.fit.estimator import (
    Estimation,
    Estimator,
    all_estimators,
    estimator_of,
    method_label,
    method_titles,
    methods_that,
)
from livingdrug.fit.estimators.bayes import Bayes
from livingdrug.fit.estimators.focei import Conditional
from livingdrug.fit.estimators.individual import Individual
from livingdrug.fit.estimators.saem import Saem
from livingdrug.fit.eta_correlation import EtaCorrelation, correlation_table, eta_correlations
from livingdrug.fit.evaluate import evaluate
from livingdrug.fit.given import given_of, regimens_of
from livingdrug.fit.groups import Groups, compare_groups
from livingdrug.fit.importance import few_draws
from livingdrug.fit.individual_curves import Curves, curves_of
from livingdrug.fit.individual_posterior import IndividualPosterior, individual_posterior, log_density
from livingdrug.fit.intervals import FEWEST_KEPT, FEWEST_REFITS, Uncertainty
from livingdrug.fit.new_problem import new_problem
from livingdrug.fit.npde import Npde, npde
from livingdrug.fit.nuts import FEWEST_ESS, HIGHEST_R_HAT, Sampling
from livingdrug.fit.outcome_check import OutcomeCheck, outcome_check
from livingdrug.fit.outcome_problem import joint_problem
from livingdrug.fit.petab import PetabObjective, PetabValue, fit_petab
from livingdrug.fit.point import LOG, SCALE_CODE, Point, point_of, prepare
from livingdrug.fit.priors import Prior, as_priors, prior_density, priors_of, read_priors
from livingdrug.fit.problem import (
    Correlation,
    Effect,
    FitProblem,
    Parameter,
    ResidualError,
    outputs_of,
)
from livingdrug.fit.replicates import measured_values
from livingdrug.fit.result import EXIT_CODE, Estimate, FitResult, Objective
from livingdrug.fit.run import Progress, estimated, fit
from livingdrug.fit.sampled import Sampled, sampled_parameters
from livingdrug.fit.settle import with_all
from livingdrug.fit.sir import Sir, sir
from livingdrug.fit.size import size_caution
from livingdrug.fit.start import STEIN, start_values
from livingdrug.fit.uncertainty import RISE, Profile, bootstrap, profile
from livingdrug.fit.units import in_model_units
from livingdrug.fit.unknowns import Unknowns, unknowns_of
from livingdrug.fit.vpc import Panel, Vpc, vpc

__all__ = [
    "EXIT_CODE",
    "FEWEST_ESS",
    "FEWEST_KEPT",
    "FEWEST_REFITS",
    "HIGHEST_R_HAT",
    "LOG",
    "LOWER",
    "MEASURED",
    "RISE",
    "SCALE_CODE",
    "STEIN",
    "UPPER",
    "Bayes",
    "Borrowing",
    "Conditional",
    "Correlation",
    "Curves",
    "DaysResult",
    "Design",
    "Effect",
    "Estimate",
    "Estimation",
    "Estimator",
    "EtaCorrelation",
    "FitProblem",
    "FitResult",
    "Groups",
    "Individual",
    "IndividualPosterior",
    "MethodComparison",
    "MethodRun",
    "ModelComparison",
    "ModelRun",
    "Npde",
    "Objective",
    "OutcomeCheck",
    "Panel",
    "Parameter",
    "PetabObjective",
    "PetabValue",
    "Point",
    "Posterior",
    "Prior",
    "Profile",
    "Progress",
    "Relation",
    "ResidualError",
    "Saem",
    "Sampled",
    "Sampling",
    "Sir",
    "Uncertainty",
    "Unknowns",
    "Vpc",
    "all_estimators",
    "as_model",
    "as_priors",
    "fit_petab",
    "bootstrap",
    "borrowed",
    "compare_groups",
    "compare_methods",
    "compare_models",
    "correlation_table",
    "covariate_relations",
    "curves_of",
    "design_of",
    "estimated",
    "estimator_of",
    "eta_correlations",
    "evaluate",
    "extra_days",
    "few_draws",
    "fit",
    "fit_both",
    "given_of",
    "in_model_units",
    "individual_posterior",
    "joint_problem",
    "log_density",
    "measured_values",
    "method_label",
    "method_titles",
    "methods_that",
    "new_problem",
    "npde",
    "outcome_check",
    "outputs_of",
    "point_of",
    "prepare",
    "prior_density",
    "priors_of",
    "profile",
    "read_borrow",
    "read_priors",
    "regimens_of",
    "relation_table",
    "sample_posterior",
    "sampled_parameters",
    "sir",
    "size_caution",
    "start_values",
    "unknowns_of",
    "vpc",
    "with_all",
    "with_conditional_residuals",
    "without_zeros",
]

callable_package(__name__, fit)
