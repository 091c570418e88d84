"""Person detectors: a frame comes in, boxes around people go out."""

import os

# ONNX Runtime reports to its makers, on Linux too, unless told otherwise before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
