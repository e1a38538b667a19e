"""`python -m export check-gpu`, `check-arm` and `fetch-emulators`."""

import argparse
import sys
from pathlib import Path

from pynet_bokeh import cli, tflite_files

EXIT_FAILED = 1
EXIT_SKIPPED = 3


def add(commands) -> None:
    """Adds the three commands to the parser's subparsers."""
    gpu = commands.add_parser(
        "check-gpu",
        help=f"compile .tflite files for LiteRT's GPU accelerator; {EXIT_SKIPPED} when that was skipped",
        description="Names what phone GPUs reject, looks how near real pictures come to fp16's largest number, "
        "compiles the graph for LiteRT's GPU accelerator and compares with the CPU. LiteRT gives a GPU two minutes for "
        "a picture, most of which software Vulkan needs at 256x256: export that size for this check, the operators are "
        "the same.",
    )
    gpu.add_argument("models", nargs="+", type=Path, metavar="FILE", help="or folders of them")
    gpu.add_argument("--seconds", type=cli.positive, default=400, metavar="N", help="for each run (default 400)")
    gpu.set_defaults(command=_check_gpu)

    arm = commands.add_parser(
        "check-arm", help=f"run .tflite files on ARM64 and compare; {EXIT_SKIPPED} when that was skipped"
    )
    arm.add_argument("models", nargs="+", type=Path, metavar="FILE", help="or folders of them")
    arm.add_argument("--cpu", metavar="NAME[,NAME]", help="qemu's names (default cortex-a53,cortex-a76,cortex-a710)")
    arm.set_defaults(command=_check_arm)

    emulators = commands.add_parser(
        "fetch-emulators", help="software Vulkan, qemu and Python for ARM64 into ~/.cache/pynet_bokeh (800 MB)"
    )
    emulators.set_defaults(command=_fetch_emulators)


def _check_gpu(arguments: argparse.Namespace) -> int:
    from export import check_gpu  # numpy and OpenCV: not for --help

    failed = skipped = False
    unchecked: list[Path] = []
    models = tflite_files.find(arguments.models)
    for model, found in cli.each(models, lambda model: check_gpu.check(model, seconds=arguments.seconds), unchecked):
        half = found.half
        print(f"{model}: {found.operators} operators, {len(found.rejected)} of them known to be rejected by phone GPUs")
        print(f"  largest value {half.largest:.3g} ({half.largest_layer}); fp16 ends at 65504")
        if half.largest_sum_layer:
            print(f"  largest sum {half.largest_sum:.3g} ({half.largest_sum_layer})")
        if found.compiled is not None:
            print(f"  LiteRT's GPU accelerator {'takes the whole graph' if found.compiled else 'refuses the graph'}")
        for where, decibels in found.agreement.items():
            print(f"  {_PRECISION[where]}: {decibels:.1f} dB to the CPU's picture")
        for risk in half.risks:
            print(f"  risk: {risk}")
        for line in found.failures:
            print(f"  FAILED: {line}")
        for line in found.skipped:
            print(f"SKIPPED: {model}: {line}", file=sys.stderr)
        failed, skipped = failed or bool(found.failures), skipped or bool(found.skipped)
    if unchecked:
        return cli.EXIT_BAD_INPUT
    return EXIT_FAILED if failed else EXIT_SKIPPED if skipped else 0


_PRECISION = {"gpu_f32": "GPU in float32", "gpu": "GPU in fp16"}


def _check_arm(arguments: argparse.Namespace) -> int:
    from export import check_arm

    cpus = check_arm.CPUS if arguments.cpu is None else tuple(arguments.cpu.split(","))
    models = tflite_files.find(arguments.models)
    if reason := check_arm.missing():
        print(f"SKIPPED: {', '.join(map(str, models))}: {reason}", file=sys.stderr)
        return EXIT_SKIPPED
    failed = False
    unchecked: list[Path] = []
    for _, differences in cli.each(models, lambda model: check_arm.check(model, cpus=cpus), unchecked):
        for one in differences:
            if one.worst == 0:
                said = "bit for bit the same"
            elif one.steps:
                said = f"up to {one.worst:.0f} of 255 steps apart, {one.share:.2%} of the values differ"
                said += f", {one.allowed:.0f} allowed" if one.allowed else ""
            else:
                said = f"at most {one.worst:.2g} apart, {one.allowed:g} allowed"
            print(f"  {'' if one.fits else 'FAILED: '}{one.cpu}: {one.output} {said}")
            failed = failed or not one.fits
    if unchecked:
        return cli.EXIT_BAD_INPUT
    return EXIT_FAILED if failed else 0


def _fetch_emulators(arguments: argparse.Namespace) -> int:
    from export import debian

    debian.fetch()
    return 0
