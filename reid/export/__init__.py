"""From a trained network to the weights folder that the runtime loads (needs torch and onnx)."""
