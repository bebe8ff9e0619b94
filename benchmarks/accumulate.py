"""Memory and time of a step of a CIFAR ResNet-18 whose batch goes through the net in parts.

    python benchmarks/accumulate.py [--batch 256] [--parts 1 2 4 8] [--rounds 3]

Memory: each number of parts has a process of its own, which takes two steps; the most that it held resident
(VmHWM of Linux's /proc), less what it held with the trainer built and no step done. Time: CPU seconds of a
step with one thread, all numbers of parts in turns in one process, each round's ratio to the first of them.
Random images of CIFAR's size stand in for CIFAR's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from report import machine, spread  # nothing that loads torch: a child's memory is its own

if TYPE_CHECKING:
    from ghviz.train.engine import Trainer

GIB = 2**20  # of kB, in which /proc counts


def trainer_of(batch: int, parts: int) -> Trainer:
    """A trainer past GH's warm-up."""
    import torch
    from resnet_step import CONFIG, images_of

    from ghviz.train.engine import Trainer

    torch.set_num_threads(1)
    config = replace(CONFIG, batch_size=batch, accumulate=parts, threads=1)
    trainer = Trainer(config, images_of(batch))
    trainer.harmonizer.set_epoch(0)
    return trainer


def resident(field: str) -> float:
    """Of this process: VmRSS, what it holds now, or VmHWM, the most that it held; GiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1]) / GIB


def memory(batch: int, parts: int) -> list[float]:
    """What this process holds before the first step, and the most that it holds in two."""
    trainer = trainer_of(batch, parts)
    before = resident("VmRSS")
    for _ in range(2):
        list(trainer.steps_on())
    return [before, resident("VmHWM")]


def seconds(batch: int, parts: list[int], rounds: int) -> list[list[float]]:
    """CPU seconds of a step for each number of parts, in turns; a round that does not count goes first."""
    trainers = [trainer_of(batch, each) for each in parts]
    times: list[list[float]] = [[] for _ in parts]
    for turn in range(rounds + 1):
        for i in list(range(len(parts)))[:: 1 if turn % 2 else -1]:
            begun = time.process_time()
            list(trainers[i].steps_on())
            times[i].append(time.process_time() - begun)
    return [each[1:] for each in times]


def in_a_child(*words: object) -> list[list[float]] | list[float]:
    """What this script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, *map(str, words)], capture_output=True, text=True, check=True
    )
    found: list[list[float]] | list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--parts", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--rounds", type=int, default=3, help="0: memory alone")
    parser.add_argument("--alone", choices=["memory", "seconds"], help="in this process, print JSON")
    asked = parser.parse_args()
    if asked.alone == "memory":
        print(json.dumps(memory(asked.batch, asked.parts[0])))
        return
    if asked.alone == "seconds":
        print(json.dumps(seconds(asked.batch, asked.parts, asked.rounds)))
        return
    print(machine())
    print(f"  batch {asked.batch}, two views of each sample")
    for parts in asked.parts:
        before, most = in_a_child("--alone", "memory", "--batch", asked.batch, "--parts", parts)
        print(f"  {parts:>2} parts: {most - before:.2f} GiB above {before:.2f} GiB", flush=True)
    if not asked.rounds:
        return
    times = in_a_child(
        "--alone", "seconds", "--batch", asked.batch, "--rounds", asked.rounds, "--parts", *asked.parts
    )
    for parts, each in zip(asked.parts, times, strict=True):
        ratios = [one / first for one, first in zip(each, times[0], strict=True)]
        print(f"  {parts:>2} parts: {spread(each)} CPU seconds a step, ratio {spread(ratios)}", flush=True)


if __name__ == "__main__":
    main()
