"""ONNX graphs as detectors and towers share them: where one runs, and what a written one does not tell."""

import os

# ONNX Runtime reports to its makers, on Linux too, unless told otherwise before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
