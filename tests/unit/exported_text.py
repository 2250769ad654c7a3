"""A small evaluator of exported model texts, independent of the exporter: a strict grammar for what is written, nothing more.

Each line of a block must be an assignment, a branch or a remark of the target; names must have been set before they are used.
"""

import math
import re

import numpy as np
from scipy.integrate import solve_ivp

from livingdrug.export.pumas import _HELPERS

_TOKEN = re.compile(r"\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|[A-Za-z_][A-Za-z0-9_.]*|\*\*|\^|>=|[-+*/(),<>])")
_FUNCTIONS = {
    # as Fortran and C have it at 0
    "log": lambda x: math.log(x) if x > 0 else -math.inf if x == 0 else math.nan,
    "exp": math.exp, "sqrt": math.sqrt, "abs": abs, "pow": math.pow,
}  # fmt: skip


class Program:
    """Statements translated to Python: `run(scope)` sets names in the scope, a dictionary."""

    def __init__(self, lines, branch, middle, last, assign, call):
        self.source, self.assigned, depth = [], [], 0
        for line in lines:
            if m := re.fullmatch(branch, line):
                left, sign, right = m.groups()
                left, right = self._expression(left, call), self._expression(right, call)
                self.source.append("    " * depth + f"if {left} {sign} {right}:")
                depth += 1
            elif re.fullmatch(middle, line):
                self.source.append("    " * (depth - 1) + "else:")
            elif re.fullmatch(last, line):
                depth -= 1
            else:
                m = re.fullmatch(assign, line)
                assert m, f"not in the grammar: {line}"
                name = m.group(1).strip()
                self.assigned.append(name)
                self.source.append("    " * depth + f"_scope[{name!r}] = {self._expression(m.group(2), call)}")
        assert depth == 0
        text = "\n".join(self.source) or "pass"
        self.called = {_called(name): name for name in call if f"{_called(name)}(" in text}
        self.code = compile(text, "exported", "exec")

    @staticmethod
    def _expression(text, call):
        out, at = [], 0
        text = text.strip()
        while at < len(text):
            m = _TOKEN.match(text, at)
            assert m, f"not in the grammar: {text[at:]!r} of {text!r}"
            token, at = m.group(1), m.end()
            if token[0].isalpha() or token[0] == "_":
                follows = text[at : at + 1] == "("
                assert not follows or token in call, f"unknown function `{token}` in {text!r}"
                token = _called(token) if follows else f"_scope[{token!r}]"
            out.append({"^": "**"}.get(token, token))
        return "".join(out)

    def run(self, scope, call):
        functions = {own: call[name] for own, name in self.called.items()}
        try:
            exec(self.code, {"_scope": scope, **functions})  # noqa: S102 - our own tokens only
        except KeyError as error:
            raise AssertionError(f"`{error.args[0]}` is used before it is set") from None


def _called(name):
    """What a function of the text is called in Python."""
    return f"_call_{name.replace('.', '_')}"


def _blocks(text, comment, head):
    """Title -> statements, remarks and blank lines left out."""
    found, title = {}, ""
    for line in text.splitlines():
        line = line.split(comment)[0].strip()
        m = re.match(head, line)
        if m:
            title = m.group(0).split()[0]
            line = line[m.end() :].strip()
        if line:
            found.setdefault(title, []).append(line)
        elif m:
            found.setdefault(title, [])
    return found


def _integrate(rate, start, doses, stops, times, into):
    """States at times, shape (times, states); a dose at a time counts after it, but at time 0."""
    y, at, rows = np.array(start, dtype=float), 0.0, {}
    for time, amount in doses:
        if time == 0:
            y[into] += amount
    if times[0] == 0:
        rows[0.0] = y.copy()
    marks = sorted({*(t for t, _ in doses if 0 < t < times[-1]), *(s for s in stops if 0 < s < times[-1]), times[-1]})
    for mark in marks:
        wanted = [t for t in times if at < t <= mark]
        low, high = float(np.nextafter(at, mark)), float(np.nextafter(mark, at))
        solved = solve_ivp(
            lambda t, y, low=low, high=high: rate(min(max(t, low), high), y.tolist()), (at, mark), y, "LSODA",
            sorted({*wanted, mark}), rtol=1e-10, atol=1e-12,
        )  # fmt: skip
        assert solved.success
        rows |= dict(zip(solved.t.tolist(), solved.y.T, strict=True))
        y, at = solved.y[:, -1].copy(), mark
        for time, amount in doses:
            if time == mark:
                y[into] += amount
    return np.array([rows[t] for t in times])


