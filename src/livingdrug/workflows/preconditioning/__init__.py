"""Regimens of preconditioning side by side.

Exposure of fludarabine against published windows, depth and recovery of host T cells, and what that does to
CAR-T cells; with a stated link also to response.
"""
