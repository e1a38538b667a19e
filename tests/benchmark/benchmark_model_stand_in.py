"""Stands in for the official benchmark_model, which no package here has: runs the model with LiteRT and prints what the
official one prints, in its form with percentiles."""

import argparse
import resource
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def stat(times):
    one = f"count={len(times)} first={times[0]} curr={times[-1]} min={min(times)} max={max(times)}"
    low, median, high = (int(np.percentile(times, q, method="nearest")) for q in (5, 50, 95))
    return f"{one} avg={np.mean(times):.6g} std={int(np.std(times))} p5={low} median={median} p95={high}"


def main():
    parser = argparse.ArgumentParser()
    for name in ("graph", "use_xnnpack", "use_gpu"):
        parser.add_argument(f"--{name}")
    for name in ("num_threads", "num_runs", "warmup_runs"):
        parser.add_argument(f"--{name}", type=int)
    for name in ("min_secs", "max_secs", "warmup_min_secs"):
        parser.add_argument(f"--{name}", type=float, default=60.0)
    options = parser.parse_args()
    print("INFO: STARTING!")
    print(f"INFO: Graph: [{options.graph}]")
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    resolver = (
        OpResolverType.AUTO if options.use_xnnpack == "true" else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    try:
        interpreter = Interpreter(
            options.graph, num_threads=options.num_threads, experimental_op_resolver_type=resolver
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        print(f"ERROR: {str(error).splitlines()[0]}")
        print("ERROR: Benchmarking failed.")
        return 1
    initialisation = int((time.perf_counter() - start) * 1e6)
    print(f"INFO: Initialized session in {initialisation / 1000}ms.")

    def run(least, seconds):
        print(f"INFO: Running benchmark for at least {least} iterations and at least {seconds:g} seconds", flush=True)
        times, began = [], time.perf_counter()
        while len(times) < least or time.perf_counter() - began < seconds:
            start = time.perf_counter()
            interpreter.invoke()
            times.append(max(1, int((time.perf_counter() - start) * 1e6)))
        print(f"INFO: {stat(times)}\n")
        return times

    warm_up = run(options.warmup_runs, options.warmup_min_secs)
    times = run(options.num_runs, options.min_secs)
    print(
        f"INFO: Inference timings in us: Init: {initialisation}, First inference: {warm_up[0]}, "
        f"Warmup (avg): {np.mean(warm_up):.6g}, Inference (avg): {np.mean(times):.6g}"
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"INFO: Memory footprint delta from the start of the tool (MB): init={grown:.6g} overall={grown:.6g}")
    return 0


sys.exit(main())
