"""Markdown tables of what was measured."""

from collections.abc import Mapping, Sequence

from reid.evaluation.attributes import AttributeReport
from reid.evaluation.degraded import Degraded
from reid.evaluation.intervals import Interval
from reid.evaluation.protocols import FIGURES, RetrievalResult

_TITLES = {"rank1": "Rank@1", "rank5": "Rank@5", "rank10": "Rank@10", "mAP": "mAP", "mINP": "mINP"}


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, padded to read well as text; the first column stands left, the others right."""
    cells = [[_escape(cell) for cell in row] for row in (header, *rows)]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [cells[0], rule, *cells[1:]]
    return "\n".join(_line(line, widths) for line in lines) + "\n"


def retrieval_table(results: Mapping[str, RetrievalResult]) -> str:
    """Return one row for each named result: every figure with its interval, queries, gallery, skipped."""
    header = ["search", *(_TITLES[name] for name in FIGURES), "queries", "gallery", "skipped"]
    rows = []
    for name, result in results.items():
        told = result.to_dict()
        figures = [_figure(told[figure], result.intervals.get(figure)) for figure in FIGURES]
        rows.append([name, *figures, *(f"{told[count]:,}" for count in ("queries", "gallery", "skipped"))])
    return markdown_table(header, rows)


def attribute_table(report: AttributeReport) -> str:
    """Return one row for each question, furthest above chance first, and the mean last."""
    answers = sorted(report.answers, key=lambda answer: answer.chance - answer.average_precision)
    rows = [
        [
            answer.question.sentence,
            _figure(answer.average_precision, answer.interval),
            f"{answer.chance:.1f}",
            f"{answer.positives:,}",
        ]
        for answer in answers
    ]
    if answers:
        rows.append(["mean", f"{report.mean_average_precision:.1f}", f"{report.mean_chance:.1f}", ""])
    return markdown_table(["sentence", "AP", "chance", "true of"], rows)


def degraded_table(degraded: Degraded) -> str:
    """Return the share of rightly coloured crops that pass, by how they are shown."""
    rows = [[name, f"{share:.1f} %"] for name, share in degraded.passes.items()]
    return markdown_table(["crops shown", "pass their colour's sentence"], rows)


def _figure(value: float, interval: Interval | None) -> str:
    return f"{value:.1f}" if interval is None else f"{value:.1f} [{interval[0]:.1f}, {interval[1]:.1f}]"


def _escape(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return "| " + " | ".join((first, *rest)) + " |"
