"""Record what lightly's losses give on random embeddings; see README.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

CASES = {0: (16, 8), 1: (7, 12), 2: (32, 3)}


def inputs(case: int) -> dict[str, torch.Tensor]:
    """Two views, a queue and a dimension without variance in case 1; float32, seeded."""
    num_samples, dimension = CASES[case]
    generator = torch.Generator().manual_seed(case)
    z1 = torch.randn(num_samples, dimension, generator=generator) * 1.5 + 0.5
    z2 = z1 + 0.7 * torch.randn(num_samples, dimension, generator=generator)
    if case == 1:
        z1[:, 2] = 0.25
    return {"z1": z1, "z2": z2, "queue": torch.randn(20, dimension, generator=generator)}


def outputs(z1: torch.Tensor, z2: torch.Tensor, queue: torch.Tensor) -> dict[str, torch.Tensor]:
    """Value of each loss and its gradients with respect to both views."""
    from lightly.loss import BarlowTwinsLoss, NTXentLoss, VICRegLoss

    moco = NTXentLoss(temperature=0.2, memory_bank_size=tuple(queue.shape))
    moco.memory_bank.bank = torch.nn.functional.normalize(queue, dim=1)
    losses = {
        "vicreg": VICRegLoss(),
        "vicreg_other": VICRegLoss(lambda_param=10.0, mu_param=5.0, nu_param=2.0, eps=0.01),
        "barlow_twins": BarlowTwinsLoss(),
        "barlow_twins_other": BarlowTwinsLoss(lambda_param=0.1),
        "nt_xent": NTXentLoss(temperature=0.2),
        "moco": moco,
    }
    found = {}
    for name, loss in losses.items():
        leaves = [z.clone().requires_grad_() for z in (z1, z2)]
        value = loss(leaves[0], leaves[1].detach() if name == "moco" else leaves[1])
        value.backward()
        found[name] = value.detach()
        found |= {f"{name}_grad{view}": z.grad for view, z in enumerate(leaves, 1) if z.grad is not None}
    return found


def main() -> None:
    """Write lightly_0.npz to lightly_2.npz beside this file."""
    torch.set_num_threads(1)
    for case in CASES:
        given = inputs(case)
        arrays = {name: value.numpy() for name, value in {**given, **outputs(**given)}.items()}
        np.savez_compressed(Path(__file__).with_name(f"lightly_{case}.npz"), **arrays)


if __name__ == "__main__":
    main()
