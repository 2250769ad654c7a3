"""How NONMEM, nlmixr2 (rxode2), mrgsolve, Monolix (Mlxtran) and Pumas (Julia) write names, numbers,
assignments and choices."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from livingdrug.core.names import numbered

# names that begin with one of these and end in a number are NONMEM's own: F1, ALAG2, R1, MU_3 ...
_NONMEM_NUMBERED = re.compile(r"(A|ALAG|D|DADT|EPS|ERR|ETA|F|L|MTIME|MU_|P|R|S|THETA|Y)\d+\Z")
_NONMEM_WORDS = """
A ABS ACOS ADDL ADVAN AMT A_0 A_0FLG ALAG ASIN ATAN BY CALL CALLFL CENS CMT CM COM COMACT COMRES COMSAV CONT CORRL2 COS
DA DADT DATE DATREC DES DO DOSREC DOSTIM DOSE DOWHILE DP DT DV DVID E ELSE ENDDO ENDIF EPS ERR ERROR ETA EVID EXIT EXP F
FO F_FLAG FIRSTEM FN FNLETA G GAMLN H HH ICALL ID IF II INFN INT IPRED IREP IRES ITER L1 L2 LAST LASTOBS LIKE LIMIT
LIREC LNDV LOG LOG10 LOGLIK MAX MDV MIN MIXEST MIXNUM MIXP MNEXT MNOW MOD MPAST MSEC MTDIFF MTIME NEWIND NEWL2 NINDR
NIREPS NONE NPROB NREP NVNT NTHREADS OCC OMEGA P PCMT PE PHI PK PRED PR_Y PROB R RATE RES RETURN S SC SIGMA SIN SKIP SO
SQRT SS T TAN THEN THETA THETAFR PREDICTED SD TIME TOL TSCALE TSTATE VAR W WHILE WRES XSCALE Y
"""
_CPP_WORDS = """
alignas alignof and asm auto bitand bitor bool break case catch char class compl const constexpr continue decltype
default delete do double else enum explicit export extern false float for friend goto if inline int long mutable
namespace new noexcept not nullptr operator or private protected public register return short signed sizeof static
struct switch template this throw true try typedef typeid typename union unsigned using virtual void volatile while xor
abs acos asin atan ceil cos cosh exp expm1 fabs floor fmax fmin gamma hypot log log10 log1p main max min pow pi round
sin sinh sqrt tan tanh tgamma trunc y0 y1 yn j0 j1 jn ADDL ALAG AMT CFONSTOP CMT DONE DXDTZERO EPS ETA EVID F ID II
INITSOLV NEWIND R RATE SETINIT SOLVERTIME SS SS_ADVANCE T THETA TIME VARS addl amt capture cmt dxdt evid ii mrg pred_CL
pred_KA pred_Q pred_V pred_V2 pred_VC rate report self simeps simeta ss std table time until
"""
_RXODE_WORDS = """
if else repeat while function for next break TRUE FALSE NULL Inf NaN NA in ifelse abs acos acosh add alag amt asin asinh
atan atanh bessel beta boxCox ceiling cens choose cmt comb combined1 combined2 cos cosh ddexp dexp diff digamma dnorm
dosenum dur dv dvid erf evid exp expit expm1 f factorial first floor fix fixed gamma gammap ii ini id lag last lbeta
lchoose lead lfactorial lgamma limit linCmt lnorm log log10 log1p log2 logit logitNorm max mdv mean min model mtime
newind norm normal phi pi pnorm podo pow prod probit prop psigamma qnorm rate round rx sin sinh sqrt ss sum t tad tafd
tan tanh tgamma time tlast trigamma trunc ty var yeoJohnson ID TIME DV AMT EVID CMT MDV RATE DUR II ADDL SS NEWIND CENS
LIMIT F M_PI M_E
"""
_MLXTRAN_WORDS = """
if else elseif end t t0 t_0 pi odeType input output table use type regressor category covariate distribution typical
prediction mean sd var varlevel level correlation coefficient iiv no min max errorModel autoCorrCoef categories
count event hazard
EQUATION PK OUTPUT DEFINITION DESCRIPTION LONGITUDINAL INDIVIDUAL COVARIATE POPULATION SETTINGS
abs sqrt exp log log10 logit invlogit probit norminv normcdf sin cos tan asin acos atan atan2 sinh cosh tanh floor ceil
round factorial gammaln lgamma rem bsmm wcm
pkmodel depot iv oral absorption elimination peripheral transfer compartment effect empty reset adm target amount cmt delay
amtDose tDose inftDose id time occ admtype obsid
"""
_JULIA_WORDS = """
abstract baremodule begin break catch const continue do else elseif end export false finally for function global if import
in isa let local macro module mutable primitive quote return struct true try type using where while
abs exp expm1 ifelse log log1p max min sqrt tanh zero one hill power pi e im t Inf NaN missing nothing
bioav lags rate duration id time evid amt cmt ss ii addl route events covariates observations tad dosenum parameters
Normal LogNormal MvNormal Diagonal RealDomain PSDDomain PDiagDomain Gamma Beta Poisson
"""


@dataclass(frozen=True)
class Dialect:
    """The syntax of a target.

    assign: an assignment; declare: what a variable needs before branches set it; set: an assignment of such a
    variable; branch: its three lines, where `flat` each sets one variable and nothing else, or one expression
    (`choice`) in their stead; functions: texts of the language's functions, those that are missing
    are written as branches; powers: of a whole and of a real exponent; point: whole numbers need a decimal
    point; longest: letters of a name."""

    comment: str
    assign: str
    declare: str
    set: str
    branch: tuple[str, str, str]
    signs: dict[str, str] = field(hash=False)
    functions: dict[str, str] = field(hash=False)
    power: str
    point: bool
    upper: bool
    longest: int
    width: int
    carry_on: str
    reserved: frozenset[str]
    flat: bool = False
    choice: str = ""


_COMMON = {"abs": "abs({})", "exp": "exp({})", "log": "log({})", "sqrt": "sqrt({})"}

NONMEM = Dialect(
    comment=";",
    assign="{} = {}",
    declare="",
    set="{} = {}",
    branch=("IF ({}{}{}) THEN", "ELSE", "ENDIF"),
    signs={"<": ".LT.", ">": ".GT.", ">=": ".GE."},
    functions={
        **{name: text.upper() for name, text in _COMMON.items()},
        "expm1": "(EXP({}) - 1.0)",
        "log1p": "LOG(1.0 + {})",
        "tanh": "(1.0 - 2.0/(EXP(2.0*({})) + 1.0))",
    },
    power="{}**{}",
    point=True,
    upper=True,
    longest=20,
    width=100,
    carry_on=" &",
    reserved=frozenset(_NONMEM_WORDS.split()),
)
RXODE2 = Dialect(
    comment="#",
    assign="{} <- {}",
    declare="",
    set="{} <- {}",
    branch=("if ({} {} {}) {{", "}} else {{", "}}"),
    signs={"<": "<", ">": ">", ">=": ">="},
    functions={
        **_COMMON,
        "expm1": "expm1({})",
        "log1p": "log1p({})",
        "tanh": "tanh({})",
        "min": "min({}, {})",
        "max": "max({}, {})",
    },
    power="{}^{}",
    point=False,
    upper=False,
    longest=60,
    width=100,
    carry_on="",
    reserved=frozenset(_RXODE_WORDS.split()),
)
MRGSOLVE = Dialect(
    comment="//",
    assign="double {} = {};",
    declare="double {} = 0.0;",
    set="{} = {};",
    branch=("if({} {} {}) {{", "}} else {{", "}}"),
    signs={"<": "<", ">": ">", ">=": ">="},
    functions={
        **_COMMON,
        "abs": "fabs({})",
        "expm1": "expm1({})",
        "log1p": "log1p({})",
        "tanh": "tanh({})",
        "min": "fmin({}, {})",
        "max": "fmax({}, {})",
    },
    power="pow({}, {})",
    point=True,
    upper=False,
    longest=60,
    width=100,
    carry_on="",
    reserved=frozenset(_CPP_WORDS.split()),
)
MLXTRAN = Dialect(
    comment=";",
    assign="{} = {}",
    declare="{} = 0",
    set="{} = {}",
    branch=("if {} {} {}", "else", "end"),
    signs={"<": "<", ">": ">", ">=": ">="},
    functions={
        **_COMMON,
        "expm1": "(exp({}) - 1.0)",
        "log1p": "log(1.0 + {})",
        "tanh": "(1.0 - 2.0/(exp(2.0*({})) + 1.0))",
        "min": "min({}, {})",
        "max": "max({}, {})",
    },
    power="{}^{}",
    point=True,
    upper=False,
    longest=60,
    width=100,
    carry_on="",
    reserved=frozenset(_MLXTRAN_WORDS.split()),
    flat=True,
)
PUMAS = Dialect(
    comment="#",
    assign="{} = {}",
    declare="",
    set="",
    branch=("", "", ""),
    signs={"<": "<", ">": ">", ">=": ">="},
    functions={
        **_COMMON,
        "expm1": "expm1({})",
        "log1p": "log1p({})",
        "tanh": "tanh({})",
        "min": "min({}, {})",
        "max": "max({}, {})",
        "hill": "hill({}, {}, {})",
        "power": "power({}, {})",
    },
    power="{}^{}",
    point=True,
    upper=False,
    longest=60,
    width=100,
    carry_on="",
    reserved=frozenset(_JULIA_WORDS.split()),
    choice="ifelse({} {} {}, {}, {})",
)


class Names:
    """Names of one exported file, each given once: none is reserved, too long or met in two blocks."""

    def __init__(self, dialect: Dialect, reserved: Iterable[str] = ()) -> None:
        self.dialect, self.taken = dialect, {*dialect.reserved, *reserved}

    def fresh(self, wanted: str) -> str:
        """`wanted` as the target can hold it, numbered where the plain name is not free."""
        plain = wanted.upper() if self.dialect.upper else wanted
        text = numbered(plain, self._is_free, self.dialect.longest)
        self.taken.add(text)
        return text

    def _is_free(self, text: str) -> bool:
        return text not in self.taken and not (self.dialect is NONMEM and _NONMEM_NUMBERED.match(text))


def number(value: float, dialect: Dialect) -> str:
    """A number that reads back to the same double."""
    short = f"{value:g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
    text = short if float(short) == value else repr(float(value))
    text = text + ".0" if dialect.point and not set(text) & set(".e") else text
    return text.upper() if dialect.upper else text
