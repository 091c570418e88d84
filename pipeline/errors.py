"""Errors of the ``pipeline`` package.

PipelineError
├── SceneError           a generated scene cannot be drawn as it was asked for
├── SettingsError        a setting is unknown, out of range or contradicts another
├── SourceError          footage or a camera cannot be opened or read
│   └── DamagedError     a file plays to its last good frame and no further
├── RecordError          a record of the log cannot be read, or is of another model
├── LogError             the event log did not take or give a record
│   └── UnknownLetterError  no record of those coordinates is among the dead letters
├── StoreError           the watchlist or alert store did not answer, or what it holds is damaged
│   ├── UnknownEntryError   no entry of the watchlist has that id
│   ├── UnknownAlertError   no alert has that id
│   └── UnknownCameraError  the camera store has no camera of that id
├── BackgroundError      there is no background that a threshold could be set from
└── DeliveryError        a webhook did not take an alert
"""


class PipelineError(Exception):
    """Anything that ``pipeline`` reports to its caller on purpose."""


class SceneError(PipelineError):
    """A generated scene cannot be drawn as it was asked for."""


class SettingsError(PipelineError):
    """A setting is unknown, out of range or contradicts another."""


class SourceError(PipelineError):
    """Footage or a camera cannot be opened or read."""


class DamagedError(SourceError):
    """A file plays to its last good frame and no further."""


class RecordError(PipelineError):
    """A record of the log cannot be read, or is of another model."""


class LogError(PipelineError):
    """The event log did not take or give a record."""


class UnknownLetterError(LogError):
    """No record of those coordinates is among the dead letters."""


class StoreError(PipelineError):
    """The watchlist or alert store did not answer, or what it holds is damaged."""


class UnknownEntryError(StoreError):
    """No entry of the watchlist has that id."""


class UnknownAlertError(StoreError):
    """No alert has that id."""


class UnknownCameraError(StoreError):
    """The camera store has no camera of that id."""


class BackgroundError(PipelineError):
    """There is no background that a threshold could be set from."""


class DeliveryError(PipelineError):
    """A webhook did not take an alert."""
