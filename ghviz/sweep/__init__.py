"""Many runs at once: which to train, what became of them, and what they say together."""
