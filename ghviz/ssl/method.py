"""What a base method is to a training loop: it makes a loss and two embeddings of two views of a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ghviz.ssl.parts import InParts, in_parts


class Encoding:
    """How a batch is encoded: by the encoder, in one go or in parts of which one is held at a time.

    Where several processes train together, each encodes a share of the rows and gets those of all; a method
    does not notice.

    Attributes:
        encoder: maps a batch of views to (N, d).
        parts: into how many parts a batch is divided.
    """

    def __init__(self, encoder: nn.Module, *, parts: int = 1, compiled: nn.Module | None = None) -> None:
        """Encode with `encoder`.

        Args:
            encoder: maps a batch of views to (N, d).
            parts: see `ghviz.ssl.parts.in_parts`.
            compiled: the same encoder as `torch.compile` made it, to be run in its place.
        """
        self.encoder = encoder
        self.parts = parts
        self._net: nn.Module = InParts(encoder if compiled is None else compiled, parts)

    def __call__(self, inputs: Tensor) -> Tensor:
        """(N, ...) views to (N, d) projector outputs, float32 under autocast too."""
        z: Tensor = self._net(inputs)
        return z

    def through(
        self, net: nn.Module, inputs: Tensor, *, run: Callable[[Tensor], Tensor] | None = None
    ) -> Tensor:
        """The same by another net, such as a copy of the encoder.

        Args:
            net: whose buffers, such as running statistics, a pass updates.
            inputs: (N, ...) views.
            run: how to run it, if not by `net(inputs)`.
        """
        return in_parts(net, inputs, parts=self.parts, run=run)


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

    def check_length(self, epochs: int) -> None:
        """Refuse a run that is too short for the method to do what it is for.

        Args:
            epochs: of the run.

        Raises:
            ValueError: too few.
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