_IN_C = {
    **_FUNCTIONS, "fmin": min, "fmax": max, "fabs": abs, "expm1": math.expm1, "log1p": math.log1p, "tanh": math.tanh,
}  # fmt: skip
_IN_R = {**_FUNCTIONS, "min": min, "max": max, "expm1": math.expm1, "log1p": math.log1p, "tanh": math.tanh}
_IN_FORTRAN = {name.upper(): f for name, f in _FUNCTIONS.items()}
_SIGNS = {".LT.": "<", ".GT.": ">", ".GE.": ">=", ".EQ.": "=="}


def _fortran(lines, call):
    # a branch on one line is one of three
    split = [re.sub(r"^(IF \(.*?\)) (?!THEN)(.*)$", r"\1 THEN\n\2\nENDIF", line) for line in lines]
    lines = [part for line in split for part in line.split("\n")]
    lines = [re.sub(r"\.(LT|GT|GE|EQ)\.", lambda m: f" {_SIGNS[m.group()]} ", line) for line in lines]
    target = r"((?:[A-Z]\w*|(?:A_0|DADT|MTIME)\(\d+\))) = (.*)"
    return Program(lines, r"IF \((.*) (<|>|>=|==) (.*)\) THEN", "ELSE", "ENDIF", target, call)


def _c(lines, call):
    lines = [line.removeprefix("double ") for line in lines]
    return Program(lines, r"if\((.*) (<|>|>=) (.*)\) \{", r"\} else \{", r"\}", r"(\w+) = (.*);", call)


def _r(lines, call):
    target = r"(\w+|d/dt\(\w+\)|\w+\(0\)|mtime\(\w+\)) <- (.*)"
    return Program(lines, r"if \((.*) (<|>|>=) (.*)\) \{", r"\} else \{", r"\}", target, call)


def _ieee_exp(x):
    return math.exp(x) if x < 709 else math.inf


_IN_MLXTRAN = {**_FUNCTIONS, "exp": _ieee_exp, "min": min, "max": max}
# Julia's logarithm raises an error below 0 rather than give no number
_IN_JULIA = {
    **_IN_R, "exp": _ieee_exp, "log": lambda x: math.log(x) if x else -math.inf, "zero": lambda x: 0.0,
    "ifelse": lambda condition, yes, no: yes if condition else no,
}  # fmt: skip
_HELPER = re.compile(r"(\w+)\(([\w, ]+)\) = (.*) \? (.*) : (.*)")


def _mlxtran(lines, call):
    return Program(lines, r"if (.*) (<|>|>=) (.*)", "else", "end", r"(\w+) = (.*)", call)


def _julia(lines, call):
    lines = [re.sub(r" (:?=) @\. ", " = ", line) for line in lines]
    return Program(lines, "!", "!", "!", r"(\w+'?) = (.*)", call)


def _julia_helpers(lines):
    """Functions as the text defines them, with one choice each."""
    made = {}
    for line in lines:
        name, arguments, condition, yes, no = _HELPER.fullmatch(line).groups()
        arguments = arguments.split(", ")
        texts = [_julia([f"value = {part}"], _IN_JULIA) for part in (condition, yes, no)]

        def function(*given, arguments=arguments, texts=texts):
            scope = dict(zip(arguments, given, strict=True))
            texts[0].run(scope, _IN_JULIA)
            texts[1 if scope.pop("value") else 2].run(scope, _IN_JULIA)
            return scope["value"]

        made[name] = function
    return made


def evaluate(target, lines, values):
    """All variables after these statements of a target."""
    grammar, call = {
        "nonmem": (_fortran, _IN_FORTRAN), "mrgsolve": (_c, _IN_C), "nlmixr2": (_r, _IN_R),
        "monolix": (_mlxtran, _IN_MLXTRAN),
        "pumas": (_julia, {**_IN_JULIA, **_julia_helpers(_HELPERS.values())}),
    }[target]  # fmt: skip
    scope = dict(values)
    grammar([line.strip() for line in lines], call).run(scope, call)
    return scope


