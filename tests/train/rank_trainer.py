"""Train as the arguments say, as one of several processes or alone, and write what came out."""

from __future__ import annotations

import sys

import msgspec
import numpy as np

from ghviz.data.dataset import load
from ghviz.train.engine import Trainer
from ghviz.train.ranks import end_process, join, leave
from ghviz.types import PriorTaken, RunConfig, Step


def main(config: RunConfig, out: str) -> None:
    ranks = join()
    trainer = Trainer(config, load(config))
    steps, priors = [], []
    while trainer.step < trainer.total_steps:
        for event in trainer.steps_on():
            if isinstance(event, Step):
                steps.append([event.loss, event.base_loss, event.gh_loss])
            elif isinstance(event, PriorTaken):
                priors.append(event.prior)
    weights = [value.detach().numpy().ravel() for value in trainer.encoder.state_dict().values()]
    np.savez(
        f"{out}-{ranks.rank}.npz",
        steps=np.array(steps),
        priors=np.array(priors),
        running_mean=trainer.harmonizer.running_mean.numpy(),
        weights=np.concatenate(weights),
    )
    leave()
    if ranks.size > 1:
        end_process(0)


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=RunConfig), sys.argv[2])
