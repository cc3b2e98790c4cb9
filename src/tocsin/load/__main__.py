"""The load process: ``python -m tocsin.load --profile FILE --host URL ...``; Locust lives here and nowhere else."""

import sys

from gevent import monkey

monkey.patch_all()

from tocsin.load.runner import main  # noqa: E402 - the standard library must be patched before anything uses it

if __name__ == "__main__":
    sys.exit(main())
