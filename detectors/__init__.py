"""Person detectors: a frame comes in, boxes around people go out."""
