"""Clearance, volumes and residence times as programs for small molecules give them, for comparison with those."""

import numpy as np

from livingdrug.nca import areas
from livingdrug.nca.blocks import Block, at, first_true
from livingdrug.nca.causes import Cause, marks
from livingdrug.nca.kinetics import Value
from livingdrug.nca.terminal import Terminal


def small_molecule(block: Block, rule: str, fit: Terminal, found: dict[str, Value], dose: np.ndarray) -> dict[str, Value]:
    """All parameters of `parameters.SMALL_MOLECULE`."""
    auc, ifo, ifp = (found[code] for code in ("AUCLST", "AUCIFO", "AUCIFP"))
    clst, tlst, lamz = found["CLST"].value, found["TLST"].value, fit.lamz
    aumc = areas.up_to_last(block, areas.segments(block, rule, areas.moment))
    rest = tlst / lamz + 1.0 / lamz**2
    aumc_ifo, aumc_ifp = aumc + clst * rest, aumc + fit.last_predicted * rest
    dosed = marks(block.n, (~np.isfinite(dose), Cause.NO_DOSE))
    terminal, infinite = found["LAMZ"].causes, ifo.causes
    lowest = np.where(block.kept, block.c, np.inf).min(axis=1)
    first = first_true(block.quantifiable)
    lag = np.where(first > 0, at(block.time, np.clip(first - 1, 0, block.time.shape[1] - 1)), 0.0)
    return {
        "CMIN": Value(np.where(np.isfinite(lowest), lowest, np.nan), found["TMAX"].causes),
        "LAMZSPN": Value(fit.span, terminal),
        "CORRXY": Value(-np.sqrt(fit.r2), terminal),
        "TLAG": Value(lag, found["TMAX"].causes),
        "XCLSTP": Value(fit.last_predicted, terminal),
        "AUCPEP": Value(100.0 * (ifp.value - auc.value) / ifp.value, infinite),
        "AUMCLST": Value(aumc, auc.causes),
        "AUMCIFO": Value(aumc_ifo, infinite),
        "AUMCIFP": Value(aumc_ifp, infinite),
        "AUMCPEO": Value(100.0 * (aumc_ifo - aumc) / aumc_ifo, infinite),
        "AUMCPEP": Value(100.0 * (aumc_ifp - aumc) / aumc_ifp, infinite),
        "MRTIVLST": Value(aumc / np.where(auc.value > 0, auc.value, np.nan), auc.causes),
        "MRTIVIFO": Value(aumc_ifo / ifo.value, infinite),
        "MRTIVIFP": Value(aumc_ifp / ifp.value, infinite),
        "CMAXD": Value(found["CMAX"].value / dose, found["CMAX"].causes | dosed),
        "AUCIFOD": Value(ifo.value / dose, infinite | dosed),
        "AUCIFPD": Value(ifp.value / dose, infinite | dosed),
        "CLO": Value(dose / ifo.value, infinite | dosed),
        "CLP": Value(dose / ifp.value, infinite | dosed),
        "VZO": Value(dose / (lamz * ifo.value), infinite | dosed),
        "VZP": Value(dose / (lamz * ifp.value), infinite | dosed),
    }