def run_nonmem(text, doses, times):
    """{variable: values at times} of $ERROR or $PRED, with all etas at 0."""
    blocks = _blocks(re.sub(r" &\n\s*", " ", text), ";", r"\$[A-Z]+")
    bounded = re.compile(r"\((?:[-\d.E]+, )?([-+\d.E]+)(?:, 1)?(?: FIX)?\)")
    theta = [float(bounded.fullmatch(line).group(1)) for line in blocks["$THETA"]]
    sigma = [float(line.removesuffix(" FIX")) for line in blocks["$SIGMA"]]
    call = {
        **_IN_FORTRAN, "THETA": lambda i: theta[i - 1], "ETA": lambda i: 0.0, "EPS": lambda i: 0.0, "PHI": lambda x: x,
        "SIGMA": lambda i, j: sigma[i - 1],
    }  # fmt: skip

    def program(name, more=()):
        return _fortran(blocks[name], {*call, *more})

    data = {"CENS": 0.0, "DV": 0.0, "DVID": 1.0}
    if "$PRED" in blocks:
        prediction, rows = program("$PRED"), []
        for time in times:
            rows.append({"TIME": time, **data})
            prediction.run(rows[-1], call)
        return {name: np.array([row.get(name, np.nan) for row in rows]) for name in dict.fromkeys(prediction.assigned)}
    scope = {}
    program("$PK").run(scope, call)
    compartments = [line for line in blocks["$MODEL"] if "COMP=" in line]
    numbers = range(1, len(compartments) + 1)
    dosed = next((i for i, line in enumerate(compartments) if "DEFDOSE" in line), None)
    stops = [scope[name] for name in scope if name.startswith("MTIME(")]
    parameters = {name: value for name, value in scope.items() if "(" not in name}
    des, error = program("$DES", ("A", "MPAST")), program("$ERROR", ("A", "MPAST"))

    def at(t, y):
        return {**call, "A": lambda i: y[i - 1], "MPAST": lambda i: float(t >= scope[f"MTIME({i})"])}

    def rate(t, y):
        inside = {**parameters, "T": t}
        des.run(inside, at(t, y))
        return [inside[f"DADT({i})"] for i in numbers]

    states = _integrate(rate, [scope.get(f"A_0({i})", 0.0) for i in numbers], doses, stops, times, dosed)
    rows = []
    for t, y in zip(times, states, strict=True):
        rows.append({**parameters, "TIME": t, **data})
        error.run(rows[-1], at(t, y))
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in dict.fromkeys(error.assigned)}


def run_mrgsolve(text, doses, times, dosed):
    """{variable: values at times} of $TABLE and the compartments, with all etas at 0."""
    blocks = _blocks(text, "//", r"\$[A-Z]+( @annotated)?( @covariates)?")
    parameters = {}
    for line in blocks["$PARAM"]:
        name, value, _ = line.split(" : ", 2)
        parameters[name] = float(value)
    compartments = [line.split(" : ")[0] for line in blocks.get("$CMT", [])]
    call = {**_IN_C, "ETA": lambda i: 0.0, "EPS": lambda i: 0.0, "self.mtime": lambda t: t}

    def program(name):
        declared = [line for line in blocks[name] if line.startswith("double ")]
        variables = {line.split()[1] for line in declared}
        made = _c(blocks[name], call)
        outside = {f"{form}" for c in compartments for form in (f"{c}_0", f"dxdt_{c}")}
        assert set(made.assigned) <= variables | outside and len(declared) == len(variables)
        assert not variables & (parameters.keys() | set(compartments))
        return made, variables

    (main, in_main), (table, in_table) = program("$MAIN"), program("$TABLE")
    assert not in_main & in_table
    scope = dict(parameters)
    main.run(scope, call)
    known = {name: value for name, value in scope.items() if not name.startswith("dxdt_")}
    if not compartments:
        rows = []
        for time in times:
            rows.append({**known, "TIME": time})
            table.run(rows[-1], call)
        return {name: np.array([row.get(name, np.nan) for row in rows]) for name in in_table}
    ode, in_ode = program("$ODE")
    assert not in_ode & (in_main | in_table)

    def rate(t, y):
        inside = {**known, **dict(zip(compartments, y, strict=True)), "SOLVERTIME": t}
        ode.run(inside, call)
        return [inside[f"dxdt_{c}"] for c in compartments]

    stops = [value for name, value in scope.items() if name.endswith("_at")]
    start = [scope.get(f"{c}_0", 0.0) for c in compartments]
    states = _integrate(rate, start, doses, stops, times, compartments.index(dosed) if dosed else None)
    rows = []
    for t, y in zip(times, states, strict=True):
        rows.append({**known, **dict(zip(compartments, y, strict=True)), "TIME": t})
        table.run(rows[-1], call)
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in (*in_table, *compartments)}


