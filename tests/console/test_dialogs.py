"""Dialogs in small terminals: what has to be read and written to agree is always to be seen."""

import pytest
from textual.app import App
from textual.geometry import Spacing
from textual.widgets import Input

from tocsin.console.screens.dialogs import ConfirmDialog

LINES = [f"line {number} of what it will do, and of what it will touch, at some length" for number in range(20)]


class _Asking(App[None]):
    """Shows one dialog, and keeps the answers to it."""

    def __init__(self, dialog: ConfirmDialog) -> None:
        super().__init__()
        self.answers: list[bool | None] = []
        self._dialog = dialog

    def on_mount(self) -> None:
        self.push_screen(self._dialog, self.answers.append)


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(60, 18), (80, 24), (160, 45)])
async def test_danger_and_the_field_to_agree_are_seen_however_long_the_rest_is(size: tuple[int, int]) -> None:
    app = _Asking(ConfirmDialog("restart of coupon-issuer", LINES, "requests under way on the service fail"))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        screen = pilot.app.screen
        inside = screen.query_one(".dialog").region.shrink(Spacing.all(1))
        assert screen.region.contains_region(inside)
        for widget in (screen.query_one(".title"), screen.query_one(".danger"), screen.query_one(Input)):
            assert widget.region.area > 0
            assert inside.contains_region(widget.region), widget


@pytest.mark.asyncio
async def test_who_does_not_write_yes_is_told_what_to_write() -> None:
    app = _Asking(ConfirmDialog("restart of coupon-issuer", LINES, "requests under way on the service fail"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        assert app.answers == []
        assert any("Write yes" in one.message for one in app._notifications)
        await pilot.press("y", "e", "s", "enter")
        assert app.answers == [True]
