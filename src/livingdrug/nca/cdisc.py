"""Parameters as CDISC lays them out: the domain PP of SDTM, and ADPP, an analysis data set of ADaM (BDS)."""

import numpy as np

from livingdrug.nca.registry import parameter_of
from livingdrug.nca.result import NcaResult

# names of CDISC's codelist PKPARM for its codes (PKPARMCD), and of ours, which begin with X, in at most 40
# signs
NAMES = {
    "CMAX": "Max Conc",
    "CMAXD": "Max Conc Norm by Dose",
    "CMIN": "Min Conc",
    "TMAX": "Time of CMAX",
    "CLST": "Last Nonzero Conc",
    "TLST": "Time of Last Nonzero Conc",
    "TLAG": "Time Until First Nonzero Conc",
    "AUCLST": "AUC to Last Nonzero Conc",
    "AUCALL": "AUC All",
    "AUCINT": "AUC from T1 to T2",
    "AUCIFO": "AUC Infinity Obs",
    "AUCIFP": "AUC Infinity Pred",
    "AUCIFOD": "AUC Infinity Obs Norm by Dose",
    "AUCIFPD": "AUC Infinity Pred Norm by Dose",
    "AUCPEO": "AUC %Extrapolation Obs",
    "AUCPEP": "AUC %Extrapolation Pred",
    "AUMCLST": "AUMC to Last Nonzero Conc",
    "AUMCIFO": "AUMC Infinity Obs",
    "AUMCIFP": "AUMC Infinity Pred",
    "AUMCPEO": "AUMC %Extrapolation Obs",
    "AUMCPEP": "AUMC %Extrapolation Pred",
    "LAMZ": "Lambda z",
    "LAMZHL": "Half-Life Lambda z",
    "LAMZNPT": "Number of Points for Lambda z",
    "LAMZLL": "Lambda z Lower Limit",
    "LAMZUL": "Lambda z Upper Limit",
    "LAMZSPN": "Lambda z Span",
    "R2": "R Squared",
    "R2ADJ": "R Squared Adjusted",
    "CORRXY": "Correlation Between TimeX and Log ConcY",
    "CLO": "Total CL Obs",
    "CLP": "Total CL Pred",
    "VZO": "Vz Obs",
    "VZP": "Vz Pred",
    "MRTIVLST": "MRT Intravasc to Last Nonzero Conc",
    "MRTIVIFO": "MRT Intravasc Infinity Obs",
    "MRTIVIFP": "MRT Intravasc Infinity Pred",
    "XCMAX": "Max Level after the Distribution Minimum",
    "XTMAX": "Time of Max Level after the Distrib Min",
    "XFOLD": "Fold Rise to CMAX",
    "XDOUBL": "Doubling Time of the Rise to CMAX",
    "XCONHL": "Half-Life of the Contraction after TMAX",
    "XPERS": "Persistence, Last Time above the Limit",
    "XPERSUL": "First Time of Lasting Absence",
    "XTLIM": "Time above the Level",
    "XEXPR": "Expansion Ratio",
    "XCLSTP": "Last Nonzero Conc Pred",
}
PP_LABELS = {
    "STUDYID": "Study Identifier",
    "DOMAIN": "Domain Abbreviation",
    "USUBJID": "Unique Subject Identifier",
    "PPSEQ": "Sequence Number",
    "PPGRPID": "Group ID",
    "PPTESTCD": "Parameter Short Name",
    "PPTEST": "Parameter Name",
    "PPCAT": "Parameter Category",
    "PPORRES": "Result or Finding in Original Units",
    "PPORRESU": "Original Units",
    "PPSTRESC": "Character Result/Finding in Std Format",
    "PPSTRESN": "Numeric Result/Finding in Standard Units",
    "PPSTRESU": "Standard Units",
    "PPSTAT": "Completion Status",
    "PPREASND": "Reason Parameter Not Calculated",
    "PPMETHOD": "Method of Test or Examination",
    "PPSTINT": "Planned Start of Assessment Interval",
    "PPENINT": "Planned End of Assessment Interval",
}
ADPP_LABELS = {
    "STUDYID": "Study Identifier",
    "USUBJID": "Unique Subject Identifier",
    "PARAMCD": "Parameter Code",
    "PARAM": "Parameter",
    "PARAMN": "Parameter (N)",
    "PARCAT1": "Parameter Category 1",
    "AVAL": "Analysis Value",
    "AVALC": "Analysis Value (C)",
    "AVALU": "Analysis Value Unit",
    "ATPTREF": "Occasion",
    "ANL01FL": "Analysis Flag 01",
    "NCAFLAG": "Flag of the Analysis",
    "NCAREAS": "Reason of the Flag",
}
NOT_DONE = "NOT DONE"
MOST = 200  # signs of a text
NOTES = (
    "codes and names are those of CDISC's codelists PKPARMCD and PKPARM; codes that begin with X are "
    "sponsor-defined",
    "units are as in the other tables; units such as copies/ug have no term in CDISC's codelists",
    "USUBJID is the subject as the file has it; STUDYID is empty where no study was named",
)


