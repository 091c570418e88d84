"""The line-up as one HTML page that needs nothing else."""

from base64 import b64encode
from html import escape

import cv2

from pipeline.demo.lineup import Found, Image, Lineup

_SHOWN = 8
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222; }
section { border-top: 1px solid #ccc; padding: 1rem 0; }
ol { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; padding: 0; margin: 0; }
img { display: block; width: 96px; height: 192px; border: 4px solid transparent; }
li.described img { border-color: #0a7d38; }
li { font-size: .85rem; text-align: center; }
"""


def render_page(lineup: Lineup, model_id: str) -> str:
    """Return the page: each description, and whom it was found to resemble."""
    sections = "\n".join(_section(found, lineup.crops) for found in lineup.found)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>lookout: found by their descriptions</title>
<style>{_STYLE}</style>
<h1>Found by their descriptions</h1>
<p>{len(lineup.crops)} people were drawn; for each of {len(lineup.found)} descriptions they stand in the order of their
similarity to it. The described person has a green frame. First place: {lineup.rank_share(1):.0%} of descriptions;
among the first five: {lineup.rank_share(5):.0%}. Weights: {escape(model_id)}.</p>
{sections}
</html>
"""


def _section(found: Found, crops: tuple[Image, ...]) -> str:
    shown = list(zip(found.order, found.similarity, strict=True))[:_SHOWN]
    items = "\n".join(_item(crops[person], similarity, person == found.person) for person, similarity in shown)
    return f"<section><h2>{escape(found.description)}</h2>\n<ol>\n{items}\n</ol></section>"


def _item(crop: Image, similarity: float, described: bool) -> str:  # noqa: FBT001 - used here alone
    code = b64encode(cv2.imencode(".jpg", crop)[1].tobytes()).decode()
    mark = ' class="described"' if described else ""
    name = "the described person" if described else "somebody else"
    return f'<li{mark}><img alt="{name}" src="data:image/jpeg;base64,{code}">{similarity:+.3f}</li>'
