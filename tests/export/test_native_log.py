"""Lines of compiled libraries between those of Python, as a terminal gets them."""

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SETTINGS = r"fully_quantize: 0, inference_type: 6, input_inference_type: UINT8, output_inference_type: UINT8\n"
ONEDNN = r"E0000 00:00:1795392847.736317   28067 util.cc:131] oneDNN supports DT_INT32 only on platforms with AVX.\n"


def said(*lines):
    """Return code and standard error of a process of `lines` within the context."""
    code = ["import os, sys", "from export.native_log import without_chatter", "with without_chatter():"]
    code += [f"    {line}" for line in lines]
    code += ["os.write(2, b'fully_quantize: 1, inference_type: after')"]
    done = subprocess.run([sys.executable, "-c", "\n".join(code)], cwd=ROOT, capture_output=True, check=False)
    return done.returncode, done.stderr.decode()


def test_known_lines_are_left_out_and_others_passed_on():
    code, err = said(
        f"os.write(2, b'{SETTINGS}{ONEDNN}')",
        "os.write(2, b'E0000 00:00:1.5 28067 graph.cc:1] no kernel\\n')",
        f"os.system('printf \"{SETTINGS}a child\\n\" >&2')",
    )
    assert (code, err) == (
        0,
        "E0000 00:00:1.5 28067 graph.cc:1] no kernel\na child\nfully_quantize: 1, inference_type: after",
    )


def test_a_progress_bar_stays_whole():
    """Python's own text is neither held back nor cut."""
    code, err = said(
        "print('50 %', end='\\r', file=sys.stderr)", f"os.write(2, b'{SETTINGS}')", "sys.stderr.write('100 %')"
    )
    assert (code, err) == (0, "50 %\r100 %fully_quantize: 1, inference_type: after")


def test_the_last_words_of_a_crash_are_passed_on():
    code, err = said(f"os.write(2, b'{SETTINGS}F0000 check failed: half a li')", "os.abort()")
    assert (code, err) == (-signal.SIGABRT, "F0000 check failed: half a li")


def test_an_error_leaves_standard_error_as_it_was():
    code, err = said("raise ValueError('wrong')")
    assert code == 1
    assert err.endswith("ValueError: wrong\n")
