"""A chart as a part of a page: scaled to the page, named for readers that do not see it, without script."""

import re
from html import escape

_SCRIPT = re.compile(r"<script.*?</script>|<script[^>]*/>", re.DOTALL)
_SIZE = re.compile(r'(<svg[^>]*?) width="[\d.]+" height="[\d.]+"')
_IDENTITY = re.compile(r'\bid="([^"]+)"')
_FIRST = re.compile(r"<svg ")


def inline(svg: str, caption: str, name: str) -> str:
    """The chart in place: identifiers are its own on a page with several charts."""
    text = _SIZE.sub(r"\1", _SCRIPT.sub("", svg), count=1)
    own = re.sub(r"\W+", "-", name)
    chart = next((one for one in _IDENTITY.findall(text) if one.startswith("chart-")), None)
    text = _IDENTITY.sub(
        lambda found: found.group(0) if found.group(1) == chart else f'id="{own}-{found.group(1)}"', text
    )
    label = escape(caption, quote=True)
    text = _FIRST.sub(f'<svg role="img" aria-label="{label}" ', text, count=1)
    return f'<span class="chart">{text.strip()}</span>'
