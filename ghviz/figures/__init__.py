"""Figures: a data class in, a figure out; Plotly for the screen, Matplotlib for paper."""
