"""`python -m benchmark inspect MODEL`: what a model costs wherever it runs, from its file."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from pynet_bokeh import cli, tflite_files

SHOWN = 15
SHOWN_TENSORS = 4
SHOWN_TRAPS = 5


def add(commands) -> None:
    parser = commands.add_parser(
        "inspect",
        help="what a model costs, read from its file",
        description="Per operator: multiply-accumulates, bytes moved, size of what it makes; the peak-memory moment; "
        "what XNNPACK takes of it; large lists of pointers with their layers. Nothing is run.",
    )
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL", help="a .tflite file, or a folder of them")
    parser.add_argument("--all", action="store_true", help=f"all operators in order, not the {SHOWN} costliest")
    parser.add_argument("--json", type=Path, metavar="FILE.json", help="write everything, model by model")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    parser.set_defaults(command=_inspect)


def _inspect(arguments: argparse.Namespace) -> int:
    from benchmark.host import HostExecutor
    from benchmark.inspection import inspect
    from benchmark.records import to_json
    from pynet_bokeh.files import check_output, write_json

    if arguments.json:
        check_output(arguments.json, force=arguments.force)
    records, failed = [], []

    def ask(path: Path):
        return inspect(path), HostExecutor().partition(path)

    for _, (found, part) in cli.each(tflite_files.find(arguments.models), ask, failed):
        print(("\n" if records else "") + "\n".join(lines(found, part, everything=arguments.all)))
        totals = {"macs": found.macs, "bytes_moved": found.bytes_moved, "xnnpack_bytes": found.xnnpack_bytes}
        records.append({**to_json(found), **totals, "delegation": to_json(part)})
    if arguments.json and records:
        write_json(arguments.json, {"format": "pynet-bokeh inspection", "models": records})
    return cli.EXIT_BAD_INPUT if failed else 0


def lines(found, part, *, everything: bool = False) -> Iterator[str]:
    """An `Inspection` and its `Delegation` as text."""
    peak = found.peak
    yield f"{found.path}: {len(found.operators)} operators, {giga(found.macs)} GMAC, file {mega(found.file_bytes)} MB"
    if found.subgraphs > 1:
        yield f"it has {found.subgraphs} subgraphs (loops or conditions); only the main one is counted"
    yield (
        f"weights {mega(found.weights_bytes)} MB, inputs and outputs {mega(found.edges_bytes)} MB, "
        f"{mega(found.bytes_moved)} MB moved if nothing is fused, {found.share_int8:.0%} of the MACs with 8-bit weights"
    )
    yield f"activations peak at {mega(peak.bytes)} MB, at operator {peak.operator} ({peak.kind} {peak.layer}):"
    for tensor in peak.tensors[:SHOWN_TENSORS]:
        shape, name = "×".join(map(str, tensor.shape)), tensor.name.split(";")[0]
        yield f"    {mega(tensor.bytes):>6} MB  {shape} {tensor.dtype}  {name}"
    if rest := peak.tensors[SHOWN_TENSORS:]:
        yield f"    {mega(sum(tensor.bytes for tensor in rest)):>6} MB  {len(rest)} more"
    yield (
        f"memory under XNNPACK, estimated: {mega(found.xnnpack_bytes)} MB "
        f"(weights twice, activations, {mega(found.indirection_bytes)} MB of pointer lists)"
    )
    yield partition_line(part)
    for trap in found.traps()[:SHOWN_TRAPS]:
        window = f"{trap.kind} {trap.kernel[0]}×{trap.kernel[1]}" if trap.kernel != (1, 1) else trap.kind
        yield (
            f"memory trap: {trap.layer}, {window} at {trap.output[1]}×{trap.output[2]}, needs "
            f"{mega(trap.indirection_bytes)} MB of pointers under XNNPACK; {_advice(trap)}"
        )
    if rest := found.traps()[SHOWN_TRAPS:]:
        yield f"memory trap: {len(rest)} more, {mega(sum(trap.indirection_bytes for trap in rest))} MB together"
    yield ""
    yield from _table(found, everything)


def partition_line(part) -> str:
    left = ", ".join(f"{count} {name}" for name, count in part.left.items())
    if part.whole:
        return f"XNNPACK takes all {part.nodes} operators, in one piece"
    if part.partitions == 0:
        return f"XNNPACK takes none of {part.nodes} operators ({left})"
    return (
        f"XNNPACK takes {part.delegated} of {part.nodes} operators in {part.partitions} piece"
        f"{'s' if part.partitions > 1 else ''}" + (f"; left: {left}" if left else "")
    )


def _advice(trap) -> str:
    if trap.kind == "RESIZE_BILINEAR":
        return "enlarge once, at the end"
    if trap.kernel == (3, 3):
        return "compute at half the resolution"
    return "use small kernels, or a lower resolution"


def _table(found, everything: bool) -> Iterator[str]:
    costs = found.operators
    if not everything:
        costs = sorted(costs, key=lambda cost: (-cost.macs, -cost.bytes_moved))[:SHOWN]
    columns = ("#", "operator", "layer", "output", "kernel", "MMAC", "moved MB", "made MB")
    body = [
        (
            str(cost.index),
            cost.kind,
            cost.layer,
            "×".join(map(str, cost.output)),
            "×".join(map(str, cost.kernel)) if cost.kernel != (1, 1) else "",
            f"{cost.macs / 1e6:.1f}" if cost.macs else "",
            mega(cost.bytes_moved),
            mega(cost.output_bytes),
        )
        for cost in costs
    ]
    yield from columned([columns, *body], left=(1, 2))
    if len(costs) < len(found.operators):
        yield f"the {len(costs)} of {len(found.operators)} operators with the most MACs; --all shows all"


def columned(rows: Sequence[Sequence[str]], *, left: Sequence[int] = ()) -> Iterator[str]:
    """Rows as aligned text, a rule below the first."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(w) if i in left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("─" * width for width in widths).rstrip()


def mega(count: float) -> str:
    """Bytes as MB, to three digits."""
    from benchmark.report import three_digits

    return three_digits(count / 1e6) if count else "0"


def giga(count: float) -> str:
    """A count in units of 10^9."""
    from benchmark.report import three_digits

    return three_digits(count / 1e9) if count else "0"
