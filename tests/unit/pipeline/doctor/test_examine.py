"""Checks that find, fail, hang and fall over."""

from threading import Event

from pipeline.doctor.examine import AT_ONCE, Check, Finding, Verdict, examine
from pipeline.errors import LogError


def well(part: str) -> Check:
    """Return a check that finds nothing wrong."""
    return Check(part, lambda: [Finding(part, Verdict.OK, "is well")])


def failing(error: Exception) -> Check:
    """Return a check that raises."""

    def look() -> list[Finding]:
        raise error

    return Check("failing", look)


def test_findings_come_in_the_order_of_the_checks() -> None:
    """However long each takes, findings are told in the order in which the checks were named."""
    first_may_end = Event()

    def slow() -> list[Finding]:
        assert first_may_end.wait(30)
        return [Finding("slow", Verdict.OK, "is well"), Finding("slow", Verdict.WARNING, "but old")]

    def last() -> list[Finding]:
        first_may_end.set()
        return [Finding("last", Verdict.OK, "is well")]

    found = list(examine([Check("slow", slow), well("middle"), Check("last", last)]))
    assert [finding.part for finding in found] == ["slow", "slow", "middle", "last"]


def test_an_error_is_a_finding_without_secrets() -> None:
    """What a check raises is told as its failure, and addresses lose their passwords."""
    checks = [failing(LogError("nobody at kafka://me:hunter2@host:9092")), failing(KeyError("redis://:hunter2@host"))]
    found = list(examine(checks))
    assert [finding.verdict for finding in found] == [Verdict.FAILED] * 2
    assert found[0].words == "nobody at kafka://***@host:9092"
    assert not [finding for finding in found if "hunter2" in finding.words]


def test_checks_that_hang_hold_up_nobody() -> None:
    """More hanging checks than may run at once are given up, each after its patience, and the others still run."""
    release = Event()

    def hang() -> list[Finding]:
        release.wait()
        return []

    hanging = [Check(f"hanging {number}", hang, patience_s=0.2) for number in range(AT_ONCE + 2)]
    found = list(examine([*hanging, well("last")]))
    release.set()
    assert [finding.verdict for finding in found] == [Verdict.FAILED] * len(hanging) + [Verdict.OK]
    assert "no answer within 0.2 s" in found[0].words
