"""What GH is doing at a step of the engine, as arrays."""

from __future__ import annotations

import torch
from torch import Tensor

from ghviz.gh import Harmonizer
from ghviz.gh.diagnostics import diagnose, gradient_share
from ghviz.ssl.method import Outcome
from ghviz.types import DiagnosisReady


def diagnosis_ready(
    harmonizer: Harmonizer, outcome: Outcome, indices: Tensor, *, labels: Tensor, step: int
) -> DiagnosisReady:
    """Look at a batch after the Harmonizer has seen it and before the backward pass; changes nothing.

    Args:
        harmonizer: of the run.
        outcome: what the method made of the batch.
        indices: (N,) positions of its samples in the training set.
        labels: (num_samples,) classes of the training set.
        step: that the batch is for.
    """
    found = diagnose(harmonizer, outcome.z1, outcome.z2)
    pull = gradient_share(harmonizer, outcome.loss, (outcome.z1, outcome.z2))
    return DiagnosisReady(
        step=step,
        numbers={
            "live_vertices": found.live_vertices,
            "evenness": found.evenness,
            "moved": found.moved,
            "iterations": found.iterations,
            "residual": found.residual,
            "base_gradient": pull.base,
            "gh_gradient": pull.gh,
            "gradient_cosine": pull.cosine,
            "gradient_share": pull.share,
        },
        prior=found.prior.cpu().numpy(),
        mass=found.mass.cpu().numpy(),
        nearest=found.nearest.cpu().numpy(),
        labels=labels.to("cpu", torch.int64).numpy(),
        plan=found.plan.to("cpu", torch.float32).numpy(),
        batch=indices.cpu().numpy(),
    )
