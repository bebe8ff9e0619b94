"""Time of a whole pair from the command line, start-up included, unpaced.

python benchmarks/pairs.py [toy-circle digits] [--runs 3]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import machine, spread, verdict

LIMITS_S = {"toy-circle": 15.0, "toy-sphere": 15.0, "digits": 45.0}


def seconds(preset: str, seed: int) -> tuple[float, float]:
    """Wall and processor time of the command."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "pair")
        command = ["-m", "ghviz", "pair", "--preset", preset, "--seed", str(seed), "--out", out]
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("presets", nargs="*", default=["toy-circle", "digits"])
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    print(machine(), f"load {os.getloadavg()[0]:.1f}", sep="; ")
    for preset in asked.presets:
        times, busy = zip(*(seconds(preset, seed) for seed in range(asked.runs)), strict=True)
        print(f"{preset:<12} {spread(times)} s, of which on a processor {spread(busy)} s")
        if preset in LIMITS_S:
            print(f"{'':<12} {verdict(statistics.median(times), LIMITS_S[preset], unit='s')}")


if __name__ == "__main__":
    main()
