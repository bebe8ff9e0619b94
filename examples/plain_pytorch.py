"""SimCLR in plain PyTorch, with Geometric Harmonization in three marked lines.

    python examples/plain_pytorch.py --out runs/plain/gh
    python examples/plain_pytorch.py --out runs/plain/base --weight 0

The second command trains the same without GH; both together are a pair that the app's Compare page opens.
"""

from __future__ import annotations

import argparse

import torch
from digits import long_tailed_digits, view
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from ghviz.embed import save_snapshot
from ghviz.gh import Harmonizer


def nt_xent(z1: Tensor, z2: Tensor, temperature: float = 0.2) -> Tensor:
    """SimCLR's loss: each view has to find the other view of its sample among all views of the batch."""
    z = normalize(torch.cat([z1, z2]))
    similarity = (z @ z.T / temperature).fill_diagonal_(-torch.inf)
    partner = torch.arange(len(z)).roll(len(z1))
    return cross_entropy(similarity, partner)


def main(epochs: int, out: str, weight: float = 1.0) -> None:
    """Train on digits and write ten snapshots to the folder `out`."""
    torch.manual_seed(0)
    images, labels, test_images, test_labels = long_tailed_digits()
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 3)
    )
    optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)

    harmonizer = Harmonizer(  # GH, line 1: construct it
        len(images),
        3,
        num_targets=12,
        warm_up=epochs // 3,
        ramp=20,
        momentum=(0.9, 0.9),
        prior_floor=0.2,
        weight=weight,
    )

    steps = 0
    for epoch in range(epochs):
        harmonizer.set_epoch(epoch)  # GH, line 2: say that an epoch begins
        for indices in torch.randperm(len(images)).split(120):
            z1, z2 = encoder(view(images[indices])), encoder(view(images[indices]))
            loss = nt_xent(z1, z2)
            loss = loss + harmonizer(z1, z2, indices)  # GH, line 3: add its loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            steps += 1
        if epoch % max(1, epochs // 10) == 0 or epoch == epochs - 1:
            with torch.no_grad():
                save_snapshot(
                    out,
                    encoder(images),
                    labels,
                    step=steps,
                    test=(encoder(test_images), test_labels),
                    vertices=harmonizer.targets,
                    title="Plain SimCLR + GH" if weight else "Plain SimCLR",
                )
            alive = harmonizer.live_vertices()
            print(f"epoch {epoch}: loss {loss:.3f}, GH's {harmonizer.last_loss:.3f}, {alive} vertices alive")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=2400)
    parser.add_argument("--weight", type=float, default=1.0, help="of GH; 0: without it")
    parser.add_argument("--out", required=True, help="run folder for the snapshots")
    main(**vars(parser.parse_args()))
