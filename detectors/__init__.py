"""Person detectors: a frame comes in, boxes around people go out."""

import os

# ONNX Runtime and Ultralytics report to their makers unless told otherwise before they are loaded, and the latter
# installs packages by itself.
os.environ |= {"ORT_DISABLE_TELEMETRY": "1", "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
