"""Reference: agreement of labellings as scikit-learn has it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from ghviz.metrics import label_agreement
from tests.metrics.samples import repeatable, seeds


@repeatable
@given(seed=seeds, size=st.integers(2, 300), surrogates=st.integers(1, 40), classes=st.integers(1, 12))
def test_it_is_what_scikit_learn_finds(seed, size, surrogates, classes):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, size)
    found = np.where(generator.random(size) < 0.5, labels, generator.integers(0, surrogates, size)) * 1000
    nmi, rand = label_agreement(found, labels)
    assert nmi == pytest.approx(normalized_mutual_info_score(labels, found), abs=1e-10)
    assert rand == pytest.approx(adjusted_rand_score(labels, found), abs=1e-10)


def test_every_sample_its_own_label_or_all_the_same():
    one, own = np.zeros(6, dtype=int), np.arange(6)
    for found, labels in [(one, one), (own, own), (one, own), (own, one)]:
        nmi, rand = label_agreement(found, labels)
        assert nmi == pytest.approx(normalized_mutual_info_score(labels, found))
        assert rand == pytest.approx(adjusted_rand_score(labels, found))


def test_pairs_of_very_many_samples_do_not_overflow():
    labels = np.repeat([0, 1], [3_000_000, 1_000_000])
    found = labels.copy()
    found[:1_500_000] = 2
    # pairs together in both: C(1.5e6, 2) * 2 + C(1e6, 2)
    half, tail, head = (n * (n - 1) // 2 for n in (1_500_000, 1_000_000, 3_000_000))
    together, of_classes = 2 * half + tail, head + tail
    expected = together * of_classes / (4_000_000 * 3_999_999 // 2)
    rand = (together - expected) / ((together + of_classes) / 2 - expected)
    assert label_agreement(found, labels).adjusted_rand == pytest.approx(rand, rel=1e-12)


@pytest.mark.parametrize("wrong", [np.array([0.5, 1.0]), np.array([-1, 0])])
def test_the_argument_that_is_wrong_is_named(wrong):
    with pytest.raises(ValueError, match=r"^surrogates must"):
        label_agreement(wrong, np.array([0, 1]))
    with pytest.raises(ValueError, match=r"^labels must"):
        label_agreement(np.array([0, 1]), wrong)
