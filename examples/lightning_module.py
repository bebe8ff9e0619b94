"""A LightningModule that learns by SimCLR, with Geometric Harmonization in three marked lines.

    pip install lightning
    python examples/lightning_module.py --out runs/lightning/gh
    python examples/lightning_module.py --out runs/lightning-two/gh --devices 2

The Harmonizer is a submodule: Lightning moves it to the device and keeps its state in the checkpoints.
Several processes gather their batches, for the Harmonizer needs the global one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import lightning
import torch
from digits import long_tailed_digits, view
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ghviz.embed import save_snapshot
from ghviz.gh import Harmonizer
from ghviz.ssl.nt_xent import nt_xent


class SimCLR(lightning.LightningModule):
    """SimCLR with GH on images of 64 pixels.

    Args:
        num_samples: size of the training set.
        epochs: length of the training; GH starts after a third of it.
    """

    def __init__(self, num_samples: int, epochs: int) -> None:
        """See the class."""
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 3)
        )
        self.harmonizer = Harmonizer(  # GH, line 1
            num_samples, 3, num_targets=12, warm_up=epochs // 3, momentum=(0.9, 0.9)
        )
        # all processes compute the same statistics: DDP need not send those of the first to the others
        own = [f"harmonizer.{name}" for name, _ in self.harmonizer.named_buffers()]
        self._ddp_params_and_buffers_to_ignore = own

    def on_train_epoch_start(self) -> None:
        """Lightning's hook at the top of each epoch."""
        self.harmonizer.set_epoch(self.current_epoch)  # GH, line 2

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """Loss of a batch of images and their indices."""
        images, indices = batch
        z1, z2 = self.encoder(view(images)), self.encoder(view(images))
        z1, z2, indices = (self.of_all_processes(rows) for rows in (z1, z2, indices))
        loss = nt_xent(z1, z2).mean()
        loss = loss + self.harmonizer(z1, z2, indices)  # GH, line 3
        self.log("loss", loss, prog_bar=True)
        self.log("gh_loss", self.harmonizer.last_loss, prog_bar=True)
        return loss

    def of_all_processes(self, rows: Tensor) -> Tensor:
        """The rows of the global batch, with gradient; equally many from each process."""
        return self.all_gather(rows, sync_grads=True).reshape(-1, *rows.shape[1:])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=1e-3)


def main(epochs: int, out: str, devices: int = 1) -> None:
    """Train on digits and write the end to the folder `out`."""
    if Path(out).exists():
        sys.exit(f"{out} exists already: choose another folder for this run, or delete it")
    lightning.seed_everything(0)
    images, labels, *_ = long_tailed_digits()
    loader = DataLoader(
        TensorDataset(images, torch.arange(len(images))),
        batch_size=120 // devices,
        shuffle=True,
        drop_last=True,
    )
    module = SimCLR(len(images), epochs)
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        devices=devices,
        logger=False,
        enable_checkpointing=False,
        log_every_n_steps=1,
    )
    trainer.fit(module, loader)
    if not trainer.is_global_zero:
        return
    with torch.no_grad():
        save_snapshot(
            out,
            module.encoder(images),
            labels,
            step=trainer.global_step,
            vertices=module.harmonizer.targets,
            title="SimCLR in Lightning + GH",
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--devices", type=int, default=1, help="processes that share a batch of 120")
    parser.add_argument("--out", required=True, help="run folder for the snapshots")
    main(**vars(parser.parse_args()))
