"""The list of parameters: code, what it means, its unit, and what is true of a plain value."""

from dataclasses import dataclass

LEVEL, TIME, AREA, MOMENT, RATE = "level", "time", "area", "moment", "rate"
PER_DOSE, AREA_PER_DOSE, CLEARANCE, VOLUME = "level/dose", "area/dose", "dose/area", "dose/level"
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Parameter:
    """unit: one of the kinds above, or a unit; plain: the reason column of a value without any caution."""

    code: str
    meaning: str
    unit: str
    plain: str


PARAMETERS = (
    Parameter("CMAX", "highest level", LEVEL, "highest value measured after the infusion"),
    Parameter("TMAX", "time of CMAX, the first where there are several", TIME, "time of CMAX"),
    Parameter("CLST", "last quantifiable level", LEVEL, "last value above the limit"),
    Parameter("TLST", "time of CLST", TIME, "time of the last value above the limit"),
    Parameter("AUCLST", "area from the infusion to TLST", AREA, "trapezoids from the infusion to TLST"),
    Parameter("AUCALL", "area from the infusion to the last sample", AREA, "trapezoids from the infusion to the last sample"),
    Parameter("AUCINT", "area over the window", AREA, "trapezoids over the window, its ends interpolated"),
    Parameter("AUCIFO", "area to infinity: AUCLST + CLST/LAMZ", AREA, "AUCLST + CLST/LAMZ"),
    Parameter("AUCIFP", "area to infinity from the fitted last level", AREA, "AUCLST + fitted level at TLST / LAMZ"),
    Parameter("AUCPEO", "share of AUCIFO that is extrapolated", "%", "100 (CLST/LAMZ) / AUCIFO"),
    Parameter("LAMZ", "terminal rate", RATE, "slope of ln level over the terminal points"),
    Parameter("LAMZHL", "terminal half-life: ln 2 / LAMZ", TIME, "ln 2 / LAMZ"),
    Parameter("LAMZNPT", "number of terminal points", "1", "number of terminal points"),
    Parameter("LAMZLL", "time of the first terminal point", TIME, "first terminal point"),
    Parameter("LAMZUL", "time of the last terminal point", TIME, "last terminal point"),
    Parameter("R2", "R2 of the terminal fit", "1", "of the terminal fit"),
    Parameter("R2ADJ", "adjusted R2 of the terminal fit", "1", "of the terminal fit"),
    Parameter("XFOLD", "CMAX / first quantifiable value after the lowest point before it", "1", "rise from the first "
              "quantifiable value after the lowest point"),
    Parameter("XDOUBL", "doubling time of the rise to CMAX", TIME, "ln 2 / slope of ln level from there to TMAX"),
    Parameter("XCONHL", "half-life of the contraction in the 28 d after TMAX", TIME, "ln 2 / slope of ln level from TMAX "
              "to 28 d later or the first value below the limit"),
    Parameter("XPERS", "persistence: last time above the limit", TIME, "last time above the limit"),
    Parameter("XPERSUL", "first time of lasting absence", TIME, "first sample of lasting absence"),
    Parameter("XTLIM", "time above the level", TIME, "time of the drawn curve at or above the level"),
    Parameter("XEXPR", "expansion ratio: CMAX x blood volume / dose", "1", "CMAX x blood volume / dose"),
)  # fmt: skip
# for comparison with programs for small molecules; no meaning for cells that multiply
SMALL_MOLECULE = (
    Parameter("CMIN", "lowest level", LEVEL, "lowest value used"),
    Parameter("LAMZSPN", "half-lives that the terminal points span", "1", "(LAMZUL - LAMZLL) / LAMZHL"),
    Parameter("CORRXY", "correlation of the terminal fit", "1", "of the terminal fit"),
    Parameter("TLAG", "last time before the first quantifiable value, 0 if that is the first sample", TIME, "lag"),
    Parameter("XCLSTP", "fitted level at TLST", LEVEL, "terminal fit at TLST"),
    Parameter("AUCPEP", "share of AUCIFP that is extrapolated", "%", "100 (AUCIFP - AUCLST) / AUCIFP"),
    Parameter("AUMCLST", "first moment to TLST", MOMENT, "trapezoids to TLST"),
    Parameter("AUMCIFO", "first moment to infinity", MOMENT, "AUMCLST + CLST (TLST/LAMZ + 1/LAMZ^2)"),
    Parameter("AUMCIFP", "first moment to infinity from the fitted last level", MOMENT, "as AUMCIFO, with the fitted level"),
    Parameter("AUMCPEO", "share of AUMCIFO that is extrapolated", "%", "100 (AUMCIFO - AUMCLST) / AUMCIFO"),
    Parameter("AUMCPEP", "share of AUMCIFP that is extrapolated", "%", "100 (AUMCIFP - AUMCLST) / AUMCIFP"),
    Parameter("MRTIVLST", "mean residence time to TLST", TIME, "AUMCLST / AUCLST"),
    Parameter("MRTIVIFO", "mean residence time", TIME, "AUMCIFO / AUCIFO"),
    Parameter("MRTIVIFP", "mean residence time from the fitted last level", TIME, "AUMCIFP / AUCIFP"),
    Parameter("CMAXD", "CMAX / dose", PER_DOSE, "CMAX / dose"),
    Parameter("AUCIFOD", "AUCIFO / dose", AREA_PER_DOSE, "AUCIFO / dose"),
    Parameter("AUCIFPD", "AUCIFP / dose", AREA_PER_DOSE, "AUCIFP / dose"),
    Parameter("CLO", "clearance", CLEARANCE, "dose / AUCIFO"),
    Parameter("CLP", "clearance from the fitted last level", CLEARANCE, "dose / AUCIFP"),
    Parameter("VZO", "volume of the terminal phase", VOLUME, "dose / (LAMZ AUCIFO)"),
    Parameter("VZP", "volume of the terminal phase from the fitted last level", VOLUME, "dose / (LAMZ AUCIFP)"),
)
BY_CODE = {p.code: p for p in (*PARAMETERS, *SMALL_MOLECULE)}
# names of the same quantities elsewhere: (PKNCA, Phoenix WinNonlin)
CROSSWALK = {
    "CMAX": ("cmax", "Cmax"), "TMAX": ("tmax", "Tmax"), "CLST": ("clast.obs", "Clast"), "TLST": ("tlast", "Tlast"),
    "AUCLST": ("auclast", "AUClast"), "AUCALL": ("aucall", "AUCall"), "AUCINT": ("aucint.inf.obs", "partial area"),
    "AUCIFO": ("aucinf.obs", "AUCINF_obs"), "AUCIFP": ("aucinf.pred", "AUCINF_pred"),
    "AUCPEO": ("aucpext.obs", "AUC_%Extrap_obs"), "LAMZ": ("lambda.z", "Lambda_z"), "LAMZHL": ("half.life", "HL_Lambda_z"),
    "LAMZNPT": ("lambda.z.n.points", "No_points_lambda_z"), "LAMZLL": ("lambda.z.time.first", "Lambda_z_lower"),
    "LAMZUL": ("lambda.z.time.last", "Lambda_z_upper"), "R2": ("r.squared", "Rsq"),
    "R2ADJ": ("adj.r.squared", "Rsq_adjusted"), "CMIN": ("cmin", "Cmin"), "LAMZSPN": ("span.ratio", "Span"),
    "CORRXY": ("", "Corr_XY"), "TLAG": ("tlag", "Tlag"), "XCLSTP": ("clast.pred", "Clast_pred"),
    "AUCPEP": ("aucpext.pred", "AUC_%Extrap_pred"), "AUMCLST": ("aumclast", "AUMClast"),
    "AUMCIFO": ("aumcinf.obs", "AUMCINF_obs"), "AUMCIFP": ("aumcinf.pred", "AUMCINF_pred"),
    "AUMCPEO": ("", "AUMC_%Extrap_obs"), "AUMCPEP": ("", "AUMC_%Extrap_pred"), "MRTIVLST": ("mrt.last", "MRTlast"),
    "MRTIVIFO": ("mrt.obs", "MRTINF_obs"), "MRTIVIFP": ("mrt.pred", "MRTINF_pred"), "CMAXD": ("cmax.dn", "Cmax_D"),
    "AUCIFOD": ("aucinf.obs.dn", "AUCINF_D_obs"), "AUCIFPD": ("aucinf.pred.dn", "AUCINF_D_pred"),
    "CLO": ("cl.obs", "Cl_F_obs"), "CLP": ("cl.pred", "Cl_F_pred"), "VZO": ("vz.obs", "Vz_F_obs"),
    "VZP": ("vz.pred", "Vz_F_pred"),
}  # fmt: skip


def unit_of(code: str, level: str, time: str, dose: str) -> str:
    """Unit of a parameter for units of level, time and dose; `not stated` where a part of it is not."""
    kind = BY_CODE[code].unit
    parts = {
        LEVEL: (level,), TIME: (time,), AREA: (time, level), MOMENT: (time, time, level), RATE: (time,),
        PER_DOSE: (level, dose), AREA_PER_DOSE: (time, level, dose), CLEARANCE: (dose, time, level), VOLUME: (dose, level),
    }.get(kind)  # fmt: skip
    if parts is None:
        return kind
    if not all(parts):
        return NOT_STATED
    shapes = {
        RATE: f"1/{time}", PER_DOSE: f"({level})/({dose})", AREA_PER_DOSE: f"{time}*({level})/({dose})",
        CLEARANCE: f"({dose})/({time}*{level})", VOLUME: f"({dose})/({level})",
    }  # fmt: skip
    return shapes.get(kind, "*".join(parts))
