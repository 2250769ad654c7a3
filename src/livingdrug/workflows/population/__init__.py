"""Virtual population that looks like published patients.

Candidates of a model are weighted, or accepted by chance, until CMAX, TMAX, AUC28 and response are
distributed as published; the population is written as a model that `simulate` and all others take.
"""
