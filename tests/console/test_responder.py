"""Every key of a responder sends its command over the line and does nothing else."""

from typing import Any

import pytest
from tests.console.conftest import Console, Drill, attached, shows, text_of, type_text, until

from tocsin.console.screens import live
from tocsin.errors import BadInput
from tocsin.model import event as e
from tocsin.model.person import Role


@pytest.mark.asyncio
@pytest.mark.parametrize(("key", "command"), [("a", "acknowledge"), ("m", "mitigated"), ("v", "resolved")])
async def test_keys_that_ask_nothing(drill: Drill, attach: Any, console: Console, key: str, command: str) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        await pilot.press(key)
        await until(pilot, lambda: drill.sent == [(command, {})], command)


@pytest.mark.asyncio
async def test_declaring_a_severity(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        await pilot.press("s")
        await shows(pilot, "How grave is it?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: drill.sent == [("declare", {"severity": "SEV2"})], "the declaration")


@pytest.mark.asyncio
async def test_stating_a_hypothesis_from_the_vocabulary(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        await pilot.press("h")
        await shows(pilot, "What do you take for the cause?")
        await type_text(pilot, "kafka.cons")
        await pilot.press("enter")
        await shows(pilot, "kafka.consumer_pause: where?")
        await pilot.press("enter")  # the services that fit come first
        await shows(pilot, "how sure are you?")
        await pilot.press("backspace", "backspace", "x", "enter")
        await shows(pilot, "is no figure")
        await pilot.press("backspace", "backspace", "8", "5", "enter")
        wanted = {"cause": "kafka.consumer_pause", "target": "coupon-issuer", "confidence": 0.85}
        await until(pilot, lambda: drill.sent == [("hypothesise", wanted)], "the hypothesis")


PREVIEW: dict[str, Any] = {
    "remedy": "restart", "target": "coupon-issuer", "parameters": {}, "will": "stop and start every replica",
    "predicted": {"lag_records": 20.0}, "before": {"lag_records": 300.0}, "grounds": ["because"], "dangerous": False,
    "touches": "nobody else", "undo": "nothing to undo",
}  # fmt: skip


@pytest.mark.asyncio
async def test_a_remedy_is_looked_at_before_it_is_done(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["preview"] = PREVIEW
    drill.tell(
        96.9,
        e.HypothesisStated(
            who="Ann", role="responder", cause="kafka.consumer_pause", target="coupon-issuer", confidence=0.8
        ),
    )
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        await pilot.press("r")
        await shows(pilot, "restart coupon-issuer")  # of the playbook of the own hypothesis, first
        await pilot.press("enter")
        await shows(pilot, "stop and start every replica")
        text = text_of(pilot.app)
        for wanted in ("lag_records 300", "lag_records 20", "touches: nobody else", "undo: nothing to undo"):
            assert wanted in text
        chosen = {"remedy": "restart", "target": "coupon-issuer", "cause": "kafka.consumer_pause"}
        assert drill.sent == [("preview", chosen)]
        await pilot.press("enter")
        await until(pilot, lambda: drill.sent[1:] == [("remedy", chosen | {"confirmed": True})], "the remedy")


@pytest.mark.asyncio
async def test_remedies_know_the_hypothesis_that_was_stated_this_instant(
    drill: Drill, attach: Any, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LOOK", 3600.0)  # the screen has not looked at the tape since
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        drill.tell(
            96.9,
            e.HypothesisStated(
                who="Ann", role="responder", cause="kafka.consumer_pause", target="coupon-issuer", confidence=0.8
            ),
        )
        await pilot.press("r")
        await shows(pilot, "restart coupon-issuer")


@pytest.mark.asyncio
async def test_a_dangerous_remedy_wants_yes_in_writing(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["preview"] = PREVIEW | {"dangerous": True, "danger": "requests in flight are lost"}
    async with console(attach("commander"), (80, 24)) as pilot:
        await attached(pilot, drill)
        await pilot.press("r")
        await shows(pilot, "Which remedy?")
        await type_text(pilot, "restart")
        await pilot.press("enter")
        await shows(pilot, "of what?")
        await pilot.press("enter")
        await shows(pilot, "DANGEROUS: requests in flight are lost")
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert [name for name, _ in drill.sent] == ["preview"]
        await type_text(pilot, "yes")
        await pilot.press("enter")
        await until(pilot, lambda: [name for name, _ in drill.sent] == ["preview", "remedy"], "the remedy")


@pytest.mark.asyncio
async def test_a_remedy_that_is_not_agreed_to_is_not_done(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["preview"] = PREVIEW
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        await pilot.press("r")
        await shows(pilot, "Which remedy?")
        await pilot.press("escape")
        await pilot.pause(0.2)
        assert drill.sent == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("role", "key", "command"),
    [
        ("responder", "u", "update"),
        ("scribe", "u", "update"),
        ("scribe", "n", "note"),
        ("facilitator", "n", "note"),
        ("facilitator", "g", "give_hint"),
    ],
)
async def test_writing_a_line(drill: Drill, attach: Any, console: Console, role: Role, key: str, command: str) -> None:
    async with console(attach(role), (80, 24)) as pilot:
        await attached(pilot, drill)
        await pilot.press(key)
        await pilot.pause(0.2)
        await pilot.press("enter")  # nothing written, nothing sent
        await type_text(pilot, "all is known")
        await pilot.press("enter")
        await until(pilot, lambda: drill.sent == [(command, {"text": "all is known"})], command)


@pytest.mark.asyncio
async def test_a_hint_says_what_it_cost(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["hint"] = {"text": "look at the consumers", "cost": 5.0, "left": 2}
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        await pilot.press("k")
        await shows(pilot, "costs points")
        await pilot.press("enter")
        await shows(pilot, "look at the consumers")
        assert "5 points" in text_of(pilot.app)
        await pilot.press("enter")
        assert drill.sent == [("hint", {})]


@pytest.mark.asyncio
async def test_a_refusal_is_told_with_what_to_do(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["acknowledge"] = BadInput("nothing has paged yet", hint="Wait for the page.")
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        await pilot.press("a")
        await shows(pilot, "nothing has paged yet")
        assert "Wait for the page." in text_of(pilot.app)
