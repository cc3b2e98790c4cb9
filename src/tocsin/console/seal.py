"""What may be shown to whom: until the retrospective, nothing that tells the cause to those who look for it."""

from typing import Any

from tocsin.model.event import Event
from tocsin.model.run import RunMeta
from tocsin.tape.fold import RunState

_OPEN_KINDS = frozenset({
    "phase", "steady_satisfied", "breach", "textbook_alert", "acknowledged", "declared", "hypotheses", "classified",
    "mitigated", "resolved", "action_started", "action_done", "action_measured", "action_undone", "verdict",
    "hypothesis_stated", "update_posted", "mitigation_declared", "resolution_declared", "remedy_previewed",
    "hint_taken", "hint_given", "drill_paused", "drill_resumed", "person_attached", "person_detached",
})  # fmt: skip
"""Kinds that tell what everybody on call could know. What is not named here stays hidden while a run is sealed."""

_TELLTALE = ("toxic", "inject", "sigstop", "duty cycle")
"""Words in a service's log that tell of the tool's own doing."""


def is_sealed(meta: RunMeta, state: RunState, *, leads: bool) -> bool:
    """True while the cause must stay hidden: somebody has to find it, and the run is not over.

    ``leads`` is true for whoever leads the drill and knows the cause anyway.
    """
    someone_looks = meta.drill.blind or meta.responder in ("human", "script")
    return someone_looks and not leads and state.verdict is None


def may_show(event: Event) -> bool:
    """Whether an event of a sealed run may be shown."""
    data: Any = event.data
    return event.lane != "truth" and data.kind in _OPEN_KINDS and not getattr(data, "hidden", False)


def may_show_log(meta: RunMeta, service: str, line: str) -> bool:
    """Whether a log line of a sealed run may be shown: what carries the edges logs what is done to them."""
    node = meta.topology.services.get(service) or meta.topology.services.get(service.rpartition("-")[0])
    if node is not None and node.component in ("toxiproxy", "proxy"):
        return False
    low = line.lower()
    names = {name.lower() for fault in meta.drill.faults for name in (fault.fault,)}
    return not any(word in low for word in (*_TELLTALE, *names))


def title(meta: RunMeta, *, sealed: bool) -> str:
    """What a run is called on the screen."""
    return "a sealed drill" if sealed else meta.drill.title
