"""What a base method is to a training loop: it makes a loss and two embeddings of two views of a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class Encoding:
    """How a batch is encoded: by the encoder, in one go.

    Where several processes train together, each encodes a share of the rows and gets those of all; a method
    does not notice.

    Attributes:
        encoder: maps a batch of views to (N, d).
    """

    def __init__(self, encoder: nn.Module) -> None:
        """Encode with `encoder`."""
        self.encoder = encoder

    def __call__(self, inputs: Tensor) -> Tensor:
        """(N, ...) views to (N, d) projector outputs, float32 under autocast too."""
        z: Tensor = self.encoder(inputs)
        return z.float()

    def through(self, net: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
        """The same by another net, such as a copy of the encoder."""
        return net(inputs).float()


class Outcome(NamedTuple):
    """What a method makes of a batch.

    Attributes:
        loss: scalar, to be minimised.
        z1: (N, d) projector outputs of view 1, with gradient: what Geometric Harmonization takes.
        z2: (N, d) of view 2.
    """

    loss: Tensor
    z1: Tensor
    z2: Tensor


@dataclass(frozen=True)
class Epoch:
    """An epoch that begins.

    Attributes:
        number: counted from 0.
        count: how many the run has.
        embed: gives a net's outputs for all training samples, in evaluation mode: (num_samples, d).
    """

    number: int
    count: int
    embed: Callable[[nn.Module], Tensor]


class Method(nn.Module):
    """A base method of self-supervised learning.

    A method never holds the encoder: it is handed over at each call. Whatever else a method has to remember
    (a queue, masks, the losses of the samples) it holds as buffers or submodules, which are saved with the
    run; parameters that need a gradient are optimised together with the encoder's.

    Subclasses take `(encoder, num_samples, *, option=default, ...)`; the encoder is there to be measured or
    copied.
    """

    def begin_epoch(self, encoder: nn.Module, epoch: Epoch) -> None:
        """Prepare for an epoch.

        Args:
            encoder: as it is now.
            epoch: the one that begins.
        """

    def strengths(self, indices: Int[Tensor, " n"]) -> Float[Tensor, " n"] | None:
        """How strongly to augment each sample beyond the usual views, in [0, 1]; None: not at all.

        Args:
            indices: (N,) positions in the training set.
        """
        return None

    def forward(
        self, encoding: Encoding, view1: Tensor, view2: Tensor, indices: Int[Tensor, " n"]
    ) -> Outcome:
        """Loss and embeddings of a batch.

        Args:
            encoding: maps a batch of views to (N, d).
            view1: (N, ...) first views.
            view2: (N, ...) second views.
            indices: (N,) positions in the training set.
        """
        raise NotImplementedError

    def after_step(self, encoder: nn.Module) -> None:
        """Follow the encoder after an optimisation step."""


def embed_both(encoding: Callable[[Tensor], Tensor], view1: Tensor, view2: Tensor) -> tuple[Tensor, Tensor]:
    """Both views in one pass, so that batch normalisation sees them together."""
    z1, z2 = encoding(torch.cat([view1, view2])).chunk(2)
    return z1, z2
