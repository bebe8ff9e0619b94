"""Geometric Harmonization for anybody's training loop; needs torch and jaxtyping only."""

from ghviz.gh.harmonizer import Harmonizer
from ghviz.gh.loss import gh_loss
from ghviz.gh.sinkhorn import sinkhorn
from ghviz.gh.targets import uniform_targets

__all__ = ["Harmonizer", "gh_loss", "sinkhorn", "uniform_targets"]
