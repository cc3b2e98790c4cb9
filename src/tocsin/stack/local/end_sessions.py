"""Ending database sessions by hand: ``python -m tocsin.stack.local.end_sessions STATE SERVICE MARK...``.

What a person is told to type when sessions that an injection has opened could not be ended by the tool. A session is
found by the named lock that it bears.
"""

import sys
from pathlib import Path

from tocsin.errors import StackGone, TocsinError
from tocsin.stack.composefile import read_compose_file
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.state import read_state
from tocsin.stack.mysql_sessions import end_marked


def main(arguments: list[str]) -> int:
    """End the sessions; 0 when that was done."""
    path, service, marks = Path(arguments[0]), arguments[1], arguments[2:]
    try:
        state = read_state(path)
        if state is None:
            raise StackGone(f"the stack is not running: {path} is gone")
        stack = LocalStack(path, read_compose_file(Path(state.compose)))
        end_marked(stack.address(service), stack.login(service), marks)
    except TocsinError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
