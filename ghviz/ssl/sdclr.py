"""SDCLR's second branch: the encoder without its smallest weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.func import functional_call

from ghviz.ssl.method import Encoding, Epoch, Method, Outcome
from ghviz.ssl.nt_xent import nt_xent


@torch.no_grad()
def magnitude_masks(weights: Sequence[Tensor], *, fraction: float) -> list[Bool[Tensor, " ..."]]:
    """Which weights are kept when the smallest of all layers together are pruned.

    Exactly round(fraction * number of weights) are pruned. Of equal magnitudes those of earlier layers go
    first, and in a layer the earlier ones.

    Source: [0] Jiang et al., "Self-damaging contrastive learning", 2021, https://arxiv.org/abs/2106.02990.
    Deviation from its code: that keeps all weights of the threshold's magnitude, and so more than asked for
    where there are ties.

    Args:
        weights: of each layer, any shapes, on one device; not changed.
        fraction: of all weights to prune, in [0, 1].

    Returns:
        For each layer a tensor of its weights' shape; False: pruned.

    Raises:
        ValueError: no weights, or a fraction out of range.

    >>> magnitude_masks([torch.tensor([3.0, -1.0]), torch.tensor([[0.5], [-4.0]])], fraction=0.5)
    [tensor([ True, False]), tensor([[False],
            [ True]])]
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction of the weights to prune must be from 0 to 1, got {fraction}")
    if not weights:
        raise ValueError("magnitude_masks needs the weights of at least one layer, got none")
    magnitudes = torch.cat([weight.flatten() for weight in weights]).abs()
    pruned = round(fraction * len(magnitudes))
    kept = _kept(magnitudes, pruned) if pruned else torch.ones_like(magnitudes, dtype=torch.bool)
    parts = torch.split_with_sizes(kept, [weight.numel() for weight in weights])
    return [part.reshape(weight.shape).clone() for part, weight in zip(parts, weights, strict=True)]


def _kept(magnitudes: Float[Tensor, " n"], pruned: int) -> Bool[Tensor, " n"]:
    """All but the `pruned` >= 1 smallest; ten times as fast as a sort."""
    threshold = magnitudes.kthvalue(pruned).values
    kept = ~(magnitudes <= threshold)  # so that NaN is kept, and the count right
    equal = (magnitudes == threshold).nonzero().squeeze(1)
    missing = len(magnitudes) - pruned - int(kept.sum())
    kept[equal[len(equal) - missing :]] = True
    return kept


def prunable(encoder: nn.Module) -> dict[str, Tensor]:
    """The weights that SDCLR prunes, by name.

    Those of the convolutions, as in its code, which leaves the linear layers of the projector whole. Where
    there are no convolutions (a multilayer perceptron), those of the linear layers: else nothing would be
    pruned. Never biases, nor the scales and shifts of normalisation: they are few, and their size does not
    tell what they matter.

    Args:
        encoder: any module.

    Returns:
        Name, as in `encoder.named_parameters()`, and weight.

    Raises:
        ValueError: there is nothing to prune.
    """
    for kinds in ((nn.Conv1d, nn.Conv2d, nn.Conv3d), (nn.Linear,)):
        layers = [(name, layer) for name, layer in encoder.named_modules() if isinstance(layer, kinds)]
        if layers:
            return {f"{name}.weight".removeprefix("."): layer.weight for name, layer in layers}
    raise ValueError(
        f"SDCLR prunes convolutions or linear layers: this {type(encoder).__name__} has neither, "
        "choose another net or method"
    )


