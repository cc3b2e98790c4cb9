"""What replay and live have in common: the panels of a run, shown a moment of it ten times a second."""

from pathlib import Path
from typing import ClassVar

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tocsin.console.app import LEAST
from tocsin.console.curves import Curves
from tocsin.console.reel import Moment, Reel
from tocsin.console.widgets.header import Header
from tocsin.console.widgets.keys import Keys
from tocsin.console.widgets.logs import Logs
from tocsin.console.widgets.plot import Curve, Plot
from tocsin.console.widgets.small import TooSmall
from tocsin.console.widgets.tiles import Tiles
from tocsin.console.widgets.timeline import Lanes, Timeline
from tocsin.console.widgets.topology import TopologyView
from tocsin.model.window import Array

UPDATES = 10
"""Times a second that the screen is brought up to date."""

_HEAVY_EVERY = 3
"""Figures by the second are drawn with every so many updates at most, however fast a tape is played."""

PANELS = ("plots", "events", "stack", "logs")
_SPANS = (60, 180, 600, 0)
"""Seconds that plots reach back; 0 = to the start."""


class RunScreen(Screen[None]):
    """The panels of a run; where there is no room for all four, one of them."""

    CSS_PATH = Path(__file__).with_name("run.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "panel('plots')", "plots", tooltip="show rate, latency, errors and lag"),
        Binding("2", "panel('events')", "events", tooltip="show what happened, by lane and in sentences"),
        Binding("3", "panel('stack')", "stack", tooltip="show services and edges, and how they look"),
        Binding("4", "panel('logs')", "logs", tooltip="show the tail of the logs"),
        Binding("l", "next_service", "service", tooltip="show the log of the next service"),
        Binding("z", "zoom", "zoom", tooltip="let the plots reach back a minute, three, ten, or to the start"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.reel: Reel | None = None
        self.ready = False
        """Whether the figures have been read, too: events are there before them."""
        self._span = 1
        self._second = -1
        self._updates = 0
        self._last_heavy = -_HEAVY_EVERY

    def compose(self) -> ComposeResult:
        """Header, tiles, four panels, keys."""
        yield Header(id="header")
        yield Static("reading the tape ...", id="waiting")
        yield Tiles(id="tiles")
        with Container(id="panels"):
            with Container(id="plots", classes="panel"):
                yield Plot("rate", "requests/s", id="rate")
                yield Plot("latency", "ms", id="latency")
                yield Plot("errors", "requests/s", id="errors")
                yield Plot("lag", "records", least=10.0, id="lag")
            with Vertical(id="events", classes="panel -chosen"):
                yield Lanes(id="lanes")
                yield Timeline(id="timeline")
            with Vertical(id="stack", classes="panel"):
                yield TopologyView(id="topology")
            with Vertical(id="logs", classes="panel"):
                yield Logs(id="log")
        yield Keys()
        yield TooSmall(*LEAST)

    def on_mount(self) -> None:
        """Begin to update."""
        self.set_interval(1 / UPDATES, self.update_now)

    @property
    def is_there(self) -> bool:
        """False once the screen has been taken down: what was read beside it may come too late."""
        return self.is_attached and bool(self.children)

    # what a kind of screen adds

    def moment(self) -> Moment | None:
        """What to draw now; None while there is nothing yet."""
        raise NotImplementedError

    def mode(self) -> str:
        """How the run is looked at, in a word."""
        raise NotImplementedError

    def length(self) -> float:
        """Seconds that the run lasts, as far as one knows."""
        raise NotImplementedError

    def show_figures_of(self, curves: Curves) -> None:
        """The figures have been read: draw them from now on."""
        if self.reel is not None:
            self.reel.curves = curves
            self.ready = True
            self.redraw_figures()
            self.update_now()

    # drawing

    def update_now(self) -> None:
        """Bring everything that can be seen up to date."""
        moment = self.moment()
        self._updates += 1
        if moment is None or not self.is_there:
            return
        self.query_one("#waiting").display = False
        self.query_one(Header).show(moment, self.mode())
        if self._visible("events"):
            self.query_one(Lanes).show(moment, self.length())
            self.query_one(Timeline).show(moment.events)
        if self._visible("logs"):
            self.query_one(Logs).show_moment(moment)
        if moment.second != self._second and self._updates - self._last_heavy >= _HEAVY_EVERY:
            self._second, self._last_heavy = moment.second, self._updates
            self._show_figures(moment)

    def redraw_figures(self) -> None:
        """Draw the figures with the next update, whether or not a second has passed."""
        self._second = -1

    def _show_figures(self, moment: Moment) -> None:
        self.query_one(Tiles).show(moment)
        if self._visible("stack"):
            self.query_one(TopologyView).show(moment)
        if self._visible("plots"):
            self._show_plots(moment)

    def _show_plots(self, moment: Moment) -> None:
        span = _SPANS[self._span]
        first = max(0, moment.second - span) if span else 0

        def cut(values: Array) -> Array:
            return values[first : moment.second]

        curves = moment.curves
        self.query_one("#rate", Plot).show(
            [Curve(name, cut(curves.get("rate", name))) for name in ("scheduled", "completed")]
        )
        self.query_one("#errors", Plot).show([Curve("failed", cut(curves.get("rate", "failed")))])
        self.query_one("#latency", Plot).show(
            [Curve(name, cut(curves.get("latency", name))) for name in ("p50", "p95", "p99")]
        )
        lags = [
            Curve(entity, cut(np.asarray(curves.get("signal", name, entity))))
            for name, signal in moment.meta.signals.items()
            if signal.family == "lag"
            for entity in curves.entities(name)
        ]
        self.query_one("#lag", Plot).show(lags[:4])

    def _visible(self, panel: str) -> bool:
        found: Widget = self.query_one(f"#{panel}")
        return bool(found.styles.display != "none")

    # keys

    def action_panel(self, name: str) -> None:
        """Show one panel (where there is no room for all), and let its lines be scrolled."""
        for panel in PANELS:
            self.query_one(f"#{panel}").set_class(panel == name, "-chosen")
        self.redraw_figures()
        scrolls = {"events": "#timeline", "logs": "#log"}.get(name)
        self.set_focus(self.query_one(scrolls) if scrolls else None)
        self.call_after_refresh(self.update_now)

    def action_next_service(self) -> None:
        """Show the log of the next service."""
        self.query_one(Logs).next_service()

    def action_zoom(self) -> None:
        """Let the plots reach back further, and after the start, a minute again."""
        self._span = (self._span + 1) % len(_SPANS)
        span = _SPANS[self._span]
        self.notify(f"plots reach back {span} s" if span else "plots reach back to the start", timeout=2)
        self.redraw_figures()
