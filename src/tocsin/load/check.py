"""Does a load profile import? ``python -m tocsin.load.check FILE`` tries it, in a process of its own like the load."""

import subprocess
import sys
from pathlib import Path

from tocsin.errors import BadInput

_TIMEOUT = 60.0


def check_imports(profile: Path) -> None:
    """Import a profile as the load process would, without sending anything.

    Raises:
        BadInput: naming file and line of what went wrong.
    """
    command = [sys.executable, "-m", "tocsin.load.check", str(profile)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise BadInput(f"{profile}: importing this load profile took longer than {_TIMEOUT:g} s") from error
    if done.returncode != 0:
        raise BadInput(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"{profile}: does not import")


def _main() -> int:
    from gevent import monkey  # noqa: PLC0415 - only this process may be patched, not whoever calls check_imports

    monkey.patch_all()
    from tocsin.load.kinds import load_profile  # noqa: PLC0415 - after the patching
    from tocsin.load.order import Part  # noqa: PLC0415 - after the patching

    path = Path(sys.argv[1])
    try:
        Part.of(load_profile(path), path)
    except BadInput as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(_main())
