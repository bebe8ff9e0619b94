"""What torch.compile makes of a training step: the wait for the first step, then the time of each.

    python benchmarks/compiled.py [--cases mlp convnet resnet18] [--rounds 40] [--resnet-rounds 6]

Each case has two processes, one after the other: the first begins with an empty cache of compiled code, the
second finds what the first left. In each, a trainer without and one with `compile` take turns. First step:
seconds of the clock. Steps: CPU seconds with one thread, which other programs on the machine disturb less;
the two first steps of each do not count.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

from report import machine, spread

CASES = {
    "mlp": "digits, MLP, batch 128",
    "convnet": "digits, small convnet, batch 128",
    "resnet18": "images of CIFAR's size, ResNet-18, batch 64",
}


def measure(case: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of the steps without and with compilation, in turns; the first of each holds the building."""
    import torch
    from resnet_step import CONFIG, images_of

    from ghviz.data.dataset import load
    from ghviz.train.engine import Trainer
    from ghviz.train.presets import PRESETS

    if case == "resnet18":
        config = replace(CONFIG, batch_size=64)
        data = images_of(8 * 64)
    else:
        config = replace(PRESETS["digits"].config, net=case, batch_size=128, gh_warm_up=0, snapshots=1)
        data = load(config)
    torch.set_num_threads(1)
    times: dict[str, list[float]] = {}
    trainers = {}
    for switch in ("off", "on"):
        begun = time.perf_counter()
        trainers[switch] = Trainer(replace(config, compile=switch, threads=1), data)
        trainers[switch].harmonizer.set_epoch(0)
        list(trainers[switch].steps_on())
        times[switch] = [time.perf_counter() - begun]
    for turn in range(rounds + 1):
        for switch, trainer in list(trainers.items())[:: 1 if turn % 2 else -1]:
            begun = time.process_time()
            list(trainer.steps_on())
            times[switch].append(time.process_time() - begun)
    return {switch: [first, *rest] for switch, (first, _, *rest) in times.items()}


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--resnet-rounds", type=int, default=6)
    parser.add_argument("--alone", action="store_true", help="measure in this process, print JSON")
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(measure(asked.cases[0], asked.rounds)))
        return
    print(machine())
    for case in asked.cases:
        rounds = asked.resnet_rounds if case == "resnet18" else asked.rounds
        print(f"  {CASES[case]}")
        with tempfile.TemporaryDirectory() as cache:
            for state in ("empty", "filled"):
                done = subprocess.run(
                    [sys.executable, __file__, "--alone", "--cases", case, "--rounds", str(rounds)],
                    env={**os.environ, "TORCHINDUCTOR_CACHE_DIR": cache},
                    capture_output=True, text=True, check=True,
                )  # fmt: skip
                found = json.loads(done.stdout.splitlines()[-1])
                (off_first, *off), (on_first, *on) = found["off"], found["on"]
                ratios = [one / other for one, other in zip(on, off, strict=True)]
                waited = on_first - off_first
                saved = statistics.median(off) - statistics.median(on)
                pays = f"pays after {waited / saved:,.0f} steps" if saved > 0 else "never pays"
                print(
                    f"    cache {state:<6} first step {off_first:.1f} s without, {on_first:.1f} s with; "
                    f"a step {spread(off, digits=4)} and {spread(on, digits=4)} CPU s, "
                    f"ratio {spread(ratios)}: {pays}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
