"""What compiled libraries write to standard error, but for lines that say nothing to a user.

The converter tells its own settings at every conversion and oneDNN which types it leaves to others, in the middle of a
progress bar; neither can be switched off. All other lines, a crash's last ones too, are passed on.
"""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence

CHATTER = (
    r"fully_quantize: \d+, inference_type: ",  # the converter, at every conversion
    r"[IWE]\d{4} .*\boneDNN\b",  # an operator on integers was left to Eigen; which kernels are used
    r"I\d{4} .*\bport\.cc:\d+\]",
    r"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR",
    r"INFO: Created TensorFlow Lite XNNPACK delegate for CPU",
)
PATIENCE = 2  # seconds for the last lines


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Lines of `CHATTER` that this process or its children write to file descriptor 2 are left out.

    Another process reads them, so that nothing is lost where this one crashes. Python's own sys.stderr goes on to write
    where it did, at once: progress bars don't wait for a line's end.
    """
    command = [sys.executable, "-I", "-S", __file__, *CHATTER]
    sys.stderr.flush()
    terminal, python = os.dup(2), sys.stderr
    # In a session of its own Ctrl-C does not reach it: it ends when nobody can write to it any more.
    reader = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        with open(terminal, "w", buffering=1, encoding=python.encoding, errors="backslashreplace") as direct:
            if _writes_to(python, 2):
                sys.stderr = direct
            os.dup2(reader.stdin.fileno(), 2)
            try:
                yield
            finally:
                sys.stderr.flush()
                sys.stderr = python
                os.dup2(terminal, 2)
    finally:
        reader.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):  # a child that still runs keeps it waiting
            reader.wait(PATIENCE)


def _writes_to(stream, descriptor: int) -> bool:
    try:
        return stream.fileno() == descriptor
    except (AttributeError, OSError, ValueError):  # what a test or a notebook put in its place
        return False


def main(argv: Sequence[str] | None = None) -> int:
    """Passes standard input on to standard error, line by line, but for those that begin like one of the arguments."""
    patterns = sys.argv[1:] if argv is None else argv
    known = re.compile("|".join(f"(?:{one})" for one in patterns).encode())
    for line in sys.stdin.buffer:
        if not known.match(line):
            os.write(2, line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
