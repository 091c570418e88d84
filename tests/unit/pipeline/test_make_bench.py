import re
from pathlib import Path

from pipeline.cli.bench import bench

MAKEFILE = Path(__file__).parents[3] / "Makefile"


def test_make_bench_leaves_no_bench_out() -> None:
    """``make bench`` runs every bench once: none of them needs a service unless it is given the address of one."""
    told = re.search(r"^BENCHES := (.*)$", MAKEFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert told is not None
    assert sorted(told[1].split()) == sorted(str(command.name) for command in bench.registered_commands)
