"""What a run came to, as ``tocsin run --json`` prints it and its tape keeps it."""

from tocsin.model.hypothesis import Hypothesis
from tocsin.model.run import RunMeta
from tocsin.model.verdict import InjectionResult, LoadResult, RunResult
from tocsin.tape.state import RunState


def run_result(state: RunState, meta: RunMeta, tape_path: str, document_path: str) -> RunResult:
    """The object that ``tocsin run --json`` prints."""
    newest = state.hypotheses[-1][1] if state.hypotheses else []
    ranked = _as_of_decision(state) or newest
    load = LoadResult() if state.load is None else LoadResult(**state.load.model_dump(exclude={"kind"}))
    return RunResult(
        run=meta.run,
        drill=meta.drill_name,
        verdict=state.verdict or "aborted",
        stack=meta.backend,
        seed=meta.seed,
        tape=tape_path,
        document=document_path,
        stamps=state.stamps,
        injections=[
            InjectionResult(id=i.id, fault=i.fault, target=i.target, injected=i.injected, bit=i.bit, removed=i.removed)
            for i in state.injections
        ],
        breaches=[breach.model_dump() for breach in state.breaches],
        hypotheses=[h.model_dump(exclude={"evidence"}) | {"evidence": [x.text for x in h.evidence]} for h in ranked],
        actions=[
            {
                "remedy": a.remedy,
                "target": a.target,
                "at": a.at,
                "predicted": a.predicted,
                "measured": a.measured,
                "error": a.error,
            }
            for a in state.actions
        ],
        expectations=[x.model_dump(exclude={"kind"}) for x in state.expectations],
        invariants=[x.model_dump(exclude={"kind"}) for x in state.invariants],
        load=load,
        residue=state.residue,
        criteria=[x.model_dump(exclude={"kind"}) for x in state.criteria],
    )


def _as_of_decision(state: RunState) -> list[Hypothesis]:
    """The ranked list that stood when the hypothesis acted on was chosen."""
    moment = state.stamps.classified
    if moment is None:
        return []
    before = [ranked for t, ranked in state.hypotheses if t <= moment]
    return before[-1] if before else []
