"""One picture of the whole incident: truth beside signals, belief and actions on one clock."""

from xml.sax.saxutils import escape

from tocsin.retro.belief import Graded
from tocsin.retro.language import ENGLISH, Language
from tocsin.tape.state import RunState

_WIDTH, _LEFT, _RIGHT = 920, 92, 20
_ROW, _TOP = 46, 44
_LANES = ("truth", "signal", "belief", "action")
_INK = {"truth": "#b4432f", "signal": "#b91c1c", "belief": "#0e7490", "action": "#15803d"}
_RIGHT_CAUSE, _WRONG_CAUSE = "#5aa6b8", "#d9b25f"


class _Sheet:
    """Draws on a clock that goes from ``start`` to ``end`` seconds."""

    def __init__(self, start: float, end: float, say: Language) -> None:
        self.say = say
        self._start, self._span = start, max(end - start, 1.0)
        self._parts: list[str] = []

    def x(self, t: float) -> float:
        """Where a moment lies."""
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * (t - self._start) / self._span, 1)

    def bar(self, lane: int, begun: float, ended: float, colour: str, text: str) -> None:
        """A stretch with a label inside, or above where it is too short for it."""
        left, right = self.x(begun), self.x(ended)
        y = _TOP + lane * _ROW + 12
        self._parts.append(
            f'<rect x="{left}" y="{y}" width="{max(right - left, 1.5):.1f}" height="22" rx="2" fill="{colour}"/>'
        )
        if right - left > 7 * len(text):
            self._parts.append(f'<text x="{left + 5}" y="{y + 15}" font-size="11" fill="#ffffff">{escape(text)}</text>')

    def mark(self, lane: int, t: float, colour: str, text: str, *, below: bool = False, left: bool = False) -> None:
        """A moment with its label, to the right of it unless there is no room or ``left`` is asked for."""
        x, y = self.x(t), _TOP + lane * _ROW
        late = left or x > _WIDTH - 150
        anchor, shift = ("end", -4) if late else ("start", 4)
        line = y + (44 if below else 9)
        self._parts.append(
            f'<line x1="{x}" y1="{y + 4}" x2="{x}" y2="{y + 42}" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{x + shift}" y="{line}" font-size="10" fill="{colour}" text-anchor="{anchor}">'
            f"{escape(text)}</text>"
        )

    def svg(self, ticks: list[float]) -> str:
        """The finished picture."""
        height = _TOP + len(_LANES) * _ROW + 34
        bottom = height - 26
        rows = [
            f'<text x="12" y="{_TOP + number * _ROW + 28}" font-size="12" font-weight="bold" '
            f'fill="{_INK[name]}">{self.say(f"lane.{name}")}</text>'
            f'<line x1="{_LEFT}" y1="{_TOP + number * _ROW + 46}" x2="{_WIDTH - _RIGHT}" '
            f'y2="{_TOP + number * _ROW + 46}" stroke="#e5e7eb"/>'
            for number, name in enumerate(_LANES)
        ]
        scale = [
            f'<line x1="{self.x(t)}" y1="{bottom}" x2="{self.x(t)}" y2="{bottom + 5}" stroke="#374151"/>'
            f'<text x="{self.x(t)}" y="{bottom + 18}" font-size="10" text-anchor="middle" fill="#374151">'
            f"{t:.0f} s</text>"
            for t in ticks
        ]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            f'viewBox="0 0 {_WIDTH} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif">'
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
            f'<text x="12" y="22" font-size="15" fill="#111827">{escape(self.say("lanes.title"))}</text>'
            f"{self._key()}{''.join(rows)}{''.join(scale)}{''.join(self._parts)}</svg>\n"
        )

    def _key(self) -> str:
        """What the colours of the belief lane mean."""
        parts = []
        for x, colour, text in ((500, _RIGHT_CAUSE, "lanes.right"), (640, _WRONG_CAUSE, "lanes.wrong")):
            parts.append(
                f'<rect x="{x}" y="13" width="12" height="10" rx="2" fill="{colour}"/>'
                f'<text x="{x + 17}" y="22" font-size="10" fill="#374151">{self.say(text)}</text>'
            )
        return "".join(parts)


