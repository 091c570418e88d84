"""What an exported graph tells of where it was made, taken out; needs the extra ``train``."""

from pathlib import Path

import onnx


def forget_origin(graph: Path) -> None:
    """Remove the exporter's stack traces: they hold this machine's paths, and a quarter of the file."""
    model = onnx.load(str(graph))
    inner = model.graph
    for part in (model, inner, *inner.node, *inner.value_info, *inner.input, *inner.output, *inner.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, str(graph))
