"""Errors of the ``detectors`` package.

DetectorError
├── DetectorSettingError    a name, threshold or recipe is wrong
├── DetectorFrameError      a frame is not an image that can be looked at
├── DetectorWeightsError    a file of weights is missing, damaged or of a head that nobody here can read
├── DetectorProviderError   the accelerator that was asked for is not there
└── DetectorDatasetError    a folder of images and boxes is not what it must be
"""


class DetectorError(Exception):
    """Anything that ``detectors`` reports to its caller on purpose."""


class DetectorSettingError(DetectorError):
    """A name, threshold or recipe is wrong."""


class DetectorFrameError(DetectorError):
    """A frame is not an image that can be looked at."""


class DetectorWeightsError(DetectorError):
    """A file of weights is missing, damaged or of a head that nobody here can read."""


class DetectorProviderError(DetectorError):
    """The accelerator that was asked for is not there."""


class DetectorDatasetError(DetectorError):
    """A folder of images and boxes is not what it must be."""
