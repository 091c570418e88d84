"""Errors of the ``reid`` package.

ReidError
├── ConfigurationError   a setting is out of range or unknown
├── DatasetError         a data set on disk is not what its format promises
├── CropError            a crop cannot be embedded
├── SentenceError        a sentence cannot be embedded
├── WeightsError         a weights folder is missing, damaged or of another kind
└── ProviderError        the accelerator that was asked for is not there
"""


class ReidError(Exception):
    """Anything that ``reid`` reports to its caller on purpose."""


class ConfigurationError(ReidError):
    """A setting is out of range or unknown."""


class DatasetError(ReidError):
    """A data set on disk is not what its format promises."""


class CropError(ReidError):
    """A crop cannot be embedded."""


class SentenceError(ReidError):
    """A sentence cannot be embedded."""


class WeightsError(ReidError):
    """A weights folder is missing, damaged or of another kind."""


class ProviderError(ReidError):
    """The accelerator that was asked for is not there."""


def reason(error: Exception) -> str:
    """Return why something failed without the path, which the message around it names already."""
    told = error.strerror if isinstance(error, OSError) else None
    return told or str(error) or type(error).__name__
