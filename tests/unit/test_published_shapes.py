"""Tables in the shape of published ones (headings as there, numbers made up): what has the headings of CDISC, NONMEM or
Monolix is read without a word on its columns, and what asks, asks about the column that matters."""

# ruff: noqa: E501 - rows of tables

from io import StringIO

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, check, check_endpoints, read_data
from livingdrug.nca import nca

DAYS = (0, 1, 4, 10, 28)


def rows(head: str, *made: str) -> str:
    return "\n".join((head, *made)) + "\n"


# pharmaverse/aNCA: data-raw/adnca_example.csv, tests/testthat/data/test-multianalyte-ADNCA.csv
ADNCA = rows(
    '"STUDYID","USUBJID","PCSPEC","PARAM","METABFL","AFRLT","NFRLT","ARRLT","NRRLT","TRTRINT","RRLTU","AVAL","AVALU","VOLUME",'
    '"VOLUMEU","DOSETRT","TRT01A","DOSEA","DOSEU","ROUTE","ADOSEDUR","ATPTREF","AGE","AGEU","RACE","SEX","NCA1XRS","NCA2XRS",'
    '"NEFRLT","NERRLT","AEFRLT","AERRLT","DOSFRM"',
    *(f'"S1","S1-01","{spec}","{param}",{flag},{t},{t},{t},{t},24,"Hours",{t + k},"{unit}",NA,NA,"DrugA","DrugA 5 mg",5,"mg",'
      f'"INTRAVENOUS DRIP",2.9,"DOSE 1",25,"Years","WHITE","M",NA,NA,{t},{t},{t},{t},"INJECTION"'
      for k, (spec, param, flag, unit) in enumerate((("SERUM", "DrugA", "NA", "ug/mL"), ("SERUM", "Metab-DrugA", '"Y"', "ug/mL"),
                                                     ("URINE", "DrugA", "NA", "mg/mL"))) for t in DAYS),
)  # fmt: skip
# the same package: DummyROcells.csv, with row names, copies beside ug/mL and several regimens
CELLS = rows(
    '"","STUDYID","USUBJID","ANALYTE","PCSPEC","DOSEFRQ","DOSNO","AFRLT","ARRLT","NRRLT","NFRLT","PCSTRESC","PARAM","PCSTRESU",'
    '"ROUTE","DOSEA","AGE","SEX","RACE","NDOSEDUR","RRLTU","DOSEU","PCLLOQ","DRUG","AVISIT","AVAL","AVALU","EVID","ATPTREF",'
    '"SITEID","TRT01A","TRT01P","PCRFTDTM","HTBL","WTBL","WTBLU","HTBLU","ADOSEDUR","TAU"',
    *(f'"{i + 1}","X",{11101 + i // 10},"A1","SERUM","{"EVERY WEEK" if k % 2 else "EVERY 3 WEEKS"}",{k},{504 * k + t},{t},{t},{t},'
      f'{t},"A1","ug/mL","intravascular",35,52,"M","WHITE",1.5,"Hours","cells",0,"A1","Cycle {k + 1}",{7 + t},"copies/ug",0,'
      f'"DOSE {k + 1}",3,"A","P","27/07/2021 12:30",173,90,"kg","cm",1.4,504'
      for i, (k, t) in enumerate((k, t) for _ in range(2) for k in (0, 1) for t in DAYS)),
)  # fmt: skip
# the same package: test-multispec-ADNCA.csv
SPECIMENS = rows(
    "STUDYID,USUBJID,PARAM,PCSPEC,AVAL,AVALU,DOSNOP,ROUTE,ADOSEDUR,DOSEDURU,NFRLT,AFRLT,ARRLT,AEFRLT,NRRLT,RRLTU,DOSEA,VOLUME,"
    "VOLUMEU,DOSEU,DOSETRT,GROUP,SUBJID,SPECIES,GENDER,ASSAY_LLQ,ASSAY_LLQ_UNIT,MODALITY,WTBL,WTBLU",
    *(f"S1,1,A1,{spec},{t + 5},{unit},1,INTRAVASCULAR,0,h,{t},{t},{t},{t},{t},h,1,0.5,g,mg/kg,A1,Group 1,1,RAT,MALE,50,{unit},"
      f"Small molecule,0.5,kg" for spec, unit in (("FECES", "ng/g"), ("PLASMA", "ng/mL"), ("BRAIN", "ng/g")) for t in DAYS),
)  # fmt: skip
# pharmaverse/pharmaverseadam: adpc.csv, with records of doses and copies of the samples before the next one
ADPC = rows(
    '"STUDYID","USUBJID","NFRLT","PCTESTCD","PCTEST","PCORRES","PCORRESU","PCSTRESC","PCSTRESN","PCSTRESU","PCNAM","PCSPEC",'
    '"PCLLOQ","VISIT","VISITNUM","PCDTC","PCDY","PCTPT","PCTPTNUM","TRTSDT","TRT01A","ADTM","ADT","ADY","AVISIT","AFRLT","ARRLT",'
    '"NRRLT","ATPTN","ATPT","ATPTREF","ABLFL","BASETYPE","DOSEA","DOSEP","DOSEU","FRLTU","RRLTU","PARAMCD","ALLOQ","AVAL","AVALU",'
    '"SRCDOM","SRCVAR","SRCSEQ","DTYPE","ANL01FL"',
    *(f'"S","S-1",{t},"X","X","{v}","ug/ml","{v}",{v},"ug/ml","Lab","PLASMA",0.01,"V",3,"2013-07-18T23:30:00",1,"{t} h",{t},'
      f'2013-07-19,"High",2013-07-18 23:30:00,2013-07-18,1,"Day 1",{t},{r},{r},{t},"t","Day {d}","Y","B",54,81,"mg","h","h","X",'
      f'0.01,{v},"ug/ml","PC","SEQ",1,{copy},"Y"'
      for t, r, v, d, copy in ((-0.5, -0.5, 0, 1, "NA"), (1, 1, 0.5, 1, "NA"), (8, 8, 1.5, 1, "NA"), (24, 24, 0.2, 1, "NA"),
                               (24, 0, 0.2, 2, '"COPY"'), (32, 8, 1.6, 2, "NA"))),
    *(f'"S","S-1",{t},NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,"V",3,NA,1,"Dose",0,2013-07-19,"High",2013-07-19 00:00:00,2013-07-19,1,"Day 1",'
      f'{t},0,0,0,"Dose","Day {d}","Y","B",54,81,"mg","h","h","DOSE",NA,54,"mg","EX","SEQ",1,NA,"Y"' for t, d in ((0, 1), (24, 2))),
)  # fmt: skip
# the same package: adppk.csv
ADPPK = rows(
    '"STUDYID","USUBJID","EVID","NFRLT","AFRLT","APRLT","NPRLT","DOSEA","DOSEP","ALLOQ","CMT","BLQFL","BLQFN","AMT","DV","AVAL","DVL",'
    '"MDV","AVALU","UDTC","II","SS","ASEQ","PROJID","SUBJIDN","AGE","SEX","WTBL","RECSEQ"',
    '"S","S-1",0,0,-0.5,-0.5,0,54,54,0.01,2,"Y",1,NA,0,0,NA,0,"ug/ml","2014-01-13T23:30:00",0,0,1,"X",1,88,"M",70,1',
    '"S","S-1",1,0,0,0,0,54,54,0.01,1,"N",0,54,NA,NA,NA,1,"ug/ml","2014-01-14T00:00:00",1,1,2,"X",1,88,"M",70,2',
    *(f'"S","S-1",0,{t},{t},{t},{t},54,54,0.01,2,"N",0,NA,{v},{v},-1,0,"ug/ml","2014-01-14T01:00:00",0,0,3,"X",1,88,"M",70,3'
      for t, v in ((1, 0.5), (8, 1.2), (16, 0.3))),
)  # fmt: skip
# Novartis/xgx: Single_Ascending_Dose_Dataset.csv
ASCENDING = rows(
    '"ID","time","NT","amt","DV","CMT","CMT_label","BLQ","evid","WT0","SEX","DOSE","DOSE_label"',
    *(line for i in (1, 2) for line in (
        f'{i},-0.1,-0.1,NA,NA,2,"PK Concentration",0,NA,77.9,"Male",100,"100 mg"', f'{i},0,0,100,NA,1,"Dosing",0,1,77,"Male",100,"100 mg"',
        *(f'{i},{t},{t},NA,{t + i},2,"PK Concentration",0,0,77.9,"Male",100,"100 mg"' for t in DAYS[1:]))),
)  # fmt: skip
MANY = rows(
    '"ID","time","NT","amt","DV","CMT","CMT_label","BLQ","evid","WT0","SEX","DOSE_label","DOSE","DAY","DAY_label","CYCLE"',
    '1,0,0,100,NA,1,"Dosing",0,1,77.9,"Male","100 mg",100,1,"Day 1",1',
    *(f'1,{t},{t},NA,{t + k},{k},"{word}",0,0,77.9,"Male","100 mg",100,1,"Day 1",1'
      for t in DAYS[1:] for k, word in ((2, "PK Concentration"), (3, "PD - Continuous"))),
)  # fmt: skip
# nlmixr2/nlmixr2data, as CSV: names of its data sets
NLMIXR = {
    "warfarin": rows("id,time,amt,dv,dvid,evid,wt,age,sex", "1,0,100,0,cp,1,66.7,50,male", "1,1,0,1.9,cp,0,66.7,50,male",
                     "1,24,0,44,pca,0,66.7,50,male", "1,24,0,9.1,cp,0,66.7,50,male"),
    "mavoglurant": rows("ID,CMT,EVID,EVI2,MDV,DV,LNDV,AMT,TIME,DOSE,OCC,RATE,AGE,SEX,RACE,WT,HT",
                        "793,1,1,1,1,0,0,25,0,25,1,75,42,1,2,94.3,1.76", "793,2,0,0,0,491,6.2,0,0.2,25,1,0,42,1,2,94.3,1.76",
                        "793,2,0,0,0,605,6.4,0,0.25,25,1,0,42,1,2,94.3,1.76"),
    "pheno_sd": rows("ID,TIME,AMT,WT,APGR,DV,MDV,EVID", "1,0,25,1.4,7,0,1,1", "1,2,0,1.4,7,17.3,0,0", "1,12.5,3.5,1.4,7,0,1,1",
                     "1,112.5,0,1.4,7,31,0,0"),
    "Infusion_1CPT": rows("ID,TIME,DV,LNDV,MDV,AMT,RATE,EVID,DOSE,V,CL,SS,II,SD,CMT", "1,0,0,0,1,60000,10000,1,60000,70,4,0,0,1,1",
                          "1,1,101,4.6,0,0,0,0,60000,70,4,0,0,1,1", "1,8,390,6,0,0,0,0,60000,70,4,0,0,1,1"),
    "wbcSim": rows("ID,TIME,CMT,DV,AMT,EVID,V2I,V1I,CLI", "1,0,1,0,200,1,1.2,2.1,3.3", "1,24,2,5.4,0,0,1.2,2.1,3.3",
                   "1,96,2,3.1,0,0,1.2,2.1,3.3"),
    "Wang2007": rows("ID,Time,Y,AMT,EVID", "1,0,,1,1", "1,0.5,10.2,,0", "1,8,2.1,,0"),
    "nmtest": rows("id,time,cmt,amt,rate,ii,addl,evid,ss,dv", "1,0,1,100,0,12,2,1,0,.", "1,6,2,.,.,.,.,0,.,4.5", "1,30,2,.,.,.,.,0,.,6.5"),
    "nimoData": rows("ID,TIME,AMT,TINF,DV,EVID,WGT", "1,0,100,1,.,1,60", "1,2,.,.,30,0,60", "1,24,.,.,9,0,60"),
    "rats": rows("dosegrp,id,TIME,DV", "1,1,1,9", "1,1,2,8", "2,2,1,7", "2,2,2,6"),
}  # fmt: skip
# Monolix: theophylline and warfarin of its demos, tab and semicolon
MONOLIX = {
    "theophylline": rows("ID\tAMT\tTIME\tY\tWEIGHT\tSEX", "1\t320\t0\t.\t79.6\tM", "1\t.\t0.25\t2.84\t79.6\tM", "1\t.\t9\t8\t79.6\tM"),
    "tobramycin": rows("ID;TIME;AMT;TINF;Y;CENS;LIMIT;CLCR", "1;0;10;0.5;.;0;.;50", "1;2;.;.;1.5;0;0.1;50", "1;9;.;.;0.1;1;0;50"),
    "two outputs": rows("id,time,amt,adm,y,ytype,occ", "1,0,100,1,.,.,1", "1,1,.,.,5.5,1,1", "1,1,.,.,80,2,1", "1,9,.,.,2,1,1"),
}  # fmt: skip
# PC and PP of SDTM beside the above stand in test_shapes
TAKEN = {
    "adnca_example": (ADNCA, {"DrugA in SERUM", "Metab-DrugA in SERUM", "DrugA in URINE"}, {"ug/mL", "mg/mL"}, 15),
    "DummyROcells": (CELLS, {"A1"}, {"copies/ug"}, 20),
    "multispec": (SPECIMENS, {"A1 in FECES", "A1 in PLASMA", "A1 in BRAIN"}, {"ng/g", "ng/mL"}, 15),
    "adpc": (ADPC, {"X"}, {"ug/mL"}, 6),
    "adppk": (ADPPK, {""}, {"ug/mL"}, 4),
    "Single_Ascending_Dose": (ASCENDING, {""}, {""}, 8),
}


