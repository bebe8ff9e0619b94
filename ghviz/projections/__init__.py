"""From embeddings to coordinates on the circle, the sphere or a UMAP plane, with what each drawing keeps."""