def run_rxode2(text, doses, times, dosed):
    """{variable: values at times} of the `model` block, with all etas at 0."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    ini = lines[lines.index("ini({") + 1 : lines.index("})")]
    body = lines[lines.index("model({") + 1 : -2]
    assert lines[-2:] == ["})", "}"] and re.fullmatch(r"\w+ <- function\(\) \{", lines[0])
    call = {**_IN_R, "fix": lambda x: x}
    start = Program([line for line in ini if "~" not in line], "!", "!", "!", r"([\w.]+) <- (.*)", call)
    typical = {line.split(" ~ ")[0]: 0.0 for line in ini if "~" in line}
    start.run(typical, call)
    sds = {m.groups() for line in body if (m := re.fullmatch(r"(\w+) ~ lnorm\(([\w.]+)\)", line))}
    assert all(sd in typical for _, sd in sds)
    program = _r([line for line in body if "~" not in line], call)
    states = [name[5:-1] for name in program.assigned if name.startswith("d/dt(")]

    class Scope(dict):
        def __setitem__(self, name, value):
            # rxode2 makes a variable of the model time
            super().__setitem__(name[6:-1] if name.startswith("mtime(") else name, value)

    def at(t, y):
        scope = Scope({**typical, **dict(zip(states, y, strict=True)), "t": t})
        program.run(scope, call)
        return scope

    if not states:
        rows = [at(t, []) for t in times]
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}
    begin = Scope({**typical, **dict.fromkeys(states, 1.0), "t": 0.0})
    program.run(begin, call)
    stops = [begin[name[6:-1]] for name in program.assigned if name.startswith("mtime(")]
    y0 = [begin.get(f"{name}(0)", 0.0) for name in states]

    def rate(t, y):
        inside = at(t, y)
        return [inside[f"d/dt({name})"] for name in states]

    solved = _integrate(rate, y0, doses, stops, times, states.index(dosed) if dosed else None)
    rows = [at(t, y) for t, y in zip(times, solved, strict=True)]
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in rows[0]}


class Written:
    """Equations read from a text: `dosed`, `states`, `values` of its parameters, `at(t, y)`: all variables at states by name.

    `start`: the states at time 0.
    """

    def rates(self, t, y):
        """Derivatives, by state."""
        found = self.at(t, y)
        return {name: found[self.slope.format(name)] for name in self.states}

    def curves(self, doses, times):
        """{variable: values at times}."""
        y0 = [self.start.get(name, 0.0) for name in self.states]
        names = self.states

        def rate(t, y):
            found = self.rates(t, dict(zip(names, y, strict=True)))
            return [found[name] for name in names]

        into = names.index(self.dosed) if self.dosed else 0
        solved = _integrate(rate, y0, doses, self.stops, times, into) if names else [[] for _ in times]
        rows = [self.at(t, dict(zip(names, y, strict=True))) for t, y in zip(times, solved, strict=True)]
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}


class Mlxtran(Written):
    """A structural model, and the remarks that hold a project, read without their semicolons."""

    slope = "ddt_{}"

    def __init__(self, text):
        model, project = text.split("; For a project", 1)
        lines = [line.split(";")[0].strip() for line in model.splitlines()]
        body = "\n".join(line for line in lines if line)
        pattern = r"DESCRIPTION: .*\n\[LONGITUDINAL\]\n(?:input = \{([^}]*)\}\n)?(?:PK:\ndepot\(target=(\w+)\)\n)?EQUATION:\n"
        m = re.match(pattern, body)
        equations, said = body[m.end() :].split("\nOUTPUT:\n")
        self.inputs = re.findall(r"\w+", m.group(1) or "")
        self.dosed = m.group(2)
        self.output, self.table = (
            re.findall(r"\w+", found.group(1)) if (found := re.search(word + r" = \{([^}]*)\}", said)) else []
            for word in ("output", "table")
        )
        lines = [line for line in equations.splitlines() if line not in ("odeType = stiff", "t_0 = 0")]
        assert ("odeType = stiff" in equations) == ("ddt_" in equations)
        self.program = _mlxtran(lines, _IN_MLXTRAN)
        self.states = [name[4:] for name in self.program.assigned if name.startswith("ddt_")]
        self.project = "\n".join(line.removeprefix(";").strip() for line in project.splitlines())
        self.values = dict(re.findall(r"^(\w+) = \{value=([-\w.+]+), method=", self.project, re.M))
        typical = dict(re.findall(r"^(\w+) = \{distribution=.*typical=(\w+)", self.project, re.M))
        assert list(typical) == self.inputs
        self.parameters = {name: float(self.values[value]) for name, value in typical.items()}
        begin = self.at(0.0, dict.fromkeys(self.states, 1.0))
        self.start = {name: begin.get(f"{name}_0", 0.0) for name in self.states}
        self.stops = [value for name, value in begin.items() if name.endswith("_at")]

    def at(self, t, y):
        """All variables at a time, with all random effects at 0."""
        scope = {**self.parameters, **y, "t": t}
        self.program.run(scope, _IN_MLXTRAN)
        return scope


class Pumas(Written):
    """A Julia file: helpers, `@model` in its sections, and the named tuple of values."""

    slope = "{}'"
    dosed = None

    def __init__(self, text):
        lines = [line for line in (line.split("#")[0].rstrip() for line in text.splitlines()) if line]
        assert lines[0] == "using Pumas"
        begin = next(i for i, line in enumerate(lines) if re.fullmatch(r"\w+ = @model begin", line))
        self.call = {**_IN_JULIA, **_julia_helpers(lines[1:begin])}
        end, sections = lines.index("end"), {}
        for line in lines[begin + 1 : end]:
            if m := re.fullmatch(r"    @(\w+) begin", line):
                sections[title := m.group(1)] = []
            elif line != "    end":
                assert line.startswith("        ")
                sections[title].append(line.strip())
        assert lines[end + 1] == "parameters = (;" and lines[-1] == ")"
        given = dict(re.fullmatch(r"    (\w+) = (.*),", line).groups() for line in lines[end + 2 : -1])
        domains = dict(re.fullmatch(r"(\w+) ∈ (\w+)\(.*\)", line).groups() for line in sections["param"])
        assert list(given) == list(domains)
        self.values, self.sections = given, sections
        self.random = dict(line.split(" ~ ") for line in sections.get("random", []))
        scalars = {name: float(value) for name, value in given.items() if domains[name] == "RealDomain"}
        pre = {**scalars, **dict.fromkeys(self.random, 0.0)}
        pattern = re.compile("|".join(rf"\b{name}\[\d+\]" for name in self.random) or "!")

        def run(title, scope):
            plain = [pattern.sub("0.0", line) for line in sections.get(title, []) if " ~ " not in line]
            _julia(plain, self.call).run(scope, self.call)
            return scope

        self.pre = {name: value for name, value in run("pre", pre).items() if name not in scalars}
        self.start = run("init", dict(self.pre))
        slopes = _julia(sections.get("dynamics", []), self.call)
        self.states = [name[:-1] for name in slopes.assigned]
        self.start = {name: self.start.get(name, 0.0) for name in self.states}
        self.stops = [value for name, value in self.pre.items() if name.endswith("_at")]
        derived = [line for line in sections["derived"] if " ~ " not in line]
        self.programs = [_julia(sections.get("vars", []), self.call), slopes, _julia(derived, self.call)]

    def at(self, t, y):
        """All variables at a time, with all random effects at 0."""
        scope = {**self.pre, **y, "t": t}
        for program in self.programs:
            program.run(scope, self.call)
        return scope
