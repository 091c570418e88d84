"""OpenCV's video capture, opened quietly and with deadlines."""

import os

import cv2


def open_capture(
    target: str | int, open_timeout_s: float, read_timeout_s: float, *, hardware: bool = False, threads: int = 0
) -> cv2.VideoCapture:
    """Open a path, an address or a device number; ``isOpened`` of what is returned says whether that went well.

    Both deadlines hold for FFmpeg, not for devices.

    Args:
        target: what to open.
        open_timeout_s: how long opening may take.
        read_timeout_s: how long a frame may take.
        hardware: whether to decode in hardware; without any, OpenCV decodes in software all the same.
        threads: how many decode; 0 for as many as this machine has processors.
    """
    _silence()
    if isinstance(target, int):
        return cv2.VideoCapture(target)
    options = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        round(1000 * open_timeout_s),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        round(1000 * read_timeout_s),
    ]
    if hardware:
        options += [cv2.CAP_PROP_HW_ACCELERATION, cv2.VIDEO_ACCELERATION_ANY]
    if threads:
        options += [cv2.CAP_PROP_N_THREADS, threads]
    return cv2.VideoCapture(target, cv2.CAP_FFMPEG, options)


def _silence() -> None:
    # Both write to standard error what they cannot read, addresses with passwords perhaps included.
    # What an operator needs to know stands in our own errors.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
