"""Starting replicas again by hand: ``python -m tocsin.stack.local.again STATE SERVICE NUMBER...``.

What a person is told to type when a replica that an injection has killed could not be started again by the tool.
"""

import sys
from pathlib import Path

from tocsin.errors import StackGone, TocsinError
from tocsin.stack.composefile import read_compose_file
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.state import read_state


def main(arguments: list[str]) -> int:
    """Start the replicas of one service again; 0 when they are ready."""
    path, service, numbers = Path(arguments[0]), arguments[1], [int(word) for word in arguments[2:]]
    try:
        state = read_state(path)
        if state is None:
            raise StackGone(f"the stack is not running: {path} is gone")
        LocalStack(path, read_compose_file(Path(state.compose))).restart(service, numbers)
    except TocsinError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
