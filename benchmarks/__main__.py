"""Run the benchmarks of G-1 to G-8, LO-6 and LO-7 one after the other and print one table.

    .venv/bin/python -m benchmarks            all of them, about twenty minutes
    .venv/bin/python -m benchmarks evaluation  one by its name

The machine should do nothing else. docs/performance.md says what each figure means.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.report import MARK, Figure, figures_in

# Ten million rows take minutes on the other side, so that one pair has to do.
PROGRAMS: Final = {
    "leaderboards": (),
    "columns": (),
    "evaluation": (),
    "large_files": ("10000000", "1"),
    "intervals": (),
    "backlog": (),
}


def main(names: list[str]) -> int:
    """Run the programs; the exit code is 1 if a goal was missed by more than a third."""
    if not set(names) <= set(PROGRAMS):
        print(f"Known are: {', '.join(PROGRAMS)}.")
        return 2
    found: list[Figure] = []
    codes = []
    for name in names or PROGRAMS:
        started = time.monotonic()
        command = [sys.executable, str(Path(__file__).with_name(f"{name}.py")), *PROGRAMS[name]]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        codes.append(done.returncode)
        print(f"{name} ({time.monotonic() - started:.0f} s)")
        print("\n".join(line for line in done.stdout.splitlines() if not line.startswith(MARK)))
        found += figures_in(done.stdout)
    print("\n| goal | figure | measured | goal is | |\n|---|---|---|---|---|")
    for figure in sorted(found, key=lambda figure: figure.goal):
        print(f"| {' | '.join(figure.cells)} |")
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
