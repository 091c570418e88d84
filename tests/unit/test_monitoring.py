"""What Prometheus and Grafana are told in deploy/ is held against what services expose and docs/operations.md says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.services.camera_gauges import STATES
from pipeline.sources.base import NOT_TAKEN
from tests.unit.test_deploy import COMPOSE, DEPLOY, OURS
from tests.unit.test_metrics_docs import OPERATIONS, ROW

ALERTS: Any = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
DASHBOARD: Any = json.loads((DEPLOY / "grafana" / "lookout.json").read_text(encoding="utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS = DASHBOARD["panels"]
ALERT_ROW = re.compile(r"^\| `(Lookout\w+)` \| (\w+) \|", re.MULTILINE)
LABELS = {"camera", "instance", "job", "reason", "state", "webhook"}
VARYING = {"STATE": STATES, "REASON": (NOT_TAKEN,)}  # what stands for several names in a row, and for which
PAIRS = {")": "(", "]": "[", "}": "{"}


def expressions() -> Iterator[str]:
    """Yield every PromQL expression of the rules and the dashboard."""
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in PANELS for target in panel["targets"])


def known_metrics() -> set[str]:
    """Return the names that docs/operations.md has a row for, with each of those that a row stands for."""
    names = set(ROW.findall(OPERATIONS.read_text(encoding="utf-8")))
    for word, values in VARYING.items():
        names |= {name.replace(word, value) for name in names if word in name for value in values}
    return names


def open_brackets(expression: str) -> str:
    """Return the brackets and quotes of an expression that have no match."""
    left = ""
    for mark in re.sub(r'"(?:[^"\\]|\\.)*"', "", expression):
        if mark in PAIRS and left.endswith(PAIRS[mark]):
            left = left[:-1]
        elif mark in '()[]{}"':
            left += mark
    return left


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()],
    ids=lambda path: str(path.relative_to(DEPLOY)),
)
def test_what_is_deployed_names_metrics_that_there_are(path: Path) -> None:
    """Every metric that a file of deploy/ names is one that docs/operations.md explains, and so one that is exposed."""
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"\blookout_[a-z0-9_]+", text)) <= known_metrics()
    if path.suffix in {".yml", ".yaml"}:
        assert yaml.safe_load(text)


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_expressions_ask_for_what_there_is(expression: str) -> None:
    """Brackets and quotes are in pairs, counters are asked for their growth, labels and states are known ones."""
    assert open_brackets(expression) == ""
    assert not re.search(r"_total\b(?!(?:{[^}]*})?\[)", expression)
    selectors = re.findall(r"{([^}]*)}", expression)
    assert {name for each in selectors for name in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", each)} <= LABELS
    assert {name for each in re.findall(r"by \(([^)]*)\)", expression) for name in each.split(", ")} <= LABELS
    for states in re.findall(r'state=~?"([^"]*)"', expression):
        assert set(states.split("|")) <= set(STATES)


def test_every_alert_is_explained() -> None:
    """The alerts and the rows of docs/operations.md are the same, with the same severity, and each alert has words."""
    assert dict(ALERT_ROW.findall(OPERATIONS.read_text(encoding="utf-8"))) == {
        rule["alert"]: rule["labels"]["severity"] for rule in RULES
    }
    assert all(rule["annotations"]["summary"] for rule in RULES)


def test_prometheus_asks_the_services_where_they_answer() -> None:
    """What is scraped are the services that run lookout, on the port that they are told to answer on."""
    told = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    (scraped,) = told["scrape_configs"][0]["dns_sd_configs"]
    assert set(scraped["names"]) == set(OURS) - {"topics", "console"}
    assert str(scraped["port"]) == COMPOSE["x-lookout"]["environment"]["LOOKOUT_HEALTH_PORT"]
    assert [DEPLOY / "prometheus" / name for name in told["rule_files"]] == [DEPLOY / "prometheus" / "alerts.yml"]


def test_monitoring_is_asked_for_and_stays_on_this_machine() -> None:
    """Prometheus and Grafana start with their profile alone, listen on loopback, and mount files that there are."""
    optional = {name: each for name, each in COMPOSE["services"].items() if "monitoring" in each.get("profiles", [])}
    assert set(optional) == {"prometheus", "grafana"}
    for service in optional.values():
        assert re.fullmatch(r"[\w-]+/[\w-]+:v?\d+\.\d+\.\d+", service["image"])
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        mounted = [volume.split(":")[0] for volume in service["volumes"] if volume.startswith("./")]
        assert mounted
        assert all((DEPLOY / path).exists() for path in mounted)


def test_panels_stand_side_by_side() -> None:
    """No two panels of the dashboard lie on the same place, and each is within its 24 columns."""
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
