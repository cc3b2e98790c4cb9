"""Every error that Tocsin raises for a person to read.

::

    TocsinError                 exit 70: what happened, why, and what to do next; none of the cases below
    ├── BadInput                exit 2: a file, an argument or a missing part; nothing was started
    │   ├── MissingProgram      a server or tool that is not installed
    │   └── Blocked             starts are blocked, or another run holds the stack
    ├── Refused                 a command to a running drill that cannot be done (now); the drill goes on
    ├── StackGone               the stack that a record was made for does not exist any more
    ├── StackNotReady           exit 4: a service did not become ready; everything was stopped
    ├── Aborted                 exit 3: a person, a signal or a safety limit ended the run
    └── UndoFailed              exit 5: something could not be undone; says what and how to finish
"""


class TocsinError(Exception):
    """Base of all errors shown to a person; ``exit_code`` is what the process ends with.

    The base's own is EX_SOFTWARE of sysexits(3): 1 to 5 are verdicts.
    """

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class BadInput(TocsinError):  # noqa: N818 - named for what happened
    """A file, an argument or a missing part; nothing was started."""

    exit_code = 2


class MissingProgram(BadInput):
    """A server or tool that is not installed."""


class Blocked(BadInput):
    """Starts are blocked by ``tocsin stop``, by an unfinished undo, or by another run on the same stack."""


class Refused(TocsinError):  # noqa: N818 - named for what happened
    """A command to a running drill that cannot be done, or not now; the drill goes on."""

    exit_code = 2


class StackGone(TocsinError):  # noqa: N818 - named for what happened
    """The very stack that was asked for does not exist any more: whatever was done to it is gone with it."""


class StackNotReady(TocsinError):  # noqa: N818 - named for what happened
    """A service did not become ready in time; everything that had been started was stopped again."""

    exit_code = 4


class Aborted(TocsinError):  # noqa: N818 - named for what happened
    """A person, a signal or a safety limit ended the run."""

    exit_code = 3


class UndoFailed(TocsinError):  # noqa: N818 - named for what happened
    """Something could not be undone; the message says what, and how to finish by hand."""

    exit_code = 5


def describe(error: BaseException) -> str:
    """An error in a few words for a person: the message of one of ours, the kind and message of any other."""
    return error.message if isinstance(error, TocsinError) else f"{type(error).__name__}: {error}"
