"""Stores a graph's weights in half the bytes; they are computed with in float32 all the same."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_LEAST_VALUES = 1024  # smaller tensors are not worth a node
_GREATEST = float(np.finfo(np.float16).max)


def compact_weights(path: Path) -> None:
    """Rewrite the graph at ``path`` with its large weights as float16, each followed by a cast to float32.

    ONNX Runtime folds the casts away when it loads the graph. A weight keeps 11 significant bits; a tensor with a
    value that float16 cannot hold stays as it is.
    """
    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _LEAST_VALUES:
            continue
        values = numpy_helper.to_array(tensor)
        if not (np.abs(values) <= _GREATEST).all():
            continue
        name, stored = tensor.name, f"{tensor.name}.float16"
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(helper.make_node("Cast", [stored], [name], name=f"{name}.cast", to=TensorProto.FLOAT))
    for position, node in enumerate(casts):
        model.graph.node.insert(position, node)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
