"""Who responds, as it is written on the command line."""

from typing import cast, get_args

from tocsin.errors import BadInput
from tocsin.model.drill import ResponderMode
from tocsin.suggest import nearest


def parse_responder(text: str | None) -> tuple[ResponderMode | None, str | None]:
    """(mode, script file) from ``auto``, ``human``, ``none``, ``script`` or ``script:FILE``; None = the drill's choice.

    Raises:
        BadInput: for anything else.
    """
    if text is None:
        return None, None
    mode, _, file = text.partition(":")
    known = list(get_args(ResponderMode))
    if mode not in known or (file and mode != "script"):
        raise BadInput(f"--responder {text!r} is none of auto, human, script:FILE, none; {nearest(mode, known)}")
    return cast("ResponderMode", mode), file or None
