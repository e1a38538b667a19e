"""`python -m benchmark probe`: what this machine can do at most, and whether the bounds made from that hold."""

import argparse
import sys
from pathlib import Path

from benchmark.option_types import numbers
from pynet_bokeh.errors import UserError

EXIT_BROKEN = 1


def add(commands) -> None:
    parser = commands.add_parser(
        "probe",
        help="this machine's peaks, and a check of bounds",
        description="Measures matrix products and memory traffic. With --check, holds measured latencies against the "
        "lower bounds that these peaks give; exits 1 when one lies below its bound.",
    )
    parser.add_argument("--threads", type=numbers, help="comma-separated numbers (default: 1 and all cores, at most 4)")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the peaks")
    parser.add_argument("--peaks", type=Path, metavar="FILE.json", help="take them from a file instead of measuring")
    parser.add_argument("--check", type=Path, metavar="RESULTS.json", help="what run --out wrote on this machine")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    parser.set_defaults(command=_probe)


def _probe(arguments: argparse.Namespace) -> int:
    from benchmark import machine, probe, results
    from benchmark.inspect_command import columned, giga
    from pynet_bokeh.files import check_output

    if arguments.threads and arguments.peaks:
        raise UserError("--threads: for measuring; --peaks takes what was measured")
    if arguments.out:
        check_output(arguments.out, force=arguments.force)
    measured = results.read(arguments.check) if arguments.check else None
    if arguments.peaks:
        probed = probe.read(arguments.peaks)
    else:
        wanted = {setting.threads for setting in measured.settings()} if measured else set()
        threads = arguments.threads or {1, min(4, machine.usable_cores())} | wanted
        probed = probe.probe(sorted(threads), announce=lambda text: print(text, file=sys.stderr))
    if arguments.out:
        probe.write(arguments.out, probed)
    columns = ("threads", "float GMAC/s", "int8 GMAC/s", "memory GB/s")
    body = [(str(one.threads), *map(giga, (one.float_macs, one.int8_macs, one.memory_bytes))) for one in probed.peaks]
    print("\n".join(columned([columns, *body])))
    print(f"{probed.machine.cpu}, caches of {probed.cache_bytes / 1e6:.0f} MB")
    return _check(probed, measured) if measured else 0


def _check(probed, measured) -> int:
    from benchmark import probe
    from benchmark.inspect_command import columned
    from benchmark.report import three_digits

    checks = probe.check(probed, measured)
    columns = ("model", "setting", "bound ms", "by", "fastest ms", "median ms", "bound/median", "")
    body = [
        (
            one.model,
            str(one.setting),
            three_digits(one.bound.ms),
            one.bound.limit,
            three_digits(one.fastest_ms),
            three_digits(one.median_ms),
            f"{one.bound.ms / one.median_ms:.0%}",
            "" if one.holds else "BELOW ITS BOUND",
        )
        for one in checks
    ]
    print("\n" + "\n".join(columned([columns, *body], left=(0, 1, 3, 7))))
    broken = [one for one in checks if not one.holds]
    for one in broken:
        print(f"error: {one.model} ({one.setting}): faster than its bound; the peaks are too low", file=sys.stderr)
    if not broken:
        print(f"no latency of {len(checks)} lies below its bound")
    return EXIT_BROKEN if broken else 0
