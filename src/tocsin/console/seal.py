"""What may be shown to whom: until the retrospective, nothing that tells the cause to those who look for it.

Stricter than the tape's own seal, which this rests on: the screen shows kinds that tell what everybody on call could
know, and no others.
"""

from tocsin.model.event import Event
from tocsin.model.person import Role
from tocsin.model.run import RunMeta
from tocsin.tape.seal import SEALED_TITLE, Seal
from tocsin.tape.state import RunState

_OPEN_KINDS = frozenset({
    "phase", "steady_satisfied", "breach", "textbook_alert", "acknowledged", "declared", "hypotheses", "classified",
    "mitigated", "resolved", "action_started", "action_done", "action_measured", "action_undone", "verdict",
    "hypothesis_stated", "update_posted", "mitigation_declared", "resolution_declared", "remedy_previewed",
    "hint_taken", "hint_given", "drill_paused", "drill_resumed", "attached", "detached", "person_noted",
})  # fmt: skip
"""Kinds that a sealed run shows. What is not named here stays hidden."""

_TELLTALE = ("toxic", "inject", "sigstop", "duty cycle")
"""Words in a service's log that tell of the tool's own doing."""

_CARRIES_EDGES = "proxy"
"""The component whose log tells what is done to the edges."""


def is_sealed(meta: RunMeta, state: RunState, role: Role) -> bool:
    """True while the cause must stay hidden: somebody has to find it, and the run is not over."""
    someone_looks = meta.drill.blind or meta.responder in ("human", "script")
    return someone_looks and role != "facilitator" and state.verdict is None


class Curtain:
    """Decides event by event and line by line what is shown of a sealed run."""

    def __init__(self, meta: RunMeta, role: Role) -> None:
        self._meta = meta
        self._seal = Seal(meta, role)

    def shows(self, event: Event) -> bool:
        """Whether an event may be shown."""
        return event.data.kind in _OPEN_KINDS and not self._seal.hides(event.data)

    def shows_log(self, service: str, line: str) -> bool:
        """Whether a log line may be shown; ``service`` may be a replica."""
        name = self._meta.topology.service_of(service)
        node = self._meta.topology.services.get(name or "")
        if node is not None and node.component == _CARRIES_EDGES:
            return False
        low = line.lower()
        return not any(word in low for word in _TELLTALE) and not self._seal.tells(line)


def title(meta: RunMeta, *, sealed: bool) -> str:
    """What a run is called on the screen."""
    return SEALED_TITLE if sealed and meta.drill.blind else "a drill with people" if sealed else meta.drill.title
