"""Thresholds: the tail of a sentence's own scores, on the shipped background and then on each camera's own people."""
