"""What is shown where there is no room."""

from textual.widgets import Static


class TooSmall(Static):
    """One sentence for a terminal that is too small."""

    def __init__(self, columns: int, rows: int) -> None:
        text = f"This terminal is too small: at least {columns} columns and {rows} rows are needed. Make it larger."
        super().__init__(text, id="too-small")
