"""Base self-supervised losses, each a pure function of two views' embeddings."""
