"""The seven stages from a camera's frame to an alert, and what serves them."""

__version__ = "0.1.0"
