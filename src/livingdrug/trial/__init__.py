"""Trials: how many subjects, and what they would show."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.trial.assurance import assurance, assured_power, with_assurance
    from livingdrug.trial.binomial import OneStage, TwoStage, one_stage, simon
    from livingdrug.trial.checks import check_trial
    from livingdrug.trial.design import (
        BINARY,
        LOGARITHMIC,
        Arm,
        Endpoint,
        EndpointKind,
        Futility,
        Multiplicity,
        Trial,
    )
    from livingdrug.trial.dose_finding import EscalationAnswer, simulate_escalation
    from livingdrug.trial.escalation import Escalation, Level, boin_boundaries, boin_table
    from livingdrug.trial.events import power_log_rank
    from livingdrug.trial.grid import SizeGrid, size_grid
    from livingdrug.trial.multiplicity import dunnett_critical
    from livingdrug.trial.one_arm import (
        OneArm,
        claim_probability,
        design_row,
        expected_patients,
        one_arm,
        smallest_rate_of_one_arm,
    )
    from livingdrug.trial.over_sizes import PowerCurve, power_curve
    from livingdrug.trial.power import (
        Design,
        PowerAnswer,
        effect_of_fold,
        log_sd_of_auc28,
        power,
        size_for_fold,
        size_for_hazards,
        size_for_means,
        size_for_proportions,
    )
    from livingdrug.trial.result import Assurance, Assured, EndpointAnswer, Share, TrialAnswer
    from livingdrug.trial.run import simulate_trial
    from livingdrug.trial.sample_size import power_proportions, power_t, sample_size_t
    from livingdrug.trial.smallest import (
        Smallest,
        SmallestCurve,
        smallest_curve,
        smallest_difference,
        smallest_effect,
        smallest_fold,
        smallest_rate,
        strongest_hazard_ratio,
    )
    from livingdrug.trial.welch import power_welch

__all__ = [
    "Assurance", "Assured", "assurance", "assured_power", "with_assurance",
    "BINARY", "LOGARITHMIC", "Arm", "Design", "Endpoint", "EndpointAnswer", "EndpointKind", "Escalation",
    "EscalationAnswer", "Futility", "Level", "Multiplicity", "PowerAnswer", "PowerCurve", "Share", "SizeGrid",
    "Trial", "TrialAnswer", "boin_boundaries", "boin_table", "check_trial", "dunnett_critical",
    "effect_of_fold", "log_sd_of_auc28", "power", "power_curve", "power_log_rank", "power_proportions",
    "OneStage", "TwoStage", "one_stage", "simon", "smallest_effect", "smallest_fold", "smallest_rate",
    "strongest_hazard_ratio", "OneArm", "Smallest", "SmallestCurve", "claim_probability", "design_row",
    "expected_patients",
    "one_arm", "smallest_curve", "smallest_difference", "smallest_rate_of_one_arm",
    "power_t", "power_welch", "sample_size_t", "simulate_escalation", "simulate_trial", "size_for_fold",
    "size_for_hazards", "size_for_means", "size_for_proportions", "size_grid",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__)