def lanes(state: RunState, graded: Graded | None, end: float, say: Language = ENGLISH) -> str | None:
    """The picture, from shortly before the fault to shortly after the end of the incident; None without a fault."""
    moments = [one.injected for one in state.injections] + [breach.impact for breach in state.breaches]
    if not moments:
        return None
    last = max(state.stamps.resolved or 0.0, *(one.removed or end for one in state.injections), moments[0] + 20.0)
    start, stop = max(0.0, min(moments) - 5.0), min(max(end, moments[0] + 1.0), last + 8.0)
    sheet = _Sheet(start, stop, say)
    _truth(sheet, state, stop)
    _signals(sheet, state, stop)
    _beliefs(sheet, state, graded)
    _actions(sheet, state)
    step = next(step for step in (5, 10, 20, 30, 60, 120, 300, 900, 3600) if (stop - start) / step <= 14)
    ticks = [float(t) for t in range(int(start // step + 1) * step, int(stop) + 1, step)]
    return sheet.svg(ticks)


def _truth(sheet: _Sheet, state: RunState, stop: float) -> None:
    for one in state.injections:
        removed = one.removed if one.removed is not None else stop
        sheet.bar(0, one.injected, removed, _INK["truth"], sheet.say("lanes.fault", fault=one.fault, target=one.target))
        if one.bit is not None:
            sheet.mark(0, one.bit, "#7f1d1d", sheet.say("lanes.bites"))
        if one.lifted is not None:
            sheet.mark(
                0, one.lifted, "#7f1d1d", sheet.say("lanes.lifted", by=sheet.say.doer(one.lifted_by)), below=True
            )
        elif one.reverted is not None:
            sheet.mark(0, one.reverted, "#7f1d1d", sheet.say("lanes.reverted"), below=True)


def _signals(sheet: _Sheet, state: RunState, stop: float) -> None:
    stamps = state.stamps
    if stamps.impact is not None:
        over = stamps.mitigated if stamps.mitigated is not None else stamps.resolved
        what = sheet.say("lanes.over", slo=state.felt.slo) if state.felt is not None else sheet.say("lanes.impact")
        sheet.bar(1, stamps.impact, over if over is not None else stop, "#e7a39b", what)
        sheet.mark(1, stamps.impact, _INK["signal"], sheet.say("lanes.impact"), below=True)
    if stamps.detected is not None:
        sheet.mark(1, stamps.detected, _INK["signal"], sheet.say("lanes.detected", slo=state.breaches[0].slo))
    if stamps.mitigated is not None:
        sheet.mark(1, stamps.mitigated, "#166534", sheet.say("lanes.mitigated"), below=True, left=True)
    if stamps.resolved is not None:
        sheet.mark(1, stamps.resolved, "#166534", sheet.say("lanes.resolved"))


def _beliefs(sheet: _Sheet, state: RunState, graded: Graded | None) -> None:
    for belief in graded.beliefs if graded else []:
        colour = _RIGHT_CAUSE if belief.right else _WRONG_CAUSE
        sheet.bar(2, belief.start, belief.end, colour, f"{belief.cause} {belief.confidence:.0%}")
    if state.stamps.classified is not None and state.classified is not None:
        text = sheet.say("lanes.classified", cause=state.classified.cause)
        sheet.mark(2, state.stamps.classified, _INK["belief"], text, below=True)


def _actions(sheet: _Sheet, state: RunState) -> None:
    for number, action in enumerate(state.actions):
        done = action.done if action.done is not None else action.at
        sheet.bar(3, action.at, done, _INK["action"], action.remedy)
        sheet.mark(3, done, _INK["action"], f"{action.remedy} {action.target}", below=bool(number % 2))
