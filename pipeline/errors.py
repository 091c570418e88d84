"""Errors of the ``pipeline`` package.

PipelineError
└── SceneError           a generated scene cannot be drawn as it was asked for
"""


class PipelineError(Exception):
    """Anything that ``pipeline`` reports to its caller on purpose."""


class SceneError(PipelineError):
    """A generated scene cannot be drawn as it was asked for."""
