"""What the demonstration found, as one HTML page that needs nothing else."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape

from pipeline.alert_page import STYLE, render_alert
from pipeline.demo.street import Described
from pipeline.demo.truth import Judged, Outcome

_STYLE = (
    STYLE
    + """
section { border-top: 1px solid #ccc; padding: .5rem 0; }
.cameras { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: .75rem; }
figure { margin: 0; } figure img { width: 100%; height: auto; max-width: none; } figcaption { color: #555; }
.verdict { font-weight: 600; color: #a33; } .right { color: #0a7d38; }
"""
)


def render_page(
    described: Mapping[str, Described], outcome: Outcome, stills: Mapping[str, bytes], model_id: str
) -> str:
    """Return the page.

    Args:
        described: the sentences, by entry.
        outcome: what the alerts are worth.
        stills: of each camera a frame, as JPEG.
        model_id: of the weights.
    """
    figures = "\n".join(_figure(camera_id, still) for camera_id, still in stills.items())
    sections = "\n".join(_section(entry_id, one, outcome) for entry_id, one in described.items())
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>lookout: a drawn street</title>
<style>{_STYLE}</style>
<h1>Who was looked for, and who was found</h1>
<p>A street was drawn and filmed by {len(stills)} cameras. The films went through detection, tracking, AXM-Net, the log
and the matcher, as any footage does; {len(described)} sentences were on the watchlist, one of them about nobody who is
there. Weights: {escape(model_id)}.</p>
<p><b>{escape(score_words(outcome))}</b></p>
<div class="cameras">
{figures}
</div>
{sections}
</html>
"""


def score_words(outcome: Outcome) -> str:
    """Say precision and recall, each beside what chance would come to."""
    right, found = sum(each.right for each in outcome.judged), sum(each.found for each in outcome.passages)
    return (
        f"precision {_percent(outcome.precision)} ({right} of {len(outcome.judged)} alerts are on whom their "
        f"sentence describes; chance: {_percent(outcome.chance_precision)}), "
        f"recall {_percent(outcome.recall)} ({found} of {len(outcome.passages)} times that a described walker passed "
        f"a camera; chance: {_percent(outcome.chance_recall)})"
    )


def verdict_words(judged: Judged) -> str:
    """Say whom an alert is on, and whether that is right."""
    return f"{'right' if judged.right else 'wrong'}: {judged.walker_id or 'nobody'}"


def _figure(camera_id: str, still: bytes) -> str:
    code, name = b64encode(still).decode(), escape(camera_id)
    return f'<figure><img alt="{name}" src="data:image/jpeg;base64,{code}"><figcaption>{name}</figcaption></figure>'


def _section(entry_id: str, described: Described, outcome: Outcome) -> str:
    judged = [each for each in outcome.judged if each.alert.entry_id == entry_id]
    items = "\n".join(render_alert(each.alert, _verdict(each)) for each in judged)
    listed = f"<ol>\n{items}\n</ol>" if items else "<p>No alert.</p>"
    return f"""<section><h2>{escape(described.sentence)}</h2>
<p>{escape(_whereabouts(entry_id, described, outcome))}</p>
{listed}</section>"""


def _whereabouts(entry_id: str, described: Described, outcome: Outcome) -> str:
    if described.walker_id is None:
        return "Nobody on this street wears that."
    passages = [passage for passage in outcome.passages if passage.entry_id == entry_id]
    seen = [f"{passage.camera_id} ({'found' if passage.found else 'missed'})" for passage in passages]
    return f"{described.walker_id} passed {', '.join(seen) or 'no camera long enough to be seen'}."


def _verdict(judged: Judged) -> str:
    mark = ' class="verdict right"' if judged.right else ' class="verdict"'
    return f"<p{mark}>{escape(verdict_words(judged))}</p>"


def _percent(share: float | None) -> str:
    return "none to count" if share is None else f"{share:.0%}"
