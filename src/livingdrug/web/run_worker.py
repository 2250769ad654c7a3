"""The process of one run of any kind: it leaves the folder that `livingdrug run --out` would write."""

import json
import sys
from pathlib import Path

from livingdrug.web.worker import ANSWER, JOB, PROGRESS, RUN, Progress, conduct, write

GIVEN = "given.json"  # the scenario as its user knows it, and what files are called here -> there


def run_job(folder: Path, say: Progress) -> None:
    """Run what JOB asks for into the folder RUN; ANSWER comes last, and says whether it came to one."""
    from livingdrug.workflows import keep_run, read_scenario, scenario_of_text

    scenario = read_scenario(folder / JOB)
    given = json.loads((folder / GIVEN).read_text(encoding="utf-8"))
    shown = scenario_of_text(given["shown"], "the scenario")
    answer = keep_run(scenario, folder / RUN, progress=say, shown=shown, names=given["names"])
    write({"ok": answer.ok}, folder / ANSWER)


def main(folder: str) -> int:
    """Exit code: 0 with an answer, 2 refused, 130 interrupted."""
    path = Path(folder)
    say = Progress(path / PROGRESS)
    return conduct(folder, say, lambda: run_job(path, say))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
