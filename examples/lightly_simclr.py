"""lightly's SimCLR tutorial loop, with Geometric Harmonization in three marked lines.

    pip install lightly
    python examples/lightly_simclr.py --out runs/lightly/gh

Dataset, views, projection head and loss are lightly's. The only thing that GH asks of the loader is the index
of each sample: `Indexed` adds it to the items of any dataset.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from digits import long_tailed_digits
from lightly.data import LightlyDataset
from lightly.loss import NTXentLoss
from lightly.models.modules import SimCLRProjectionHead
from lightly.transforms import SimCLRTransform
from lightly.transforms.utils import IMAGENET_NORMALIZE
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose, Normalize, ToTensor
from torchvision.transforms.functional import to_pil_image

from ghviz.embed import save_snapshot
from ghviz.gh import Harmonizer


class Indexed(Dataset[Any]):
    """A dataset whose items end with their index."""

    def __init__(self, dataset: Any) -> None:
        """Of any dataset of tuples."""
        self.dataset = dataset

    def __len__(self) -> int:
        """Number of items."""
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """What the dataset has there, and where that is."""
        return *self.dataset[index], index


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


def write_images(folder: Path) -> None:
    """Pictures to train on, one folder a class."""
    images, labels, *_ = long_tailed_digits()
    for number, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        (folder / str(label)).mkdir(exist_ok=True)
        to_pil_image(image).save(folder / str(label) / f"{number}.png")


def main(epochs: int, out: str, images: str) -> None:
    """Train on a folder of images and write the start and the end to the folder `out`."""
    torch.manual_seed(0)
    transform = SimCLRTransform(input_size=8, cj_strength=0.5, min_scale=0.5, hf_prob=0.0, gaussian_blur=0.0)
    dataset = LightlyDataset(input_dir=images, transform=transform)
    dataloader = DataLoader(Indexed(dataset), batch_size=120, shuffle=True, drop_last=True)

    as_is = Compose([ToTensor(), Normalize(**IMAGENET_NORMALIZE)])
    whole = LightlyDataset(input_dir=images, transform=as_is)
    clean, labels, _ = next(iter(DataLoader(whole, batch_size=len(whole))))

    model = SimCLR(nn.Sequential(nn.Flatten(), nn.Linear(192, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU()))
    criterion = NTXentLoss(temperature=0.2)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    harmonizer = Harmonizer(  # GH, line 1
        len(dataset), 3, num_targets=12, warm_up=epochs // 3, momentum=(0.9, 0.9)
    )

    for epoch in range(epochs):
        harmonizer.set_epoch(epoch)  # GH, line 2
        total_loss = 0.0
        for (x0, x1), _targets, _filenames, indices in dataloader:
            z0, z1 = model(x0), model(x1)
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
                    model(clean),
                    labels,
                    step=(epoch + 1) * len(dataloader),
                    vertices=harmonizer.targets,
                    class_names=whole.dataset.classes,
                    title="lightly's SimCLR + GH",
                )
            model.train()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--out", required=True, help="run folder for the snapshots")
    with TemporaryDirectory() as images:
        write_images(Path(images))
        main(**vars(parser.parse_args()), images=images)
