"""The commands of `python -m ghviz`, one file for each kind."""
