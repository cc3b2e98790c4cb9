"""The keys of the facilitator, and which role has which."""

from typing import Any

import pytest
from tests.console.conftest import Console, Drill, attached, shows, text_of, type_text, until

from tocsin.model import event as e
from tocsin.model.person import Role


@pytest.mark.asyncio
async def test_the_facilitator_injects_holds_and_stops(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("facilitator"), (80, 24)) as pilot:
        await attached(pilot, drill)
        await shows(pilot, "injected kafka.consumer_pause")  # the facilitator knows the cause
        await pilot.press("p")
        await until(pilot, lambda: drill.sent == [("pause", {})], "pause")
        drill.tell(98.0, e.DrillPaused(who="Ann", role="facilitator"))
        await shows(pilot, "drill paused")
        await pilot.press("p")
        await until(pilot, lambda: drill.sent[1:] == [("resume", {})], "resume")
        await pilot.press("i")
        await shows(pilot, "Which fault?")
        await type_text(pilot, "redis.latency")
        await pilot.press("enter")
        await shows(pilot, "into what?")
        await pilot.press("enter")
        await shows(pilot, "for how many seconds?")
        await pilot.press("enter")
        await shows(pilot, "Inject redis.latency?")
        await pilot.press("enter")
        await until(pilot, lambda: drill.sent[2:] != [], "the injection")
        command, arguments = drill.sent[2]
        assert (command, arguments["fault"], arguments["target"]) == ("inject", "redis.latency", "redis")
        await pilot.press("x")
        await shows(pilot, "Stop this run?")
        await type_text(pilot, "yes")
        await pilot.press("enter")
        await until(pilot, lambda: [name for name, _ in drill.sent[3:]] == ["stop"], "the stop")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("role", "has", "has_not"),
    [
        ("responder", {"a", "s", "h", "r", "u", "m", "v", "k"}, {"i", "p", "g", "x", "n"}),
        ("scribe", {"u", "n"}, {"a", "s", "h", "r", "m", "v", "k", "i", "p", "g", "x"}),
        ("observer", set(), {"a", "s", "h", "r", "u", "m", "v", "k", "i", "p", "g", "x", "n"}),
        ("facilitator", {"n", "i", "p", "g", "x"}, {"a", "s", "h", "r", "u", "m", "v", "k"}),
    ],
)
async def test_each_role_has_the_keys_that_it_may_use_and_all_are_shown(
    drill: Drill, attach: Any, console: Console, role: Role, has: set[str], has_not: set[str]
) -> None:
    async with console(attach(role), (80, 24)) as pilot:
        screen = await attached(pilot, drill)
        await pilot.pause(0.2)
        keys = set(screen.active_bindings)
        assert has <= keys
        assert not has_not & keys
        text = text_of(pilot.app)
        for active in screen.active_bindings.values():
            if active.binding.show:
                assert f"{pilot.app.get_key_display(active.binding)} {active.binding.description}" in text
