"""What an event is, in one sentence: English as console and replay say it, Korean here."""

from functools import singledispatch
from typing import Any

from tocsin.model import event as e
from tocsin.retro.language.catalogue import KOREAN, Language
from tocsin.tape.replay import WORTH_TELLING, describe, figures


def told(event: e.Event, say: Language) -> str:
    """The sentence for an event."""
    return describe(event) if say.code == "en" else korean(event.data)


def _on(target: str) -> str:
    return f" (대상 {target})" if target else ""


def _clean(residue: list[str]) -> str:
    return "; ".join(residue) or "남은 것 없음"


@singledispatch
def korean(data: Any) -> str:
    """The Korean sentence for what happened.

    Raises:
        NotImplementedError: for a kind that has no sentence yet.
    """
    raise NotImplementedError(data.kind)


@korean.register
def _(data: e.SteadySatisfied) -> str:
    return f"정상 상태: 모든 SLO가 {data.held_for:g}초 동안 충족됨"


@korean.register
def _(data: e.Injected) -> str:
    parameters = ", ".join(f"{key}={value}" for key, value in data.parameters.items())
    return f"{data.target}에 {data.fault} 결함 주입" + (f" ({parameters})" if parameters else "")


@korean.register
def _(data: e.Bit) -> str:
    return f"결함의 효과 확인: {data.evidence}"


@korean.register
def _(data: e.NeverBit) -> str:
    return f"결함이 효과를 내지 못함: {data.evidence}"


@korean.register
def _(data: e.Lifted) -> str:
    return f"조치로 결함이 제거됨 ({KOREAN.doer(data.by)}): {data.evidence}"


@korean.register
def _(data: e.Reverted) -> str:
    return f"{data.by} 프로세스가 결함을 되돌림: {_clean(data.residue)}"


@korean.register
def _(data: e.Breached) -> str:
    b = data.breach
    detail = f" ({b.detail})" if b.detail else ""
    return (
        f"{b.slo} 위반{_on(b.entity)}, {b.severity}: {b.rule} 규칙, 값 {b.value:.3g}, 임계값 {b.threshold:.3g}{detail}"
    )


@korean.register
def _(data: e.TextbookAlert) -> str:
    return (
        f"교과서적 번 레이트 규칙이 울림({data.slo}): 1시간 창 {data.long_burn:.1f}배, 5분 창 {data.short_burn:.1f}배"
    )


@korean.register
def _(data: e.Acknowledged) -> str:
    return f"호출 접수: {data.by}"


@korean.register
def _(data: e.Declared) -> str:
    by = f" ({data.who})" if data.who else ""
    return f"{data.severity} 선언{by}" + (f": {data.slo} 기준 불량 {data.bad_share:.0%}" if data.slo else "")


@korean.register
def _(data: e.Hypotheses) -> str:
    found = [h for h in data.hypotheses[:3] if h.rank == 1 or h.confidence >= WORTH_TELLING]
    return ("도구의 가설(비공개): " if data.hidden else "가설: ") + ", ".join(
        f"{h.cause}{_on(h.target)} {h.confidence:.0%}" for h in found
    )


@korean.register
def _(data: e.Classified) -> str:
    whose = "도구의 원인 판별(비공개)" if data.hidden else "원인 판별"
    return f"{whose}: {data.hypothesis.cause}{_on(data.hypothesis.target)} ({data.reason})"


@korean.register
def _(data: e.Mitigated) -> str:
    return f"완화: {data.since:.0f}초부터 모든 SLO 충족"


@korean.register
def _(data: e.Resolved) -> str:
    return f"해결: {data.since:.0f}초부터 모든 SLO 충족, 랙 소진"


@korean.register
def _(data: e.ActionStarted) -> str:
    by = f" ({data.who})" if data.who else ""
    return f"{data.target} {data.remedy} 조치{by}: {data.why} 예측: {figures(data.predicted)}"


@korean.register
def _(data: e.ActionDone) -> str:
    return f"조치가 {data.seconds:.1f}초 만에 " + (f"실패함: {data.error}" if data.error else "완료됨")


@korean.register
def _(data: e.ActionMeasured) -> str:
    return f"측정된 효과: {figures(data.measured)}"


@korean.register
def _(_data: e.ActionUndone) -> str:
    return "조치로 바뀐 것을 원래대로 되돌림"


@korean.register
def _(data: e.ResidueFound) -> str:
    return f"잔여물 검사: {_clean(data.residue)}"


@korean.register
def _(data: e.AbortRequested) -> str:
    return f"{data.by}의 요청으로 중단: {data.reason}"


@korean.register
def _(data: e.VerdictReached) -> str:
    reasons = "; ".join(data.reasons)
    return f"판정 {data.verdict}" if data.verdict == "held" else f"판정 {data.verdict}: {reasons}"


@korean.register
def _(data: e.PersonAttached) -> str:
    return f"{data.who} 참여({data.role})"


@korean.register
def _(data: e.PersonDetached) -> str:
    return f"{data.who} 퇴장({data.role})"


@korean.register
def _(data: e.HypothesisStated) -> str:
    return f"{data.who}의 가설: {data.cause}{_on(data.target)}, 확신도 {data.confidence:.0%}"


@korean.register
def _(data: e.MitigationDeclared) -> str:
    return f"{data.who}의 완화 선언"


@korean.register
def _(data: e.ResolutionDeclared) -> str:
    return f"{data.who}의 해결 선언"


@korean.register
def _(data: e.RemedyPreviewed) -> str:
    return f"{data.who}의 조치 미리 보기: {data.target} {data.remedy}"


@korean.register
def _(data: e.UpdatePosted) -> str:
    return f"{data.who}의 상황 공유: {data.text}"


@korean.register
def _(data: e.HintTaken) -> str:
    return f"{data.who}의 힌트 {data.number} 요청(감점 {data.cost:g}): {data.text}"


@korean.register
def _(data: e.HintGiven) -> str:
    return f"{data.who}의 힌트 제공: {data.text}"


@korean.register
def _(data: e.PersonNoted) -> str:
    return f"{data.who}의 메모: {data.text}"


@korean.register
def _(data: e.InjectionOrdered) -> str:
    return f"{data.who}의 추가 주입 지시: {data.target}에 {data.fault} {data.duration:g}초"


@korean.register
def _(data: e.DrillPaused) -> str:
    return f"{data.who}의 훈련 시계 정지"


@korean.register
def _(data: e.DrillResumed) -> str:
    return f"{data.who}의 훈련 시계 재개"
