"""Replay: any tape at any speed, by its keys alone, with no stack."""

from pathlib import Path

import pytest
from tests.conftest import Story
from tests.console.conftest import Console, settled, text_of, until
from textual.pilot import Pilot

from tocsin.console.playback import Playback
from tocsin.console.screens.replay import ReplayScreen
from tocsin.errors import BadInput
from tocsin.model import event as e
from tocsin.model.run import RunMeta
from tocsin.tape.store import Tape


def _screen(pilot: Pilot[int]) -> ReplayScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ReplayScreen)
    return screen


async def _at(pilot: Pilot[int], t: float) -> str:
    """The screen with the playhead standing at ``t``."""
    screen = _screen(pilot)
    screen.playback.paused = True
    screen.playback.seek(t)
    screen._moved()
    await pilot.pause(0.2)
    return text_of(pilot.app)


@pytest.mark.asyncio
async def test_a_wide_terminal_shows_everything_of_a_moment(tape: Path, console: Console) -> None:
    async with console(lambda: ReplayScreen(tape), (160, 45)) as pilot:
        text = await _at(pilot, 103.0)
        for wanted in (
            "01:43.0", "drill", "acknowledged", "SEV1",  # header
            "product-latency", "availability",  # tiles
            "rate requests/s", "latency ms", "errors requests/s", "lag records",  # plots
            "coupon-issuer  down", "redis", "└→",  # topology
            "classified as kafka.consumer_pause",  # timeline
            "second 102",  # logs
        ):  # fmt: skip
            assert wanted in text, wanted
        assert "remedy done" not in text  # that is still to come


@pytest.mark.parametrize(
    ("key", "wanted"), [("1", "rate requests/s"), ("2", "injected kafka"), ("3", "└→"), ("4", "second 95")]
)
@pytest.mark.asyncio
async def test_a_small_terminal_shows_one_panel_at_a_time(tape: Path, console: Console, key: str, wanted: str) -> None:
    async with console(lambda: ReplayScreen(tape), (80, 24)) as pilot:
        await _at(pilot, 96.4)
        await pilot.press(key)
        await until(pilot, lambda: wanted in text_of(pilot.app), wanted)
        others = {"rate requests/s", "injected kafka", "└→", "second 95"} - {wanted}
        assert not [one for one in others if one in text_of(pilot.app)]


@pytest.mark.asyncio
async def test_keys_of_the_playhead(tape: Path, console: Console) -> None:
    async with console(lambda: ReplayScreen(tape, speed=10), (80, 24)) as pilot:
        screen = _screen(pilot)
        play = screen.playback
        await pilot.press("space")
        assert play.paused
        await pilot.press("home")
        assert play.t == 0.0
        await pilot.press("right", "right", "left")
        assert play.t == pytest.approx(5.0)
        await pilot.press("right_square_bracket", "right_square_bracket", "left_square_bracket")
        assert play.t == pytest.approx(35.0)
        await pilot.press("n")
        assert play.t == 82.0  # every SLO held
        await pilot.press("n", "n")
        assert play.t == 94.0
        await pilot.press("p")
        assert play.t == 92.4
        await pilot.press("plus")
        assert play.speed == 20.0
        await pilot.press(*["plus"] * 9)
        assert play.speed == 60.0
        await pilot.press(*["minus"] * 9)
        assert play.speed == 1.0
        await pilot.press("end")
        assert play.t == play.end >= 157.2


@pytest.mark.asyncio
async def test_it_plays_by_itself_and_stops_at_the_end(tape: Path, console: Console) -> None:
    async with console(lambda: ReplayScreen(tape, speed=60), (80, 24)) as pilot:
        play = _screen(pilot).playback
        play.seek(140.0)
        await until(pilot, lambda: play.paused, "the end")
        assert "verdict held" in text_of(pilot.app)
        await pilot.press("space")  # from the beginning
        assert not play.paused
        assert play.t < 60


@pytest.mark.asyncio
async def test_scrubbing_back_takes_back_what_had_not_happened_yet(tape: Path, console: Console) -> None:
    async with console(lambda: ReplayScreen(tape), (160, 45)) as pilot:
        assert "verdict held" in await _at(pilot, 157.5)
        early = await _at(pilot, 50.0)
        assert "verdict" not in early
        assert "injected" not in early
        assert "no page" in early


@pytest.mark.asyncio
async def test_the_truth_lane_can_be_left_out(tape: Path, console: Console) -> None:
    async with console(lambda: ReplayScreen(tape), (160, 45)) as pilot:
        assert "injected kafka.consumer_pause" in await _at(pilot, 95.0)
        await pilot.press("t")
        await pilot.pause(0.2)
        assert "injected kafka.consumer_pause" not in text_of(pilot.app)


@pytest.mark.asyncio
async def test_the_log_of_one_service(tape: Path, console: Console) -> None:
    async with console(lambda: ReplayScreen(tape), (160, 45)) as pilot:
        assert "still there" in await _at(pilot, 95.0)
        await pilot.press("l")
        await until(pilot, lambda: "logs of app-1" in text_of(pilot.app), "one service")
        assert "still there" not in text_of(pilot.app)
        await pilot.press("l", "l")
        await until(pilot, lambda: "logs of every service" in text_of(pilot.app), "all services")


@pytest.mark.asyncio
async def test_plots_reach_back_further(tape: Path, console: Console) -> None:
    async with console(lambda: ReplayScreen(tape), (160, 45)) as pilot:
        await _at(pilot, 150.0)
        before = text_of(pilot.app)
        await pilot.press("z", "z")
        await until(pilot, lambda: "plots reach back to the start" in text_of(pilot.app), "the whole run")
        await pilot.pause(0.4)
        assert text_of(pilot.app) != before


