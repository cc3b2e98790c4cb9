"""Keeping the name of a blind drill out of the process list: it reaches the process through a pipe.

The command line of a process can be read by everybody on the machine, and a person who is to find the cause may well
look there. So a run that turns out to be blind starts itself again with a word in the place of the drill.
"""

import os
import sys

from tocsin.errors import BadInput

_WORD = "sealed:"


def unsealed(word: str) -> str:
    """The drill that a word stands for: itself, unless it says where to read it.

    Raises:
        BadInput: when there is nothing to read.
    """
    number = word.removeprefix(_WORD)
    if number == word or not number.isdigit():
        return word
    try:
        with os.fdopen(int(number), encoding="utf-8") as pipe:
            return pipe.read()
    except OSError as error:
        raise BadInput(f"{word!r} is no drill; `tocsin list drills` shows them") from error


def seal_process(drill: str) -> None:
    """Start this process again without the drill's name, if its command line tells it; nothing may run yet."""
    command = list(sys.orig_argv)
    if drill not in command:
        return
    reading, writing = os.pipe()
    os.write(writing, drill.encode())
    os.close(writing)
    os.set_inheritable(reading, True)
    place = len(command) - 1 - command[::-1].index(drill)
    command[place] = f"{_WORD}{reading}"
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, command)  # noqa: S606 - the same program
