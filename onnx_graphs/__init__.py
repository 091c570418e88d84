"""ONNX graphs as detectors and towers share them: where one runs, and what a written one does not tell."""
