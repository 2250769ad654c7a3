"""The command line as a user meets it, without the time that a new interpreter takes."""

import contextlib
import io
import os
import sys
import warnings
from typing import NamedTuple


class Done(NamedTuple):
    """What a command left: exit code, standard output and standard error."""

    returncode: int
    stdout: str
    stderr: str


def as_users_run(*arguments, cwd=None, columns: int = 80) -> Done:
    """The same where warnings are no errors, as in a user's run; one that is given is a fault all the same."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        done = livingdrug(*arguments, cwd=cwd, columns=columns)
    assert not given, [str(warning.message) for warning in given]
    return done


def livingdrug(*arguments, cwd=None, columns: int = 80) -> Done:
    """Run `livingdrug ARGUMENTS` in this process, in the folder `cwd`; what is no clean end is raised here."""
    from livingdrug.cli.main import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    code = 0
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
    return Done(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))
