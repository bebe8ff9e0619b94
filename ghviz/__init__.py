"""ghviz: see, train and compare long-tailed self-supervised representations with Geometric Harmonization."""

__version__ = "0.1.0"
