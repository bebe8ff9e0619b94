"""lightly's SimCLR tutorial loop, with Geometric Harmonization in three marked lines.

    pip install lightly
    python examples/lightly_simclr.py --out runs/lightly/gh

Loss and projection head are lightly's. The only thing that GH asks of the loader is the index of each sample.
"""

from __future__ import annotations

import argparse

import torch
from digits import long_tailed_digits, view
from lightly.loss import NTXentLoss
from lightly.models.modules import SimCLRProjectionHead
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ghviz.embed import save_snapshot
from ghviz.gh import Harmonizer


class SimCLR(nn.Module):
    """As in the tutorial, on a backbone small enough for digits."""

    def __init__(self, backbone: nn.Module) -> None:
        """Put lightly's head on a backbone."""
        super().__init__()
        self.backbone = backbone
        self.projection_head = SimCLRProjectionHead(64, 64, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Images to projections."""
        return self.projection_head(self.backbone(x).flatten(start_dim=1))


def main(epochs: int, out: str) -> None:
    """Train on digits and write the start and the end to the folder `out`."""
    torch.manual_seed(0)
    images, labels, *_ = long_tailed_digits()
    dataset = TensorDataset(images, torch.arange(len(images)))  # a sample and its index
    dataloader = DataLoader(dataset, batch_size=120, shuffle=True, drop_last=True)

    model = SimCLR(nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU()))
    criterion = NTXentLoss(temperature=0.2)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    harmonizer = Harmonizer(  # GH, line 1
        len(images), 3, num_targets=12, warm_up=epochs // 3, momentum=(0.9, 0.9)
    )

    for epoch in range(epochs):
        harmonizer.set_epoch(epoch)  # GH, line 2
        total_loss = 0.0
        for batch, indices in dataloader:
            z0, z1 = model(view(batch)), model(view(batch))
            loss = criterion(z0, z1)
            loss = loss + harmonizer(z0, z1, indices)  # GH, line 3
            total_loss += loss.item()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        if epoch in (0, epochs - 1):
            print(f"epoch {epoch}: loss {total_loss / len(dataloader):.3f}, GH's {harmonizer.last_loss:.3f}")
            model.eval()
            with torch.no_grad():
                save_snapshot(
                    out,
                    model(images),
                    labels,
                    step=(epoch + 1) * len(dataloader),
                    vertices=harmonizer.targets,
                    title="lightly's SimCLR + GH",
                )
            model.train()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=600)
    parser.add_argument("--out", required=True, help="run folder for the snapshots")
    main(**vars(parser.parse_args()))
