"""Tests mirror `ghviz/` and are of four kinds.

Reference: golden numbers, another library's result, the written-out formula. Property: what must hold for
any input. Behaviour: what a person relies on (a loss falls, a run resumes, an error is one clear sentence).
Page: the app as a browser shows it.
"""
