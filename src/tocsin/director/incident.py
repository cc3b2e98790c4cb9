"""The incident as the responder's side lives it: detection, severity, hypotheses, recovery; belief, never truth."""

from dataclasses import dataclass, field
from math import isfinite

from tocsin.classify import classify, decide
from tocsin.detect import Detection, detect, mitigated_since, resolved_since
from tocsin.detect.severity import severity
from tocsin.director.recorder import Recorder
from tocsin.model.event import Breached, Classified, Declared, Hypotheses, Mitigated, Resolved, TextbookAlert
from tocsin.model.hypothesis import Hypothesis, Playbook
from tocsin.model.signal import Signal
from tocsin.model.slo import Breach, SloFile
from tocsin.model.topology import Topology
from tocsin.model.window import SampleWindow

_CHANGED_BY = 0.1
"""A confidence that moved by this much makes a new line on the tape."""


@dataclass(frozen=True)
class Rules:
    """What is judged with: objectives, signals, topology and playbooks of the stack."""

    slos: SloFile
    signals: dict[str, Signal]
    topology: Topology
    playbooks: list[Playbook]


@dataclass
class Incident:
    """State of belief, stepped once a second with the newest window.

    ``hidden``: people respond, so that what is thought here is kept for the grading and not shown to them.
    """

    rules: Rules
    recorder: Recorder
    baseline: tuple[int, int]
    hidden: bool = False
    breaches: list[Breach] = field(default_factory=list)
    detection: Detection | None = None
    detected: float | None = None
    classified: Hypothesis | None = None
    mitigated: float | None = None
    resolved: float | None = None
    _history: list[tuple[float, list[Hypothesis]]] = field(default_factory=list)
    _told: list[Hypothesis] = field(default_factory=list)
    _alerted: set[str] = field(default_factory=set)

    @property
    def hypotheses(self) -> list[Hypothesis]:
        """The newest ranked list."""
        return self._history[-1][1] if self._history else []

    def worst(self) -> Declared:
        """The gravest severity that a breach had when it was judged, or that a breached SLO has now."""
        found = [Declared(severity=b.severity, bad_share=b.bad_share, slo=b.slo) for b in self.breaches]
        states = self.detection.states if self.detection is not None else {}
        for state in (states[b.slo] for b in self.breaches if b.slo in states):
            if state.paging and isfinite(state.recent):
                share = min(1.0, max(0.0, state.recent))
                found.append(Declared(severity=severity(share), bad_share=share, slo=state.slo))
        return min(found, key=lambda one: one.severity)

    def step(self, window: SampleWindow, *, own_revert: bool) -> None:
        """Judge the newest window; ``own_revert`` is true once the fault was taken away by ourselves."""
        now = self.recorder.clock.now()
        self.detection = detect(self.rules.slos, self.rules.signals, window, since=float(self.baseline[1]), at=now)
        self._tell_breaches(self.detection)
        if self.detected is None:
            return
        if self.mitigated is None:
            self._diagnose(window, now)
        self._judge_recovery(window, own_revert=own_revert)

    def _tell_breaches(self, detection: Detection) -> None:
        known = {breach.slo for breach in self.breaches}
        for breach in detection.breaches:
            if breach.slo not in known:
                self.breaches.append(breach)
                event = self.recorder.say(Breached(breach=breach))
                self.detected = event.t if self.detected is None else self.detected
        for alert in detection.textbook:
            if alert.slo not in self._alerted:
                self._alerted.add(alert.slo)
                self.recorder.say(TextbookAlert(slo=alert.slo, long_burn=alert.long_burn, short_burn=alert.short_burn))

    def _diagnose(self, window: SampleWindow, now: float) -> None:
        since = int(min(breach.impact for breach in self.breaches))
        rules = self.rules
        ranked = classify(rules.playbooks, rules.topology, rules.signals, window, baseline=self.baseline, since=since)
        self._history.append((now, ranked))
        decision = None
        if self.classified is None and self.detected is not None:
            decision = decide(self._history, self.detected, now)
        if _differs(ranked, self._told) or (decision is not None and ranked != self._told):
            self._told = ranked
            self.recorder.say(Hypotheses(hypotheses=ranked, hidden=self.hidden))
        if decision is not None:
            self.classified, reason = decision
            self.recorder.say(Classified(hypothesis=self.classified, reason=reason, hidden=self.hidden))

    def _judge_recovery(self, window: SampleWindow, *, own_revert: bool) -> None:
        after = self.detected or 0.0
        rules = self.rules
        if self.mitigated is None and not own_revert:
            self.mitigated = mitigated_since(rules.slos, rules.signals, window, after=after)
            if self.mitigated is not None:
                self.recorder.say(Mitigated(since=self.mitigated, hidden=self.hidden))
        if self.resolved is None:
            self.resolved = resolved_since(rules.slos, rules.signals, window, after=after, baseline=self.baseline)
            if self.resolved is not None:
                self.recorder.say(Resolved(since=self.resolved, hidden=self.hidden))


def _differs(new: list[Hypothesis], old: list[Hypothesis]) -> bool:
    if [(h.cause, h.target) for h in new[:3]] != [(h.cause, h.target) for h in old[:3]]:
        return True
    return any(abs(n.confidence - o.confidence) >= _CHANGED_BY for n, o in zip(new, old, strict=False))
