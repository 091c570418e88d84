"""The demonstration: walkers that are drawn, described and found again, offline."""
