"""A run while it goes on: its tape is followed, from the start to the document."""

from threading import Event
from typing import Any

import pytest
from tests.console.conftest import Console, Drill, attached, shows, text_of, until

from tocsin.console.screens.home import HomeScreen
from tocsin.tape.follow import TapeFollower
from tocsin.workspace import Workspace


@pytest.mark.asyncio
async def test_attaching_shows_everything_since_the_start_and_what_comes(
    drill: Drill, attach: Any, console: Console
) -> None:
    async with console(attach("responder"), (160, 45)) as pilot:
        screen = await attached(pilot, drill)
        await shows(pilot, "breach of coupon-issue-lag")
        assert "every SLO held" in text_of(pilot.app)
        assert "PAGE" in text_of(pilot.app)
        assert "second 96" in text_of(pilot.app)
        drill.go_on(106.0)
        await shows(pilot, "remedy done in 2.2 s")
        await shows(pilot, "second 105")
        drill.go_on(158.0)
        await shows(pilot, "verdict held")
        await shows(pilot, drill.meta.drill.title)  # the retrospective
        moment = screen.latest()
        assert moment is not None
        assert "injected" in {event.data.kind for event in moment.events}


@pytest.mark.asyncio
async def test_leaving_closes_the_line_and_sends_nothing_more(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("responder")) as pilot:
        await attached(pilot, drill)
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.return_code == 0, "the end of the console")
    assert drill.sent == []
    assert drill.links[-1].closed


@pytest.mark.asyncio
async def test_a_drill_that_cannot_be_reached_is_watched_until_it_can(
    drill: Drill, attach: Any, console: Console
) -> None:
    drill.reachable = False
    async with console(attach("responder"), (160, 45)) as pilot:
        await shows(pilot, "watching")
        await pilot.press("a")
        await pilot.pause(0.1)
        assert drill.sent == []
        drill.reachable = True
        await until(pilot, lambda: bool(drill.links), "the line")
        await shows(pilot, " live ")


@pytest.mark.asyncio
async def test_a_drill_whose_director_died_is_said_to_be_over(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        drill.ledger.close()
        await shows(pilot, "Nobody runs this drill any more")


@pytest.mark.asyncio
async def test_the_document_is_read_after_the_end(
    drill: Drill, attach: Any, console: Console, workspace: Workspace
) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await attached(pilot, drill)
        drill.go_on(158.0)
        await shows(pilot, "verdict held")
        await pilot.press("o")
        await shows(pilot, "no document yet")
        folder = workspace.incidents / drill.folder.name
        folder.mkdir(parents=True)
        lines = "\n\n".join(f"line {n}" for n in range(60))
        (folder / "incident.md").write_text(f"# What happened\n\nCoupons were late.\n\n{lines}\n", encoding="utf-8")
        await pilot.press("o")
        await shows(pilot, "Coupons were late.")
        await pilot.press("space")
        await until(pilot, lambda: "Coupons were late." not in text_of(pilot.app), "the next page")
        await pilot.press("b")
        await shows(pilot, "Coupons were late.")
        await pilot.press("q")
        await shows(pilot, "verdict held")


TELLING = (
    "consumer_pause", "redis.flush", "frozen", "injected", "toxic", "sigstop", "coupon issuers freeze", "mysql.cpu",
)  # fmt: skip


@pytest.mark.asyncio
async def test_figures_that_come_when_the_screen_has_gone_are_let_go(
    drill: Drill, attach: Any, console: Console, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, closed = Event(), Event()
    take, close = TapeFollower.take_samples, TapeFollower.close

    def slowly(tape: TapeFollower) -> object:
        assert gone.wait(10.0)
        return take(tape)

    def closing(tape: TapeFollower) -> None:
        close(tape)
        closed.set()

    monkeypatch.setattr(TapeFollower, "take_samples", slowly)
    monkeypatch.setattr(TapeFollower, "close", closing)
    async with console(lambda: HomeScreen(workspace, "ann"), (80, 24)) as pilot:
        await shows(pilot, "drills")
        pilot.app.push_screen(attach("observer")())
        await shows(pilot, "every SLO held")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen), "home")
        gone.set()
        await until(pilot, closed.is_set, "the tape that is let go")
