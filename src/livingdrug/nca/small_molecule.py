"""Clearance, volumes and residence times as programs for small molecules give them, for comparison with
those."""

from functools import partial

import numpy as np

from livingdrug.nca import areas
from livingdrug.nca.analysis import Analysis, Value
from livingdrug.nca.blocks import at, first_true
from livingdrug.nca.registry import AREA_PER_DOSE, CLEARANCE, LEVEL, MOMENT, PER_DOSE, TIME, VOLUME, parameter

_parameter = partial(parameter, small_molecule=True)


def _rest(a: Analysis) -> np.ndarray:
    """First moment behind TLST over the level there: TLST/LAMZ + 1/LAMZ^2."""
    return a["TLST"].value / a.terminal.lamz + 1.0 / a.terminal.lamz**2


def _dosed(a: Analysis) -> np.ndarray:
    return a["AUCIFO"].causes | a.no_dose


@_parameter(
    "CMIN",
    unit=LEVEL,
    meaning="lowest level",
    plain="lowest value used",
    from_infusion=False,
    pknca="cmin",
    phoenix="Cmin",
)
def lowest(a: Analysis) -> Value:
    """The lowest value used, those below the limit as the rule counts them."""
    lowest = np.where(a.block.kept, a.block.c, np.inf).min(axis=1)
    return Value(np.where(np.isfinite(lowest), lowest, np.nan), a["TMAX"].causes)


@_parameter(
    "LAMZSPN",
    unit="1",
    meaning="half-lives that the terminal points span",
    plain="(LAMZUL - LAMZLL) / LAMZHL",
    from_infusion=False,
    pknca="span.ratio",
    phoenix="Span",
)
def span(a: Analysis) -> Value:
    """(LAMZUL - LAMZLL) / LAMZHL."""
    return Value(a.terminal.span, a["LAMZ"].causes)


@_parameter(
    "CORRXY",
    unit="1",
    meaning="correlation of the terminal fit",
    plain="of the terminal fit",
    from_infusion=False,
    phoenix="Corr_XY",
)
def correlation(a: Analysis) -> Value:
    """Correlation of ln level and time, which is negative."""
    return Value(-np.sqrt(a.terminal.r2), a["LAMZ"].causes)


@_parameter(
    "TLAG",
    unit=TIME,
    meaning="last time before the first quantifiable value, 0 if that is the first sample",
    plain="lag",
    from_infusion=False,
    pknca="tlag",
    phoenix="Tlag",
)
def lag(a: Analysis) -> Value:
    """Time of the sample before the first quantifiable one."""
    first = first_true(a.block.quantifiable)
    before = at(a.block.time, np.clip(first - 1, 0, a.block.time.shape[1] - 1))
    return Value(np.where(first > 0, before, 0.0), a["TMAX"].causes)


@_parameter(
    "XCLSTP",
    unit=LEVEL,
    meaning="fitted level at TLST",
    plain="terminal fit at TLST",
    from_infusion=False,
    pknca="clast.pred",
    phoenix="Clast_pred",
)
def fitted_last_level(a: Analysis) -> Value:
    """The terminal fit at TLST."""
    return Value(a.terminal.last_predicted, a["LAMZ"].causes)


@_parameter(
    "AUCPEP",
    unit="%",
    meaning="part of AUCIFP that is extrapolated",
    plain="100 (AUCIFP - AUCLST) / AUCIFP",
    pknca="aucpext.pred",
    phoenix="AUC_%Extrap_pred",
)
def fitted_extrapolated_percent(a: Analysis) -> Value:
    """100 (AUCIFP - AUCLST) / AUCIFP."""
    whole = a["AUCIFP"].value
    return Value(100.0 * (whole - a["AUCLST"].value) / whole, a["AUCIFO"].causes)


@_parameter(
    "AUMCLST",
    unit=MOMENT,
    meaning="AUMC to TLST",
    plain="trapezoids to TLST",
    pknca="aumclast",
    phoenix="AUMClast",
)
def moment_to_last(a: Analysis) -> Value:
    """Trapezoids of time x level up to TLST."""
    parts = areas.segments(a.block, a.settings.auc, areas.moment)
    return Value(areas.up_to_last(a.block, parts), a["AUCLST"].causes)


@_parameter(
    "AUMCIFO",
    unit=MOMENT,
    meaning="AUMC to infinity",
    plain="AUMCLST + CLST (TLST/LAMZ + 1/LAMZ^2)",
    pknca="aumcinf.obs",
    phoenix="AUMCINF_obs",
)
def moment_to_infinity(a: Analysis) -> Value:
    """AUMCLST + CLST (TLST/LAMZ + 1/LAMZ^2)."""
    return Value(a["AUMCLST"].value + a["CLST"].value * _rest(a), a["AUCIFO"].causes)


@_parameter(
    "AUMCIFP",
    unit=MOMENT,
    meaning="AUMC to infinity from the fitted last level",
    plain="as AUMCIFO, with the fitted level",
    pknca="aumcinf.pred",
    phoenix="AUMCINF_pred",
)
def fitted_moment_to_infinity(a: Analysis) -> Value:
    """As AUMCIFO, with the fitted level at TLST."""
    return Value(a["AUMCLST"].value + a.terminal.last_predicted * _rest(a), a["AUCIFO"].causes)