class PrunedTwin(nn.Module):
    """The pruned twin of an encoder: the same parameters, of which the smallest count as 0.

    It holds masks and normalisation statistics of its own, all in its `state_dict()`, but neither the encoder
    nor any parameter: the encoder is handed over at each call. A backward pass through encoder and twin
    gives each parameter the sum of both branches' gradients; the twin's is 0 where it is pruned. That is the
    gradient of SDCLR's two backward passes, each with the other branch detached.

    Source: [0] Jiang et al., "Self-damaging contrastive learning", 2021, https://arxiv.org/abs/2106.02990.
    Deviation from its code: the branches share scale and shift of their batch normalisation; the statistics
    are separate.

    The twin is in training mode when the encoder is. Handed to `DistributedDataParallel` or a compiler the
    encoder has parameters of other names: give the twin the bare one.

    Args:
        encoder: whose twin it is; see `prunable` for what is pruned.
        fraction: of those weights, in [0, 1].

    Raises:
        ValueError: nothing to prune, or a fraction out of range.
    """

    def __init__(self, encoder: nn.Module, *, fraction: float) -> None:
        """See the class."""
        super().__init__()
        self.fraction = fraction
        weights = prunable(encoder)
        self._shapes = {name: weight.shape for name, weight in weights.items()}
        for name, weight in weights.items():
            self.register_buffer(_key("mask", name), torch.ones_like(weight, dtype=torch.bool))
        self._statistics = [name for name, _ in encoder.named_buffers()]
        for name, buffer in encoder.named_buffers():
            self.register_buffer(_key("own", name), buffer.detach().clone())
        self.renew(encoder)

    def renew(self, encoder: nn.Module) -> None:
        """Prune anew, by the weights as they are now; to be called at the start of each epoch.

        Args:
            encoder: the one that the twin was made for.

        Raises:
            ValueError: another encoder.
        """
        weights = self._weights(encoder)
        masks = magnitude_masks(list(weights.values()), fraction=self.fraction)
        for name, mask in zip(weights, masks, strict=True):
            self.get_buffer(_key("mask", name)).copy_(mask)

    def forward(self, encoder: nn.Module, inputs: Tensor) -> Tensor:
        """Output of the pruned encoder; in training mode it updates the twin's statistics, not the encoder's.

        Args:
            encoder: the one that the twin was made for.
            inputs: as the encoder takes them.

        Raises:
            ValueError: another encoder.
        """
        tensors = {
            name: weight * self.get_buffer(_key("mask", name))
            for name, weight in self._weights(encoder).items()
        }
        tensors |= {name: self.get_buffer(_key("own", name)) for name in self._statistics}
        output: Tensor = functional_call(encoder, tensors, (inputs,))
        return output

    def _weights(self, encoder: nn.Module) -> dict[str, Tensor]:
        weights = prunable(encoder)
        if {name: weight.shape for name, weight in weights.items()} != self._shapes:
            raise ValueError(
                "this PrunedTwin was made for another encoder: names or shapes of its weights differ"
            )
        return weights


def _key(kind: str, name: str) -> str:
    """Name of a buffer of the twin, which must have no dots."""
    return f"{kind}/{name.replace('.', '/')}"


class SDCLR(Method):
    """Self-damaging contrastive learning: the encoder against its pruned twin, which forgets the tail first.

    The twin is pruned anew at the start of each epoch. View 2 goes through the twin.

    Source: [0] Jiang et al., "Self-damaging contrastive learning", 2021, https://arxiv.org/abs/2106.02990.

    Args:
        encoder: to be pruned; see `prunable`.
        num_samples: not needed.
        temperature: > 0.
        fraction: of the weights to prune, in [0, 1].

    Raises:
        ValueError: nothing to prune, or a fraction out of range.
    """

    def __init__(
        self, encoder: nn.Module, num_samples: int, *, temperature: float = 0.2, fraction: float = 0.9
    ) -> None:
        """See the class."""
        super().__init__()
        self.temperature = temperature
        self.twin = PrunedTwin(encoder, fraction=fraction)

    def begin_epoch(self, encoder: nn.Module, epoch: Epoch) -> None:
        """Prune the twin anew."""
        self.twin.renew(encoder)

    def forward(
        self, encoding: Encoding, view1: Tensor, view2: Tensor, indices: Int[Tensor, " n"]
    ) -> Outcome:
        """See `Method.forward`."""
        z1 = encoding(view1)
        z2 = encoding.through(self.twin, view2, run=lambda rows: self.twin(encoding.encoder, rows))
        return Outcome(nt_xent(z1, z2, temperature=self.temperature).mean(), z1, z2)
