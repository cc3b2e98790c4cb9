"""A blind drill on the screen tells nothing of its cause."""

from pathlib import Path

import pytest
from tests.conftest import Story
from tests.console.conftest import Console, Drill, attach_to, attached, text_of

from tocsin import clock
from tocsin.model import event as e
from tocsin.model.run import RunMeta
from tocsin.workspace import Workspace

TELLING = (
    "consumer_pause", "redis.flush", "frozen", "injected", "toxic", "sigstop", "coupon issuers freeze", "mysql.cpu",
)  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize("panel", ["1", "2", "3", "4"])
async def test_a_blind_drill_leaks_nothing_to_the_screen(
    tmp_path: Path, meta: RunMeta, story: Story, workspace: Workspace, console: Console, panel: str
) -> None:
    sealed = meta.model_copy(
        update={
            "responder": "human", "started": clock.wall() - 140.0,
            "drill": meta.drill.model_copy(update={"blind": True}),
        }
    )  # fmt: skip
    early = [(t, data) for t, data in story if t < 140 and not data.kind.startswith("action_")]
    ordered = e.InjectionOrdered(
        who="Flo", role="facilitator", injection="i2", fault="redis.flush", target="redis", duration=9
    )
    told: Story = [
        *((t, data.model_copy(update={"hidden": True}) if hasattr(data, "hidden") else data) for t, data in early),
        (94.5, e.Note(text="kafka.consumer_pause on coupon-issuer: 3 replicas frozen")),
        (95.0, ordered),
        (95.5, e.ExpectationJudged(name="classified_as", want="kafka.consumer_pause", got=None, met=False)),
    ]  # fmt: skip
    drill = Drill(tmp_path / "runs" / "20231114-221320-sealed", sealed, sorted(told, key=lambda one: one[0]))
    drill.go_on(140.0)
    drill.tape.log_lines(
        139.0,
        [
            ("toxiproxy-1", "toxic added: latency"),
            ("app-1", "SIGSTOP was seen"),
            ("app-1", "kafka.consumer_pause begins"),
            ("app-1", "a plain line"),
        ],
    )
    try:
        async with console(attach_to(drill, workspace, "responder"), (200, 60)) as pilot:
            await attached(pilot, drill)
            await pilot.press(panel)
            await pilot.pause(1.0)
            text = text_of(pilot.app).lower()
            assert "a plain line" in text
            assert "breach of coupon-issue-lag" in text
            for word in (
                "consumer_pause",
                "redis.flush",
                "frozen",
                "injected",
                "toxic",
                "sigstop",
                "coupon issuers freeze",
                "mysql.cpu",
            ):
                assert word not in text, word
            await pilot.press("question_mark")
            await pilot.pause(0.3)
            assert "consumer_pause" not in text_of(pilot.app).lower()
    finally:
        drill.close()