@_parameter(
    "AUMCPEO",
    unit="%",
    meaning="part of AUMCIFO that is extrapolated",
    plain="100 (AUMCIFO - AUMCLST) / AUMCIFO",
    phoenix="AUMC_%Extrap_obs",
)
def moment_extrapolated_percent(a: Analysis) -> Value:
    """100 (AUMCIFO - AUMCLST) / AUMCIFO."""
    whole = a["AUMCIFO"].value
    return Value(100.0 * (whole - a["AUMCLST"].value) / whole, a["AUCIFO"].causes)


@_parameter(
    "AUMCPEP",
    unit="%",
    meaning="part of AUMCIFP that is extrapolated",
    plain="100 (AUMCIFP - AUMCLST) / AUMCIFP",
    phoenix="AUMC_%Extrap_pred",
)
def fitted_moment_extrapolated_percent(a: Analysis) -> Value:
    """100 (AUMCIFP - AUMCLST) / AUMCIFP."""
    whole = a["AUMCIFP"].value
    return Value(100.0 * (whole - a["AUMCLST"].value) / whole, a["AUCIFO"].causes)


@_parameter(
    "MRTIVLST",
    unit=TIME,
    meaning="mean residence time to TLST",
    plain="AUMCLST / AUCLST",
    pknca="mrt.last",
    phoenix="MRTlast",
)
def residence_to_last(a: Analysis) -> Value:
    """AUMCLST / AUCLST."""
    auc = a["AUCLST"].value
    return Value(a["AUMCLST"].value / np.where(auc > 0, auc, np.nan), a["AUCLST"].causes)


@_parameter(
    "MRTIVIFO",
    unit=TIME,
    meaning="mean residence time",
    plain="AUMCIFO / AUCIFO",
    pknca="mrt.obs",
    phoenix="MRTINF_obs",
)
def residence(a: Analysis) -> Value:
    """AUMCIFO / AUCIFO."""
    return Value(a["AUMCIFO"].value / a["AUCIFO"].value, a["AUCIFO"].causes)


@_parameter(
    "MRTIVIFP",
    unit=TIME,
    meaning="mean residence time from the fitted last level",
    plain="AUMCIFP / AUCIFP",
    pknca="mrt.pred",
    phoenix="MRTINF_pred",
)
def fitted_residence(a: Analysis) -> Value:
    """AUMCIFP / AUCIFP."""
    return Value(a["AUMCIFP"].value / a["AUCIFP"].value, a["AUCIFO"].causes)


@_parameter(
    "CMAXD",
    unit=PER_DOSE,
    meaning="CMAX / dose",
    plain="CMAX / dose",
    pknca="cmax.dn",
    phoenix="Cmax_D",
)
def cmax_per_dose(a: Analysis) -> Value:
    """CMAX / dose."""
    return Value(a["CMAX"].value / a.dose, a["CMAX"].causes | a.no_dose)


@_parameter(
    "AUCIFOD",
    unit=AREA_PER_DOSE,
    meaning="AUCIFO / dose",
    plain="AUCIFO / dose",
    pknca="aucinf.obs.dn",
    phoenix="AUCINF_D_obs",
)
def area_per_dose(a: Analysis) -> Value:
    """AUCIFO / dose."""
    return Value(a["AUCIFO"].value / a.dose, _dosed(a))


@_parameter(
    "AUCIFPD",
    unit=AREA_PER_DOSE,
    meaning="AUCIFP / dose",
    plain="AUCIFP / dose",
    pknca="aucinf.pred.dn",
    phoenix="AUCINF_D_pred",
)
def fitted_area_per_dose(a: Analysis) -> Value:
    """AUCIFP / dose."""
    return Value(a["AUCIFP"].value / a.dose, _dosed(a))


@_parameter(
    "CLO",
    unit=CLEARANCE,
    meaning="clearance",
    plain="dose / AUCIFO",
    pknca="cl.obs",
    phoenix="Cl_F_obs",
)
def clearance(a: Analysis) -> Value:
    """dose / AUCIFO."""
    return Value(a.dose / a["AUCIFO"].value, _dosed(a))


@_parameter(
    "CLP",
    unit=CLEARANCE,
    meaning="clearance from the fitted last level",
    plain="dose / AUCIFP",
    pknca="cl.pred",
    phoenix="Cl_F_pred",
)
def fitted_clearance(a: Analysis) -> Value:
    """dose / AUCIFP."""
    return Value(a.dose / a["AUCIFP"].value, _dosed(a))


@_parameter(
    "VZO",
    unit=VOLUME,
    meaning="volume of the terminal phase",
    plain="dose / (LAMZ AUCIFO)",
    pknca="vz.obs",
    phoenix="Vz_F_obs",
)
def volume(a: Analysis) -> Value:
    """dose / (LAMZ AUCIFO)."""
    return Value(a.dose / (a.terminal.lamz * a["AUCIFO"].value), _dosed(a))


@_parameter(
    "VZP",
    unit=VOLUME,
    meaning="volume of the terminal phase from the fitted last level",
    plain="dose / (LAMZ AUCIFP)",
    pknca="vz.pred",
    phoenix="Vz_F_pred",
)
def fitted_volume(a: Analysis) -> Value:
    """dose / (LAMZ AUCIFP)."""
    return Value(a.dose / (a.terminal.lamz * a["AUCIFP"].value), _dosed(a))
