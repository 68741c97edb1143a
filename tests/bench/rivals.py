"""Other libraries on the same children: an environment of their own, made once, beside the folder's own."""

import json
import os
import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / ".venv-bench"
WANTED = HERE / "rivals.txt"
MINUTES = 10


class NotInstallable(Exception):
    """The rivals cannot be had on this machine; carries why."""


def measure(children: Path) -> dict[str, dict[str, float]]:
    """Return by library how many of the children of a file it scored, and in how many CPU seconds.

    Raises NotInstallable where they cannot be installed or do not run.
    """
    answer = _run([_python(), HERE / "rival_scores.py", children])
    return json.loads(answer)


def _python() -> Path:
    """Return the Python with the rivals; made from the index this machine is set up with, versions as in rivals.txt."""
    python, made_from = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "made-from"
    wanted = WANTED.read_text()
    if not made_from.exists() or made_from.read_text() != wanted:
        try:
            venv.create(ENVIRONMENT, clear=True, with_pip=True)
        except (OSError, subprocess.SubprocessError) as problem:
            raise NotInstallable(str(problem)) from problem
        pip = [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
        _run([*pip, "--only-binary", ":all:", "-r", WANTED])
        made_from.write_text(wanted)
    return python


def _run(command: list) -> str:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=MINUTES * 60, check=True)
    except subprocess.CalledProcessError as problem:
        said = problem.stderr.strip().splitlines() or ["no reason given"]
        raise NotInstallable(next((line for line in said if line.startswith("ERROR")), said[-1])) from problem
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NotInstallable(str(problem)) from problem
    return done.stdout
