"""Growth: one visit, many in memory, a whole file; beside a bare look-up and other libraries, in one run."""

import subprocess
import sys
from pathlib import Path

from mengya_health.growth import judge
from mengya_health.growth.many import judge_many
from tests.bench import children, rivals
from tests.bench.bare_growth import bare_scores
from tests.bench.measure import cpu_ms

IN_MEMORY = 100_000
ONE_BY_ONE = 500
FOR_RIVALS = 1000
FILES = (100_000, 1_000_000)
REFERENCES = ("who2006", "wst423_2022")
VISIT_US = 50
MILLION_A_SECOND = 1.0
FILE_SECONDS = 2.0
# A process starts with the memory of whoever starts it on its account: a small one has to, not this one.
MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
BARE = "bare look-up, who2006"


def print_growth(folder: Path) -> None:
    """Print a line for each measurement, with its limit."""
    lines = list(children.rows(IN_MEMORY))
    _print_one_by_one(lines[:ONE_BY_ONE])
    _print_in_memory(lines)
    _print_rivals(folder)
    _print_files(folder)


def _print_one_by_one(lines: list) -> None:
    visits = children.as_visits(lines)
    took_ms = cpu_ms(
        {name: lambda name=name: [judge(visit, name) for visit in visits] for name in REFERENCES}, count=10
    )
    print(f"\n{'growth: one visit, five indicators':<44}{'µs':>9}{'limit':>12}")
    for name, ms in took_ms.items():
        each_us = ms * 1000 / len(visits)
        print(f"{name:<44}{each_us:>9.1f}{VISIT_US:>12}{'  missed' if each_us > VISIT_US else ''}")


def _print_in_memory(lines: list) -> None:
    columns = children.as_columns(lines)
    ours = {name: lambda name=name: judge_many(columns, name) for name in REFERENCES}
    took_ms = cpu_ms({BARE: bare_scores(columns)} | ours, rounds=5, count=10)
    print(f"\n{'growth: many in memory, five indicators':<44}{'million/s':>9}{'limit':>12}{'of the bare':>14}")
    for name, ms in took_ms.items():
        rate, share = len(lines) / ms / 1000, took_ms[BARE] / ms
        limit = f"{MILLION_A_SECOND:>12}" if name == "who2006" else f"{'–':>12}"
        missed = "  missed" if name == "who2006" and rate < MILLION_A_SECOND else ""
        print(f"{name:<44}{rate:>9.2f}{limit}{share:>13.1f}×{missed}")


def _print_rivals(folder: Path) -> None:
    children.write(folder / "few.csv", FOR_RIVALS)
    try:
        measured = rivals.measure(folder / "few.csv")
    except rivals.NotInstallable as problem:
        print(f"other libraries are not installable here: {problem}")
        return
    for name, found in measured.items():
        refused = f"  ({found['refused']} of {found['children']} refused)" if found["refused"] else ""
        print(f"{name:<44}{found['children'] / found['seconds'] / 1_000_000:>9.4f}{refused}")


def _print_files(folder: Path) -> None:
    print(f"\n{'growth: a file, start and writing included':<44}{'CPU s':>9}{'limit':>12}{'MB':>9}")
    for count in FILES:
        source = folder / f"{count}.csv"
        children.write(source, count)
        for reference in REFERENCES:
            seconds, megabytes = _of_a_file(source, folder / "scored.csv", reference)
            limit = f"{FILE_SECONDS:>12}" if count == FILES[0] else f"{'–':>12}"
            missed = "  missed" if count == FILES[0] and seconds > FILE_SECONDS else ""
            print(f"{f'{count:,} children, {reference}':<44}{seconds:>9.2f}{limit}{megabytes:>9.0f}{missed}")
        source.unlink()


def _of_a_file(source: Path, destination: Path, reference: str) -> tuple[float, float]:
    """Return the CPU seconds and the largest memory in MB of `mengya growth`, start of Python included."""
    mengya = Path(sys.executable).with_name("mengya")
    command = [sys.executable, "-c", MEASURED, mengya, "growth", source, destination, "--reference", reference]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, kilobytes = done.stdout.split()
    return float(seconds), int(kilobytes) / 1024
