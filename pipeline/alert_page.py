"""Alerts as one HTML page that needs nothing else: each with its crop, sentence, score, place and time."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from pipeline.records import Alert
from pipeline.threshold.nearest import Nearest
from pipeline.wire import as_rfc3339

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222; }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1rem; padding: 0; }
li { list-style: none; display: flex; gap: 1rem; border: 1px solid #ccc; border-radius: .5rem; padding: .75rem; }
img { height: 12rem; max-width: 8rem; object-fit: contain; background: #eee; }
li > div { min-width: 0; overflow-wrap: anywhere; }
p { margin: 0 0 .4rem; } small { color: #555; }
"""


def render_alerts(
    alerts: Sequence[Alert], title: str = "Possible matches", summary: str = "", nearest: Sequence[Nearest] = ()
) -> str:
    """Return the page.

    Args:
        alerts: in the order in which they are to stand there.
        title: of the page.
        summary: a sentence below the title.
        nearest: of descriptions that nobody matched, shown after the alerts.
    """
    items = "\n".join(map(render_alert, alerts)) or "<p>Nobody fitted any description.</p>"
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>lookout: {escape(title)}</title>
<style>{STYLE}</style>
<h1>{escape(title)}</h1>
<p>{escape(summary) or f"{len(alerts)} alerts."} Each is a possible match to a description, not an identification.</p>
<ol>
{items}
</ol>
{_render_near(nearest)}
</html>
"""


def _render_near(nearest: Sequence[Nearest]) -> str:
    if not nearest:
        return ""
    items = "\n".join(map(_render_nearest, nearest))
    return f"<h2>No alert</h2>\n<p>Who came nearest to each description that nobody matched.</p>\n<ol>\n{items}\n</ol>"


def _render_nearest(nearest: Nearest) -> str:
    seen, rate = nearest.sighting, nearest.raising_rate
    told = "that is far from it" if rate is None else f"a false match rate of {rate:g} would have told of it"
    return f"""<li><img alt="the nearest person" src="data:image/jpeg;base64,{b64encode(seen.crop_jpeg).decode()}">
<div><p>{escape(nearest.entry.description)}</p>
<p>{nearest.similarity:.3f}, below {nearest.threshold:.3f}: {told}</p>
<small>{escape(seen.camera_id)}, {as_rfc3339(seen.captured_at_ms)}</small></div></li>"""


def render_alert(alert: Alert, verdict: str = "") -> str:
    """Return one alert as a list item; ``verdict`` is HTML that stands below it."""
    crop = b64encode(alert.crop_jpeg).decode()
    left, top, right, bottom = (round(side) for side in alert.box_xyxy)
    return f"""<li><img alt="the person" src="data:image/jpeg;base64,{crop}">
<div><p>{escape(alert.description)}</p>
<p>{alert.similarity:.3f}, from {alert.threshold:.3f} on</p>
<small>{escape(alert.camera_id)}, {as_rfc3339(alert.captured_at_ms)}<br>
box {left}, {top} to {right}, {bottom}<br>threshold by {escape(alert.background)}<br>
{escape(alert.alert_id)}</small>{verdict}</div></li>"""
