"""Tables are valid markdown that also reads well as text."""

from reid.evaluation.attributes import Answer, AttributeReport
from reid.evaluation.protocols import RetrievalResult
from reid.evaluation.questions import Question
from reid.evaluation.tables import attribute_table, markdown_table, retrieval_table


def test_columns_are_padded_and_numbers_stand_right() -> None:
    """The rule says so to markdown, the spaces to the eye; a pipe does not break the row."""
    assert markdown_table(["name", "n"], [["a|b", "1"], ["longer", "1,000"]]) == (
        "| name   |     n |\n"
        "| ------ | ----: |\n"
        "| a\\|b   |     1 |\n"
        "| longer | 1,000 |\n"
    )  # fmt: skip


def test_a_table_of_searches_has_every_figure_with_its_interval() -> None:
    """Figures without an interval stand alone."""
    result = RetrievalResult(12.345, 30, 40, 20, 5, 6_156, 3_074, 2, {"rank1": (10.0, 14.0)})
    header, _, row = retrieval_table({"text to image": result}).splitlines()
    assert [cell.strip() for cell in header.strip("|").split("|")] == [
        "search", "Rank@1", "Rank@5", "Rank@10", "mAP", "mINP", "queries", "gallery", "skipped"
    ]  # fmt: skip
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "text to image", "12.3 [10.0, 14.0]", "30.0", "40.0", "20.0", "5.0", "6,156", "3,074", "2"
    ]  # fmt: skip


def test_a_table_of_questions_starts_with_what_works_best_and_ends_with_the_mean() -> None:
    """What counts is the distance from chance."""
    easy = Answer(Question("a man", ("personalMale",)), 80, 60, 600)
    hard = Answer(Question("a red top", ("upperBodyRed",)), 60, 7, 70, (50.0, 70.0))
    rows = attribute_table(AttributeReport((easy, hard), (), 1_000)).splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == ["a red top", "a man", "mean"]
    assert "60.0 [50.0, 70.0]" in rows[0]
    assert [cell.strip() for cell in rows[2].strip("|").split("|")] == ["mean", "70.0", "33.5", ""]


def test_a_report_without_answers_is_a_table_without_rows() -> None:
    """No mean is made up."""
    assert len(attribute_table(AttributeReport((), (), 0)).splitlines()) == 2
