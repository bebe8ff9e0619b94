"""Memory and time of a step of a CIFAR ResNet-18 whose batch goes through the net in parts.

    python benchmarks/accumulate.py [--batch 256] [--parts 1 2 4 8] [--steps 3]

Each number of parts has a process of its own. Memory: the most that it held resident (VmHWM of Linux's
/proc), less what it held with the trainer built and no step done. Time: CPU seconds of a step with one
thread, which other programs on the machine disturb less than seconds of the clock; the first step does not
count. Random images of CIFAR's size stand in for CIFAR's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from report import machine, spread

GIB = 2**20  # of kB, in which /proc counts


def resident(field: str) -> int:
    """Of this process: VmRSS, what it holds now, or VmHWM, the most that it held; kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1])


def measure(batch: int, parts: int, steps: int) -> dict[str, object]:
    """Take some steps in this process."""
    import torch
    from resnet_step import CONFIG, images_of

    from ghviz.train.engine import Trainer

    torch.set_num_threads(1)
    config = replace(CONFIG, batch_size=batch, accumulate=parts, threads=1)
    trainer = Trainer(config, images_of(batch))
    trainer.harmonizer.set_epoch(0)
    before, seconds = resident("VmRSS"), []
    for _ in range(steps + 1):
        begun = time.process_time()
        list(trainer.steps_on())
        seconds.append(time.process_time() - begun)
    return {"before": before, "most": resident("VmHWM"), "seconds": seconds[1:]}


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--parts", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="measure in this process, print JSON")
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(measure(asked.batch, asked.parts[0], asked.steps)))
        return
    print(machine())
    print(f"  batch {asked.batch}, two views of each sample")
    whole = 0.0
    for parts in asked.parts:
        words = ["--alone", "--batch", asked.batch, "--parts", parts, "--steps", asked.steps]
        done = subprocess.run(
            [sys.executable, __file__, *map(str, words)], capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout.splitlines()[-1])
        seconds = found["seconds"]
        whole = whole or statistics.median(seconds)
        print(
            f"  {parts:>2} parts: {(found['most'] - found['before']) / GIB:.2f} GiB above "
            f"{found['before'] / GIB:.2f} GiB; {spread(seconds)} CPU seconds a step, "
            f"{statistics.median(seconds) / whole:.2f} of that of the first line",
            flush=True,
        )


if __name__ == "__main__":
    main()
