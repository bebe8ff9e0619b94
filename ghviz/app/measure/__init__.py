"""What the Measure page is made of."""
