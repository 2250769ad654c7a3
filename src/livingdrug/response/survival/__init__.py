"""Times to an event: Kaplan-Meier curves, tests, regressions by Cox and by distributions."""
