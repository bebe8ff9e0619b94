"""SimCLR: each sample's two views attract each other and repel all others."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor, nn

from ghviz.ssl.method import Encoding, Method, Outcome, embed_both
from ghviz.ssl.nt_xent import nt_xent


class SimCLR(Method):
    """SimCLR [0].

    Source: [0] Chen et al., "A simple framework for contrastive learning of visual representations", 2020,
    https://arxiv.org/abs/2002.05709.

    Args:
        encoder: not needed.
        num_samples: not needed.
        temperature: > 0.
    """

    def __init__(self, encoder: nn.Module, num_samples: int, *, temperature: float = 0.2) -> None:
        """See the class."""
        super().__init__()
        self.temperature = temperature

    def forward(
        self, encoding: Encoding, view1: Tensor, view2: Tensor, indices: Int[Tensor, " n"]
    ) -> Outcome:
        """See `Method.forward`."""
        z1, z2 = embed_both(encoding, view1, view2)
        return Outcome(self.losses(z1, z2).mean(), z1, z2)

    def losses(self, z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Loss of each sample."""
        return nt_xent(z1, z2, temperature=self.temperature)
