"""Runs the local AWS in this process: the mends, then ministack's own main.

Started by `emulator.Emulator`, which holds the other end of this process' standard input: when
that ends, the parent is gone (also by kill -9), and this process stops as on SIGTERM.
"""

import os
import signal
import sys
import threading

from ministack import app

from photo_tagger_local.aws import mends


def _stop_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve until told to stop; a ministack that the mends do not fit ends it with a sentence."""
    try:
        mends.apply()
    except mends.MendError as error:
        sys.exit(str(error))
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    app.main()


if __name__ == "__main__":
    main()
