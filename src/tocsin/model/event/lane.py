"""The lanes of a tape."""

from typing import Literal

Lane = Literal["truth", "signal", "belief", "action", "run"]
