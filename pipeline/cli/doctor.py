"""``lookout doctor``: looks at every part of the site."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.site import cameras_of, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.doctor.examine import Check, Finding
    from pipeline.settings import Settings

_MARKS = {"ok": "ok     ", "warning": "warning", "failed": "failed "}


def doctor(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Look at every part of the site and say what is wrong and what to do; exits with 1 where something failed."""
    from collections import Counter

    from pipeline.doctor.examine import examine
    from pipeline.errors import SettingsError
    from pipeline.redact import redact

    try:
        settings = settings_of(context)
    except SettingsError as error:
        _print(("settings", "failed", redact(str(error))), as_json=as_json)
        raise typer.Exit(1) from None
    _print(("settings", "ok", f"{len(settings.cameras)} cameras, {len(settings.webhooks)} webhooks"), as_json=as_json)
    verdicts: Counter[str] = Counter()
    checks, early = _checks(settings)
    for finding in (*early, *examine(checks)):
        verdicts[finding.verdict] += 1
        _print((finding.part, finding.verdict, finding.words), as_json=as_json)
    typer.echo(f"{verdicts['failed']} failed, {verdicts['warning']} warnings, {verdicts['ok'] + 1} ok", err=True)
    if verdicts["failed"]:
        raise typer.Exit(1)


def _print(told: tuple[str, str, str], *, as_json: bool) -> None:
    part, verdict, words = told
    line = " ".join(words.splitlines())
    typer.echo(
        json.dumps({"part": part, "verdict": verdict, "words": line})
        if as_json
        else f"{_MARKS[verdict]}  {part}: {line}"
    )


def _checks(settings: "Settings") -> "tuple[Sequence[Check], Sequence[Finding]]":
    """Return the checks of a site, and what was found while they were put together."""
    from pipeline.doctor import machine, site
    from pipeline.doctor.examine import Finding, Verdict
    from pipeline.errors import PipelineError
    from pipeline.settings import fixed_cameras
    from reid.card import SHIPPED_WEIGHTS, read_card
    from reid.errors import WeightsError

    early: list[Finding] = []
    try:
        model_id: str | None = read_card(settings.weights or SHIPPED_WEIGHTS).model_id
    except WeightsError:  # the check of the background tells of it
        model_id = None
    cameras = fixed_cameras(settings)
    try:
        if site.missing_file(settings.store) is None:
            with cameras_of(settings) as store:
                roll = store.cameras()
            cameras |= {each.camera_id: each for each in roll.cameras}
            cameras = {key: camera for key, camera in cameras.items() if key not in roll.damaged}
            early += [Finding(f"camera {key}", Verdict.FAILED, words) for key, words in roll.damaged.items()]
    except PipelineError as error:
        early.append(Finding("cameras", Verdict.FAILED, str(error)))
    if not cameras and not early:
        early.append(Finding("cameras", Verdict.WARNING, "there are none; add one with: lookout cameras add"))
    checks = [
        *machine.package_checks(),
        *site.log_checks(settings),
        *site.store_checks(settings, model_id),
        *machine.clock_checks(settings),
        *machine.model_checks(settings),
        *machine.disk_checks(settings),
        *site.webhook_checks(settings),
        *site.camera_checks(cameras, hardware=settings.source.hardware_decoding),
    ]
    return checks, early