@pytest.mark.asyncio
async def test_a_tape_of_a_newer_version_ends_with_a_message(tmp_path: Path, meta: RunMeta, console: Console) -> None:
    path = tmp_path / "new" / "tape.db"
    Tape.create(path, meta.model_copy(update={"schema_version": 99})).close()
    async with console(lambda: ReplayScreen(path)) as pilot:
        await pilot.pause()
    failure = getattr(pilot.app, "failure", None)
    assert isinstance(failure, BadInput)
    assert "newer Tocsin" in failure.message
    assert pilot.app.return_code == 2


@pytest.mark.asyncio
async def test_a_broken_tape_ends_with_a_message(tape: Path, console: Console) -> None:
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(tape) as connection:
        connection.execute('UPDATE events SET data = \'{"kind": "nonsense"}\'')
    connection.close()
    async with console(lambda: ReplayScreen(tape)) as pilot:
        await settled(pilot)
    failure = getattr(pilot.app, "failure", None)
    assert isinstance(failure, BadInput)
    assert "broken" in failure.message


@pytest.mark.parametrize("size", [(50, 24), (100, 12)])
@pytest.mark.asyncio
async def test_a_terminal_that_is_too_small_says_so(tape: Path, console: Console, size: tuple[int, int]) -> None:
    async with console(lambda: ReplayScreen(tape), size) as pilot:
        text = text_of(pilot.app)
        assert "too small" in text
        assert "60 columns and 18 rows" in " ".join(text.split())
        assert "product-latency" not in text
        await pilot.resize_terminal(80, 24)
        await until(
            pilot, lambda: "product-latency" in text_of(pilot.app) or "no load yet" in text_of(pilot.app), "room"
        )


@pytest.mark.parametrize(
    ("size", "light"), [((80, 24), False), ((80, 24), True), ((200, 60), False), ((200, 60), True)]
)
@pytest.mark.asyncio
async def test_every_key_is_on_the_screen_and_in_help_and_palette(
    tape: Path,
    console: Console,
    size: tuple[int, int],
    light: bool,  # noqa: FBT001
) -> None:
    async with console(lambda: ReplayScreen(tape), size, light=light) as pilot:
        screen = pilot.app.screen
        text = text_of(pilot.app)
        shown = [active.binding for active in screen.active_bindings.values() if active.binding.show]
        assert len(shown) > 15
        for binding in shown:
            assert binding.tooltip or binding.action == "command_palette", binding
            assert f"{pilot.app.get_key_display(binding)} {binding.description}" in text, binding
        commands = {command.title for command in pilot.app.get_system_commands(screen)}
        assert {binding.tooltip for binding in shown if binding.tooltip} <= commands
        await pilot.press("question_mark")
        await until(pilot, lambda: "The keys" in text_of(pilot.app) or "A tape with" in text_of(pilot.app), "help")
        await pilot.press("escape")
        assert pilot.app.screen is screen


@pytest.mark.asyncio
async def test_a_command_of_the_palette_does_what_its_key_does(tape: Path, console: Console) -> None:
    async with console(lambda: ReplayScreen(tape)) as pilot:
        screen = _screen(pilot)
        commands = {command.title: command.callback for command in pilot.app.get_system_commands(screen)}
        commands["pause, or go on"]()
        await until(pilot, lambda: screen.playback.paused, "pause by the palette")


@pytest.mark.asyncio
async def test_a_blind_run_is_sealed_until_its_verdict(
    tmp_path: Path, meta: RunMeta, story: Story, console: Console
) -> None:
    from tests.console.conftest import write_tape  # noqa: PLC0415

    blind = meta.model_copy(update={"drill": meta.drill.model_copy(update={"blind": True})})
    path = tmp_path / "blind" / "tape.db"
    write_tape(path, blind, [*story, (99.0, e.Note(text="kafka.consumer_pause holds"))]).close()
    async with console(lambda: ReplayScreen(path)) as pilot:
        early = await _at(pilot, 101.0)
        assert "sealed until the retrospective" in early
        assert meta.drill.title not in early
        assert "injected" not in early
        late = await _at(pilot, 158.0)
        assert meta.drill.title in late
        await pilot.press("2")
        await pilot.press("home")
        assert meta.drill.title not in await _at(pilot, 101.0)


def test_the_playhead_moves_by_the_clock_it_is_told() -> None:
    play = Playback(end=100.0, speed=10.0)
    assert play.tick(5.0) == 0.0
    assert play.tick(6.0) == 10.0
    play.toggle()
    assert play.tick(9.0) == 10.0
    play.toggle()
    assert play.tick(99.0) == 100.0
    assert play.paused


@pytest.mark.asyncio
async def test_whoever_scrolls_up_stays_there_and_at_the_end_what_comes_is_followed(
    tape: Path, console: Console
) -> None:
    async with console(lambda: ReplayScreen(tape), (80, 24)) as pilot:
        await _at(pilot, 120.0)
        await pilot.press("2")
        assert "mitigated: every SLO" in text_of(pilot.app)
        await pilot.press("pageup", "pageup", "pageup", "up")
        await until(pilot, lambda: "phase stack" in text_of(pilot.app), "the beginning")
        _screen(pilot).playback.seek(135.0)
        await pilot.pause(0.3)
        assert "phase stack" in text_of(pilot.app)
        await pilot.press("pagedown", "pagedown", "pagedown", "down")
        await until(pilot, lambda: "measured effect" in text_of(pilot.app), "the end")
        await _at(pilot, 157.5)
        assert "verdict held" in text_of(pilot.app).splitlines()[-5]
