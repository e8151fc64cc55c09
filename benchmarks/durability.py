#!/usr/bin/env python3
"""Hand in under load while processes are killed, and look whether anything got lost.

    .venv/bin/python benchmarks/durability.py            1,000 hand-ins in 60 s, 5 kills, 1 restart
    .venv/bin/python benchmarks/durability.py --quick    100 hand-ins in 10 s, 2 kills

It starts a PostgreSQL of its own that waits for the disk, an installation in a temporary folder
(gunicorn and worker, settings of production), and one client for each team. Clients repeat a
request until they hold a receipt; afterwards every receipt is compared with database and stored
files. It talks to this machine only. The exit code is 1 if anything was lost or is there twice.
What it proves, and what not: docs/durability.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.hand_ins import clients, faults


def main(argv: list[str] | None = None) -> int:
    """Run once and print the table; 1 if anything was lost or duplicated."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100 hand-ins in 10 s, 2 kills")
    parser.add_argument("--clients", type=int, default=50, help="teams, one client for each")
    parser.add_argument("--versions", type=int, default=20, help="hand-ins of each team")
    parser.add_argument("--seconds", type=float, default=60, help="0: as fast as it goes")
    parser.add_argument("--kills", type=int, default=len(faults.KILLS), help="at most 5")
    parser.add_argument("--no-restart", action="store_true", help="let the database run")
    parser.add_argument("--pages", action="store_true", help="read every page before its form")
    parser.add_argument("--uploads", type=int, default=1, help="of predictions for each hand-in")
    parser.add_argument("--wait", type=float, default=900, help="seconds for the evaluations")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    if options.quick:
        options.clients, options.versions, options.seconds = 20, 5, 10
        options.kills, options.no_restart, options.wait = 2, True, 0
    if "POSTGRES_CONTROL" not in os.environ:
        # Once more, with a database.
        script = str(faults.ROOT / "scripts" / "with_postgres.sh")
        again = [script, "--durable", sys.executable, __file__, *(argv or sys.argv[1:])]
        return subprocess.run(again, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="auslobung-durability.") as folder:
        return measure(Path(folder), options)


def measure(folder: Path, options: argparse.Namespace) -> int:
    """Set up, load, kill, judge, print."""
    data = folder / "data"
    world = child(data, "benchmarks.hand_ins.world", str(options.clients))
    load = clients.Load(
        versions=options.versions,
        seconds=options.seconds,
        seed=options.seed,
        reads_pages=options.pages,
        uploads=options.uploads,
    )
    planned = faults.plan(
        options.kills,
        options.seconds or 30.0,
        restart=not options.no_restart,
        seed=options.seed,
    )
    with faults.Installation(data) as installation:
        killer = faults.Killer(installation, planned, options.seed)
        killer.start()
        outcome = clients.run(world, installation.port, load)
        killer.join(faults.PATIENCE)
        received = folder / "hand-ins.json"
        received.write_text(json.dumps(outcome.as_data()), encoding="utf-8")
        verdict = child(data, "benchmarks.hand_ins.judge", str(received), last=str(options.wait))
        tracebacks = sum(
            (folder / name).read_text(errors="replace").count("Internal Server Error")
            for name in ("web.log", "worker.log")
        )
    print(table(outcome, verdict, killer.done, tracebacks))
    wrong = [*verdict["lost"], *verdict["duplicated"], *verdict["broken"]]
    for sentence in wrong[:50]:
        print(f"  {sentence}")
    is_short = len(outcome.hand_ins) != options.clients * options.versions
    return 1 if wrong or is_short else 0


def child(data: Path, module: str, *arguments: str, last: str = "") -> dict[str, Any]:
    """Run a module with the settings of the installation and return what it wrote."""
    output = data.parent / f"{module.rpartition('.')[2]}.json"
    subprocess.run(
        [sys.executable, "-m", module, *arguments, str(output), *([last] if last else [])],
        cwd=faults.ROOT,
        env=faults.environment(data),
        check=True,
    )
    found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return found


def table(
    outcome: clients.Outcome, verdict: dict[str, Any], done: Sequence[str], tracebacks: int
) -> str:
    """Return the figures in words."""
    received = [row for row in outcome.hand_ins if row.document]
    uploads = [seconds for row in outcome.hand_ins for seconds in row.uploads]
    ended = {name: n for name, n in verdict["evaluations"].items() if name != "waiting"}
    lines = [
        (
            f"{len(outcome.hand_ins):,} hand-ins in {outcome.seconds:.1f} s, "
            f"{len(received) / outcome.seconds:.1f}/s"
        ),
        f"  {len(uploads):,} uploads       {percentiles(uploads)}",
        f"                      {len(uploads) / outcome.seconds:.1f}/s",
        f"  click to receipt    {percentiles([row.seconds for row in received])}",
        f"  with the upload     {percentiles([row.seconds_in_all for row in received])}",
        f"  repeated requests   {sum(outcome.faults.values())} {dict(outcome.faults)}",
        f"  errors in the logs  {tracebacks}",
        (
            f"  receipts            {len(received):,} of {len(outcome.hand_ins):,}, "
            f"{verdict['handed_in']:,} versions are handed in"
        ),
        f"  lost                {len(verdict['lost'])}",
        f"  duplicated          {len(verdict['duplicated'])}",
        f"  broken promises     {len(verdict['broken'])}",
        (
            f"  evaluations         {ended}, {verdict['evaluations']['waiting']} waiting "
            f"after {verdict['evaluation_seconds']:.0f} s more"
        ),
        f"  files without row   {verdict['unnamed_files']} (swept after a day)",
        f"  mails waiting       {verdict['mails_waiting']}",
        *(f"  {line}" for line in done),
    ]
    return "\n".join(lines)


def percentiles(values: Sequence[float]) -> str:
    """Return median, 95th, 99th percentile and maximum."""
    ordered = sorted(values) or [0.0]
    at = {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * share))]
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return "  ".join(f"{name} {value:.2f} s" for name, value in {**at, "max": ordered[-1]}.items())


if __name__ == "__main__":
    sys.exit(main())
