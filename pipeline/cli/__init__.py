"""The ``lookout`` command.

One module a command group. No module here imports anything heavy at its top: numpy, OpenCV, ONNX Runtime and
torch are imported inside the function that needs them, so that ``lookout --help`` answers at once.
A command is added with ``app.command("NAME")(MODULE.FUNCTION)`` below, and gets a heading in docs/cli.md.
"""

import errno
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipeline import __version__
from pipeline.cli import (
    alerts,
    background,
    bench,
    cameras,
    cut,
    dead_letters,
    demo,
    detector,
    doctor,
    embed,
    evaluate,
    ingest,
    replay,
    services,
    topics,
    train,
    watch,
)
from pipeline.cli.exit_codes import FAILED, INTERRUPTED, MISSING_PACKAGE, OURS, exit_code, missing_extra
from pipeline.cli.process import EndedError, end_as_asked, settle
from pipeline.redact import redact_address

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # writing tells no name
_OWN = {"detectors", "pipeline", "reid"}

app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        typer.echo(f"lookout {__version__}")
        raise typer.Exit


@app.callback()
def lookout(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="The settings; by default lookout.toml in this folder.")] = None,
    log: Annotated[str | None, typer.Option(help="Address of the event log, as sqlite:///lookout.db.")] = None,
    store: Annotated[str | None, typer.Option(help="Address of watchlist and alerts.")] = None,
    *,
    version: Annotated[  # noqa: ARG001 - its callback does it all
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Keeps watch for people it has only been told about."""
    context.obj = {"config": config, "log": log, "store": store}


app.command("demo")(demo.demo)
app.command("train")(train.train)
app.command("export")(train.export)
app.command("cut")(cut.cut)
app.command("evaluate")(evaluate.evaluate)
app.command("explain")(embed.explain)
app.command("rank")(embed.rank)
app.command("replay")(replay.replay)
app.command("ingest")(ingest.ingest)
app.command("run")(services.run)
app.command("match")(services.match)
app.command("deliver")(services.deliver)
app.command("doctor")(doctor.doctor)
app.command("evaluate-detector")(detector.evaluate_detector)
app.add_typer(watch.watch, name="watch")
app.add_typer(alerts.alerts, name="alerts")
app.add_typer(cameras.cameras, name="cameras")
app.add_typer(topics.topics, name="topics")
app.add_typer(dead_letters.dead_letters, name="dead-letters")
app.add_typer(background.background, name="background")
app.add_typer(detector.detector_app, name="detector")
app.add_typer(bench.bench, name="bench")


def main() -> None:
    """Run the command line, and end the process with one of the codes of docs/errors.md."""
    settle()
    try:
        app(prog_name="lookout")
    except EndedError as ended:
        end_as_asked(ended)
    except KeyboardInterrupt:  # before a command has begun; afterwards typer ends with the same code
        sys.exit(INTERRUPTED)
    except OURS as error:
        _fail(str(error), exit_code(error))
    except OSError as error:
        if error.filename is None and error.errno not in _FULL:
            raise
        if error.filename is None:
            _fail(f"{error.strerror}; see that the disk of the output, and that of TMPDIR, have room", FAILED)
        where = redact_address(str(error.filename))
        _fail(f"{where}: {error.strerror}; see that it is there, may be read and written, and has room", FAILED)
    except ModuleNotFoundError as error:
        extra = missing_extra(error)
        if (error.name or "").partition(".")[0] in _OWN:
            _fail(
                f"lookout's package {error.name} is not installed, as after an upgrade; run: make install",
                MISSING_PACKAGE,
            )
        if extra is None:
            raise
        _fail(
            f"this command needs the package {error.name}, which is not installed; install it from the folder of "
            f"lookout's pyproject.toml with: .venv/bin/python -m pip install -c constraints.txt -e '.[{extra}]'",
            MISSING_PACKAGE,
        )


def _fail(message: str, code: int) -> NoReturn:
    """Print ``message`` as one line on stderr and exit with ``code``."""
    typer.echo(f"lookout: error: {' '.join(message.splitlines())}", err=True)
    sys.exit(code)
