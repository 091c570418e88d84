"""AXM-Net: a sentence and a person crop embedded, independently, in one space."""

import os

# ONNX Runtime reports to its makers, on Linux too, unless told otherwise before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
