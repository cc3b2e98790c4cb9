"""Replaying a tape, and the one sentence per event that console, replay and document share."""

from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Any

from tocsin.model import event as e

WORTH_TELLING = 0.01
"""Confidence below which a hypothesis that is not the first is left out of a sentence."""


def replay(events: Iterable[e.Event], speed: float) -> Iterator[tuple[float, e.Event]]:
    """(seconds to wait before it, event), in the order of their times, ``speed`` times faster than they happened."""
    last: float | None = None
    for event in events:
        yield (0.0 if last is None else max(0.0, event.t - last) / speed), event
        last = event.t


def describe(event: e.Event) -> str:
    """One sentence that says what an event is, for people."""
    return _sentence(event.data)


def figures(values: dict[str, float]) -> str:
    """Figures of a prediction or measurement in one line."""
    return ", ".join(f"{name} {value:.3g}" for name, value in values.items()) or "no figures"


def _on(target: str) -> str:
    return f" on {target}" if target else ""


@singledispatch
def _sentence(data: Any) -> str:
    return str(data)


@_sentence.register
def _(data: e.Phase) -> str:
    return f"phase {data.name}" + (f": {data.detail}" if data.detail else "")


@_sentence.register
def _(data: e.Note) -> str:
    return data.text


@_sentence.register
def _(data: e.SteadySatisfied) -> str:
    return f"steady: every SLO held for {data.held_for:g} s"


@_sentence.register
def _(data: e.Injected) -> str:
    parameters = ", ".join(f"{key}={value}" for key, value in data.parameters.items())
    return f"injected {data.fault} into {data.target}" + (f" ({parameters})" if parameters else "")


@_sentence.register
def _(data: e.Bit) -> str:
    return f"the fault bites: {data.evidence}"


@_sentence.register
def _(data: e.NeverBit) -> str:
    return f"the fault never took effect: {data.evidence}"


@_sentence.register
def _(data: e.Lifted) -> str:
    return f"the fault was lifted by {data.by}: {data.evidence}"


@_sentence.register
def _(data: e.Reverted) -> str:
    left = "; ".join(data.residue) or "nothing left behind"
    return f"the fault was reverted by the {data.by}: {left}"


@_sentence.register
def _(data: e.Breached) -> str:
    b = data.breach
    where = f" on {b.entity}" if b.entity else ""
    detail = f" ({b.detail})" if b.detail else ""
    return f"breach of {b.slo}{where}, {b.severity}: {b.rule} rule, {b.value:.3g} against {b.threshold:.3g}{detail}"


@_sentence.register
def _(data: e.TextbookAlert) -> str:
    burns = f"{data.long_burn:.1f}x over 1 h, {data.short_burn:.1f}x over 5 min"
    return f"the textbook burn-rate rule fires for {data.slo}: {burns}"


@_sentence.register
def _(data: e.Acknowledged) -> str:
    return f"acknowledged by {data.by}"


@_sentence.register
def _(data: e.Declared) -> str:
    by = f" by {data.who}" if data.who else ""
    return f"declared {data.severity}{by}" + (f": {data.bad_share:.0%} bad by {data.slo}" if data.slo else "")


@_sentence.register
def _(data: e.Hypotheses) -> str:
    told = [h for h in data.hypotheses[:3] if h.rank == 1 or h.confidence >= WORTH_TELLING]
    whose = "hypotheses of the tool, not shown: " if data.hidden else "hypotheses: "
    return whose + ", ".join(f"{h.cause}{_on(h.target)} {h.confidence:.0%}" for h in told)


@_sentence.register
def _(data: e.Classified) -> str:
    whose = "the tool, not shown, " if data.hidden else ""
    return f"{whose}classified as {data.hypothesis.cause}{_on(data.hypothesis.target)}: {data.reason}"


@_sentence.register
def _(data: e.Mitigated) -> str:
    return f"mitigated: every SLO has been met since {data.since:.0f} s"


@_sentence.register
def _(data: e.Resolved) -> str:
    return f"resolved: every SLO met and lag drained since {data.since:.0f} s"


@_sentence.register
def _(data: e.ActionStarted) -> str:
    by = f" by {data.who}" if data.who else ""
    return f"{data.remedy} of {data.target}{by}: {data.why}; predicted: {figures(data.predicted)}"


@_sentence.register
def _(data: e.ActionDone) -> str:
    return (
        f"remedy failed after {data.seconds:.1f} s: {data.error}"
        if data.error
        else f"remedy done in {data.seconds:.1f} s"
    )


