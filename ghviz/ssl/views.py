"""What all losses ask of the embeddings of two views."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from ghviz.checks import check_tensors


def checked_views(
    z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"], *, at_least: int = 1
) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
    """Both views in the precision in which losses are computed: float64 stays, all else becomes float32.

    Args:
        z1: (N, d) embeddings of view 1.
        z2: (N, d) embeddings of view 2.
        at_least: smallest N that the loss has a meaning for.

    Raises:
        ValueError: no tensors, shapes that do not fit, or too few samples.
    """
    check_tensors(z1=z1, z2=z2)
    if z1.shape != z2.shape or z1.ndim != 2 or z1.numel() == 0:
        raise ValueError(
            "z1 and z2 must have the same shape (samples, dimension), "
            f"got {tuple(z1.shape)} and {tuple(z2.shape)}"
        )
    if len(z1) < at_least:
        raise ValueError(
            f"this loss compares the samples of a batch: it needs at least {at_least}, got {len(z1)}"
        )
    return full_precision(z1), full_precision(z2)


def full_precision(z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Float64 as it is, all else as float32.

    Args:
        z: any shape.
    """
    return z if z.dtype == torch.float64 else z.float()
