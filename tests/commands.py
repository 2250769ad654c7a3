"""The command line as a user meets it, without the time that a new interpreter takes."""

import contextlib
import io
import os
import sys
from typing import NamedTuple


class Done(NamedTuple):
    """What a command left: exit code, standard output and standard error."""

    returncode: int
    stdout: str
    stderr: str


def livingdrug(*arguments, cwd=None, columns: int = 80) -> Done:
    """Run `livingdrug ARGUMENTS` in this process, in the folder `cwd`; what is no clean end is raised here."""
    from livingdrug.cli.main import main

    out, err, code = io.StringIO(), io.StringIO(), 0
    before = sys.argv, os.getcwd(), os.environ.get("COLUMNS")
    sys.argv, os.environ["COLUMNS"] = ["livingdrug", *map(str, arguments)], str(columns)
    try:
        os.chdir(cwd or before[1])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv = before[0]
        os.chdir(before[1])
        del os.environ["COLUMNS"]
        if before[2] is not None:
            os.environ["COLUMNS"] = before[2]
    return Done(code, out.getvalue(), err.getvalue())