@_sentence.register
def _(data: e.ActionMeasured) -> str:
    return f"measured effect: {figures(data.measured)}"


@_sentence.register
def _(_data: e.ActionUndone) -> str:
    return "the remedy's change was put back"


@_sentence.register
def _(data: e.LoadSummary) -> str:
    return (
        f"load: {data.scheduled} scheduled, {data.completed} completed, {data.failed} failed, "
        f"{data.rps:.1f} requests/s, p50 {data.p50_ms:.0f} ms, p95 {data.p95_ms:.0f} ms, p99 {data.p99_ms:.0f} ms"
    )


@_sentence.register
def _(data: e.SlowQueries) -> str:
    worst = f", {data.rows[0].total_s:.2f} s of them: {data.rows[0].query}" if data.rows else ""
    return f"slow log of {data.service}: {data.count} queries over {data.threshold_s:g} s{worst}"


@_sentence.register
def _(data: e.ServerCommands) -> str:
    first = ", ".join(f"{row.command} {row.mean_ms:.3g} ms in {row.calls} calls" for row in data.rows[:3])
    return f"commands of {data.service}: {first or 'none'}; {len(data.slow)} in its slow log"


@_sentence.register
def _(data: e.QueryAnalysed) -> str:
    key = f"index {data.key}" if data.key else "no index"
    return f"query {data.name} analysed: {data.took_ms:.1f} ms, {data.rows_read:.0f} rows, {key}"


@_sentence.register
def _(data: e.CriterionJudged) -> str:
    got = "not measured" if data.measured is None else f"{data.measured:.4g} {data.unit}".rstrip()
    word = {True: "met", False: "not met", None: "open"}[data.met]
    return f"criterion {data.name} {word} at scale {data.scale:g}: {got}, target {data.target}"


@_sentence.register
def _(data: e.InvariantChecked) -> str:
    return f"invariant {data.name} {'holds' if data.met else 'is violated'}: {data.detail}"


@_sentence.register
def _(data: e.ExpectationJudged) -> str:
    got = "nothing" if data.got is None else data.got
    return f"expectation {data.name} {'met' if data.met else 'not met'}: wanted {data.want}, got {got}"


@_sentence.register
def _(data: e.ResidueFound) -> str:
    return "residue scan: " + ("; ".join(data.residue) or "nothing left behind")


@_sentence.register
def _(data: e.AbortRequested) -> str:
    return f"aborted by {data.by}: {data.reason}"


@_sentence.register
def _(data: e.ToolCost) -> str:
    share = data.cpu_seconds / data.wall_seconds if data.wall_seconds else 0.0
    return f"Tocsin itself used {data.cpu_seconds:.1f} s of CPU in {data.wall_seconds:.0f} s ({share:.1%} of a core)"


@_sentence.register
def _(data: e.VerdictReached) -> str:
    return f"verdict {data.verdict}: {'; '.join(data.reasons)}"


@_sentence.register
def _(data: e.PersonAttached) -> str:
    return f"{data.who} is here as {data.role}"


@_sentence.register
def _(data: e.PersonDetached) -> str:
    return f"{data.who} ({data.role}) has left"


@_sentence.register
def _(data: e.HypothesisStated) -> str:
    return f"{data.who} takes it for {data.cause}{_on(data.target)}, {data.confidence:.0%} sure"


@_sentence.register
def _(data: e.MitigationDeclared) -> str:
    return f"{data.who} says: mitigated"


@_sentence.register
def _(data: e.ResolutionDeclared) -> str:
    return f"{data.who} says: resolved"


@_sentence.register
def _(data: e.RemedyPreviewed) -> str:
    return f"{data.who} looked at what {data.remedy} of {data.target} would do"


@_sentence.register
def _(data: e.UpdatePosted) -> str:
    return f"update by {data.who}: {data.text}"


@_sentence.register
def _(data: e.HintTaken) -> str:
    return f"hint {data.number} for {data.who} (cost {data.cost:g}): {data.text}"


@_sentence.register
def _(data: e.HintGiven) -> str:
    return f"hint given by {data.who}: {data.text}"


@_sentence.register
def _(data: e.PersonNoted) -> str:
    return f"note by {data.who}: {data.text}"


@_sentence.register
def _(data: e.InjectionOrdered) -> str:
    return f"{data.who} orders {data.fault} into {data.target} for {data.duration:g} s"


@_sentence.register
def _(data: e.DrillPaused) -> str:
    return f"{data.who} has stopped the drill's clock"


@_sentence.register
def _(data: e.DrillResumed) -> str:
    return f"{data.who} lets the drill's clock go on"