def pp(result: NcaResult, study: str = ""):
    """The domain PP: a row for each profile and parameter; one that is absent has PPSTAT and the reason.

    Parameters
    ----------
    result : NcaResult
        Profiles with their parameters, see `nca`.
    study : str
        Identifier of the study, the column STUDYID.

    Returns
    -------
    DataFrame
        Columns in the order of the domain; `attrs` hold the name of the data set and the labels.
    """
    import pandas as pd

    rows = _rows(result)
    known = np.isfinite(rows["value"])
    frame = pd.DataFrame(
        {"STUDYID": study, "DOMAIN": "PP", "USUBJID": rows["subject"]}, index=range(len(known))
    )
    frame["PPSEQ"] = frame.groupby("USUBJID", sort=False).cumcount() + 1
    frame["PPGRPID"], frame["PPTESTCD"] = rows["occasion"], rows["code"]
    frame["PPTEST"], frame["PPCAT"] = [_name(code) for code in rows["code"]], rows["category"]
    text = [repr(float(v)) if np.isfinite(v) else "" for v in rows["value"]]
    frame["PPORRES"], frame["PPORRESU"], frame["PPSTRESC"] = text, rows["unit"], text
    frame["PPSTRESN"], frame["PPSTRESU"] = np.where(known, rows["value"], np.nan), rows["unit"]
    frame["PPSTAT"] = np.where(known, "", NOT_DONE)
    frame["PPREASND"] = [
        ("" if k else reason)[:MOST] for k, reason in zip(known, rows["reason"], strict=True)
    ]
    frame["PPMETHOD"] = rows["assay"]
    begin, end = _interval(result)
    window = rows["code"] == "AUCINT"
    frame["PPSTINT"], frame["PPENINT"] = np.where(window, begin, ""), np.where(window, end, "")
    frame.attrs = {"name": "PP", "labels": PP_LABELS}
    return frame


def adpp(result: NcaResult, study: str = ""):
    """ADPP: a row for each profile and parameter, with the flag of the analysis and its reason; ANL01FL is Y
    where there is a value. Parameters, result and `attrs` as in `pp`.

    Parameters
    ----------
    result : NcaResult
        Of an analysis, see `nca`.
    study : str, optional
        Name of the study, for the column STUDYID.
    """
    import pandas as pd

    rows = _rows(result)
    known = np.isfinite(rows["value"])
    order = {code: k + 1 for k, code in enumerate(result.codes)}
    frame = pd.DataFrame(
        {"STUDYID": study, "USUBJID": rows["subject"], "PARAMCD": rows["code"]}, index=range(len(known))
    )
    frame["PARAM"] = [
        f"{_name(c)} ({u})" if u else _name(c) for c, u in zip(rows["code"], rows["unit"], strict=True)
    ]
    frame["PARAMN"], frame["PARCAT1"] = [order[code] for code in rows["code"]], rows["category"]
    frame["AVAL"] = np.where(known, rows["value"], np.nan)
    frame["AVALC"] = [repr(float(v)) if np.isfinite(v) else "" for v in rows["value"]]
    frame["AVALU"], frame["ATPTREF"], frame["ANL01FL"] = (
        rows["unit"],
        rows["occasion"],
        np.where(known, "Y", ""),
    )
    frame["NCAFLAG"], frame["NCAREAS"] = rows["flag"], [reason[:MOST] for reason in rows["reason"]]
    frame.attrs = {"name": "ADPP", "labels": ADPP_LABELS}
    return frame


def _rows(result: NcaResult) -> dict[str, np.ndarray]:
    """The long table as columns of texts and numbers."""
    table = result.table()
    text = {
        key: table[name].fillna("").astype(str).to_numpy(dtype=object)
        for key, name in (
            ("subject", "ID"),
            ("code", "PARAMCD"),
            ("unit", "unit"),
            ("flag", "flag"),
            ("reason", "reason"),
            ("occasion", "OCC"),
            ("category", "DVID"),
            ("assay", "ASSAY"),
        )
    }
    return text | {"value": table["value"].to_numpy(dtype=float)}


def _name(code: str) -> str:
    return NAMES.get(code, parameter_of(code).meaning[:40])


def _interval(result: NcaResult) -> tuple[str, str]:
    """The window of AUCINT as durations of ISO 8601, empty where there is none or its unit is not stated."""
    unit = {"d": "P{:.10g}D", "h": "PT{:.10g}H"}.get(result.data.time_unit or "")
    if unit is None or result.window is None:
        return "", ""
    return unit.format(result.window[0]), unit.format(result.window[1])
