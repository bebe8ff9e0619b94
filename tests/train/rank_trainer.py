"""Train as the arguments say, as one of several processes or alone, and write what came out."""

from __future__ import annotations

import sys

import msgspec
import numpy as np

from ghviz.data.dataset import load
from ghviz.train.engine import Trainer
from ghviz.train.ranks import end_process, join, leave
from ghviz.types import DiagnosisReady, PriorTaken, RunConfig, Step

DIAGNOSED = ("evenness", "base_gradient", "gh_gradient", "gradient_cosine", "gradient_share")


def main(config: RunConfig, out: str) -> None:
    ranks = join()
    trainer = Trainer(config, load(config))
    steps, priors, diagnoses = [], [], []
    while trainer.step < trainer.total_steps:
        for event in trainer.steps_on():
            if isinstance(event, Step):
                steps.append([event.loss, event.base_loss, event.gh_loss])
            elif isinstance(event, PriorTaken):
                priors.append(event.prior)
            elif isinstance(event, DiagnosisReady):
                diagnoses.append([event.numbers[name] for name in DIAGNOSED] + event.plan.ravel().tolist())
    weights, method = (
        [value.detach().numpy().ravel() for value in each.state_dict().values()]
        for each in (trainer.encoder, trainer.method)
    )
    np.savez(
        f"{out}-{ranks.rank}.npz",
        steps=np.array(steps),
        priors=np.array(priors),
        diagnoses=np.array(diagnoses),
        running_mean=trainer.harmonizer.running_mean.numpy(),
        weights=np.concatenate(weights),
        method=np.concatenate([np.empty(0), *method]),
    )
    leave()
    if ranks.size > 1:
        end_process(0)


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=RunConfig), sys.argv[2])
