"""What a table of simulated subjects says of each of them: its status."""

OK = "ok"
UNPHYSICAL = "unphysical"  # computed, and no patient can be like this
# not computed to the end: the solver gave up, a formula does not hold, a dose has no steady state
NOT_COMPUTED = ("step_limit", "not_finite", "step_failed", "negative", "invalid", "no_steady_state")
NO_EXPOSURE = "no_exposure"  # computed, and not every exposure that is asked for is determined
EVERY = (OK, UNPHYSICAL, *NOT_COMPUTED, NO_EXPOSURE)
