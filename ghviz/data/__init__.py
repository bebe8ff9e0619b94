"""Data sets, long-tailed subsets and two-view augmentation."""