@pytest.mark.parametrize(("text", "outputs", "units", "samples"), TAKEN.values(), ids=TAKEN)
def test_tables_of_cdisc_are_read_as_they_are(text, outputs, units, samples, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    data = read_data(tmp_path / "t.csv")
    assert set(data.profiles.output) == outputs and set(data.profiles.unit) == units and data.rows == samples
    assert np.isfinite(nca(data).values["CMAX"]).all()


def test_a_regimen_does_not_tell_samples_apart_and_a_matrix_does(tmp_path):
    (tmp_path / "t.csv").write_text(CELLS)
    data = read_data(tmp_path / "t.csv")
    assert data.dose_unit == "cells" and data.profiles.n == 4 and set(data.profiles.occasion) == {"DOSE 1", "DOSE 2"}
    assert data.time.max() == 28 and data.time_unit == "h" and len(data.subjects) == 2


def test_records_of_doses_are_no_samples(tmp_path):
    (tmp_path / "t.csv").write_text(ADPC)
    data = read_data(tmp_path / "t.csv")
    assert any("2 row(s) with `PARAMCD` DOSE record doses (ADPC), not samples" in note for note in data.notes)
    assert data.profiles.dose.tolist() == [54, 54] and data.dose_unit == "mg" and data.dv.max() == 1.6


@pytest.mark.parametrize(("text", "sign"), [*((t, ",") for t in NLMIXR.values()), *zip(MONOLIX.values(), "\t;,", strict=True)],
                         ids=[*NLMIXR, *MONOLIX])  # fmt: skip
def test_tables_of_nonmem_and_monolix_are_read_as_they_are(text, sign, tmp_path):
    import pandas as pd

    frame = pd.read_csv(StringIO(text), sep=sign, na_values=["."])
    frame.columns = [name.lower() for name in frame.columns]
    given = frame["evid"] == 1 if "evid" in frame else frame["amt"].notna() if "amt" in frame else frame["time"] < 0
    (tmp_path / "t.csv").write_text(text)
    data = read_data(tmp_path / "t.csv", Reading(time_unit="h"))
    assert data.rows == (~given).sum() and (data.doses is None) == (not given.any())
    value = frame["dv"] if "dv" in frame else frame["y"]
    assert sorted(data.dv) == sorted(value[~given])
    if "dvid" in frame or "ytype" in frame:
        assert len(set(data.profiles.output)) == 2


def test_compartments_of_samples_are_asked_about_by_name(tmp_path):
    """Novartis/xgx: Multiple_Ascending_Dose_Dataset.csv holds several outputs by CMT."""
    (tmp_path / "t.csv").write_text(MANY)
    (found,) = check(tmp_path / "t.csv", Reading(time_unit="h")).findings
    assert (found.code, found.column) == ("tells-apart", "CMT") and "(as `CMT_label` does)" in found.problem
    data = read_data(tmp_path / "t.csv", Reading(time_unit="h", columns={"CMT_label": "DVID", "CMT": "ignore"}))
    assert set(data.profiles.output) == {"PK Concentration", "PD - Continuous"}


@pytest.mark.parametrize(("name", "text", "sentence"), [
    ("theo_md", "ID,TIME,DV,AMT,EVID,CMT,WT\n1,0,0,320,101,1,79.6\n1,1,3.3,0,0,2,79.6\n", "line 2, column EVID: `101` is no event"),
    ("Data_Checking", "ID,USUBJID,TIME,NOMTIME,TIMEUNIT,AMT,LIDV,YTYPE,UNIT\n1,1,1,1,Days,0,23,1,ng/mL\n1,1,2,2,Days,0,19,1,ng/mL\n",
     "such as --column LIDV=DV"),
    ("dummy_simplified", "USUBJID,AFRLT,AVAL,ATPTREF,ATPTREF\nA,1,5,D,D\n", "`ATPTREF` stands there twice"),
    ("test-duplicate", "USUBJID,AFRLT,AVAL,AVALU,RRLTU,DOSEA,DOSEU\nA,1,5,ug/mL,h,5,mg/m2\n", "the unit of the dose is `mg/m2`"),
    ("RO_BCMA", "DOSE,TIME,CTOT,T_FREEFRAC\n0.1,0,NA,1.06\n0.1,0.1,0.01,NA\n", "no column means ID or DV"),
    ("mt12345", "ID,TIME,AMT,DOSE,LIDV,LNDV,EVID\n1,6,0,0.3,0,0,0\n1,9,0.3,0.3,0,0,1\n", "`LNDV` looks like logarithms"),
])  # fmt: skip
def test_tables_of_other_headings_are_refused_with_what_to_say(name, text, sentence, tmp_path):
    (tmp_path / f"{name}.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_data(tmp_path / f"{name}.csv")
    assert sentence in str(caught.value)


def test_times_to_events_of_adam(tmp_path):
    text = rows("STUDYID,USUBJID,EVNTDESC,SRCDOM,CNSR,ADT,STARTDT,PARAMCD,PARAM,AVAL,ARM,AGE,SEX",
                "S,S-1,Alive,ADSL,1,2014-07-02,2014-01-02,OS,Overall Survival,182,Pbo,63,F",
                "S,S-2,Death,ADSL,0,2014-03-02,2014-01-02,OS,Overall Survival,60,Pbo,64,M",
                "S,S-2,Death,ADSL,0,2014-02-02,2014-01-02,PFS,Progression Free Survival,31,Pbo,64,M")  # fmt: skip
    (tmp_path / "t.csv").write_text(text)
    found = check_endpoints(tmp_path / "t.csv")
    assert found.ok and found.values["OS_event"].tolist() == ["censored", "event"]
