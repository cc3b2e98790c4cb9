"""The stack as it stands: services and what they call, coloured by how they look."""

import numpy as np
from rich.segment import Segment
from textual.strip import Strip

from tocsin.console.health import Health, Look, by_service, health
from tocsin.console.paint import paint
from tocsin.console.reel import Moment
from tocsin.console.widgets.drawn import Drawn
from tocsin.model.topology import Edge

_INKS: dict[Look, str] = {"well": "good", "strained": "warn", "down": "bad", "unknown": "dim"}
_MARKS: dict[Look, str] = {"well": "●", "strained": "◆", "down": "✖", "unknown": "○"}
_HELPERS = ("monitoring", "proxy")
"""Components that the incident is not about, in one line at the end."""

_PER_SECOND = {"s": 1000.0, "ms": 1.0, "ns": 1e-6}
"""Milliseconds by unit."""


class TopologyView(Drawn):
    """Services with their edges; a mark and a word for each, so that colour is never needed to read it."""

    DEFAULT_CSS = "TopologyView { height: 1fr; min-height: 4; }"
    BORDER_TITLE = "stack"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._moment: Moment | None = None
        self._looks: dict[str, Health] = {}

    def show(self, moment: Moment) -> None:
        """Draw the stack at a moment."""
        self._moment, self._looks = moment, health(moment)
        self.redraw()

    def draw(self) -> list[Strip]:
        """The services that users depend on with what they call, then the others."""
        if self._moment is None:
            return []
        topology = self._moment.meta.topology
        services = by_service(self._moment, self._looks)
        main = [name for name, node in topology.services.items() if node.component not in _HELPERS]
        callers = [name for name in main if topology.edges_out_of(name)]
        strips: list[Strip] = []
        for name in (*callers, *(one for one in main if one not in callers)):
            strips.append(self._service(name, services[name]))
            strips.extend(self._edge(edge) for edge in topology.edges_out_of(name))
        return [*strips, *self._helpers([name for name in topology.services if name not in main], services)]

    def _service(self, name: str, seen: Health) -> Strip:
        ink = paint(self, _INKS[seen.look])
        return Strip([
            Segment(f"{_MARKS[seen.look]} ", ink),
            Segment(f"{name:<15}", paint(self, "plain")),
            Segment(f"{seen.look:<9}", ink),
            Segment("; ".join(seen.because[:2]) if seen.look in ("strained", "down") else "", paint(self, "dim")),
        ])  # fmt: skip

    def _edge(self, edge: Edge) -> Strip:
        seen = self._looks.get(edge.entity, Health())
        ink = paint(self, _INKS[seen.look])
        latency = self._latency(edge.entity)
        figure = f"{latency:.1f} ms" if latency is not None else ""
        return Strip([
            Segment("  └→ ", paint(self, "dim")),
            Segment(f"{edge.callee:<12}", paint(self, "plain")),
            Segment(f"{_MARKS[seen.look]} {figure}", ink),
        ])  # fmt: skip

    def _latency(self, entity: str) -> float | None:
        """Milliseconds that calls over an edge take, if a signal tells."""
        moment = self._moment
        if moment is None:
            return None
        for name, signal in moment.meta.signals.items():
            if signal.family == "edge_latency":
                values = moment.curves.get("signal", name, entity)[: moment.second][-3:]
                known = values[~np.isnan(values)]
                if known.size:
                    return float(known[-1]) * _PER_SECOND.get(signal.unit, 1000.0)
        return None

    def _helpers(self, names: list[str], services: dict[str, Health]) -> list[Strip]:
        """Those that the incident is not about, as many in a line as fit."""
        rows: list[list[Segment]] = [[]]
        room = self.size.width
        for name in names:
            look = services[name].look
            if room < len(name) + 4 and rows[-1]:
                rows.append([])
                room = self.size.width
            room -= len(name) + 4
            rows[-1].append(Segment(f"{_MARKS[look]} ", paint(self, _INKS[look])))
            rows[-1].append(Segment(f"{name}  ", paint(self, "dim")))
        return [Strip(row) for row in rows]
