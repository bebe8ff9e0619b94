"""How certain are the metrics? Resampling that fits each of them, and intervals made of it."""
