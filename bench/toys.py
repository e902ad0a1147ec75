#!/usr/bin/env python3
"""Whole toys campaigns: 2 ranks over 1, what writing costs beside the toys, and the memory of many toys.

    bench/toys.py build/release/bin/umbra [--pairs 5] [--only ranks,writing,memory] [--toys 1000000]

The published model is found in ../shared/references/histfactory where it is there. "writing" takes the processor time of a whole campaign on one
rank beside that of the toys alone (its busy time); "memory" the largest resident size of a rank, and the time of the final merge.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

import h5py

from targets import Targets

COUNTING = """
name: counting
seed: 1
workflow: toys
model: {type: counting, signal: 6, background: 4, observed: 11}
discovery: true
block: 1000
stop: {toys: 1000000}
output: {directory: out, save_every: 5s}
"""
HISTFACTORY = """
name: histfactory
seed: 1
workflow: toys
model: {type: histfactory, workspace: WORKSPACE}
hypotheses: [1]
stop: {toys: TOYS}
output: {directory: out, save_every: 5s}
"""


def run(umbra, job, ranks, *overrides):
    """Runs a job; returns (toys a second between first and last dispatch, busy time, span, wall time and processor time of all)."""
    shutil.rmtree("out", ignore_errors=True)
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    subprocess.run(["mpirun", "-n", str(ranks), "--bind-to", "core", "--mca", "mpi_yield_when_idle", "1", umbra, "run", job, "--quiet", "output.directory=out", *overrides],
                   check=True, env=environment, stdout=subprocess.DEVNULL)
    wall, after = time.time() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with h5py.File("out/results.h5") as f:
        rows = len(f["toys/id"])
        session = json.loads(f.attrs["sessions"])[-1]
    return {"rate": rows / session["span_s"], "rows": rows, "busy": session["busy_s"], "span": session["span_s"], "wall": wall, "spent": spent}


def bare_write(megabytes=1000):
    """Bytes a second of writing and syncing a file, in pieces as a segment's."""
    block = os.urandom(1 << 20) * 8
    begun = time.time()
    with open("bare", "wb", buffering=0) as f:
        for _ in range(megabytes // 8):
            f.write(block)
        os.fsync(f.fileno())
    spent = time.time() - begun
    os.remove("bare")
    return megabytes // 8 * len(block) / spent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("umbra")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", default="ranks,writing,memory")
    parser.add_argument("--toys", type=int, default=1000000)
    options = parser.parse_args()
    umbra = os.path.abspath(options.umbra)
    source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    shared = os.path.join(source, "..", "shared", "references", "histfactory")
    chosen = options.only.split(",")
    targets = Targets()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)

        def job(name, text, **words):
            for word, value in words.items():
                text = text.replace(word.upper(), str(value))
            with open(name, "w") as f:
                f.write(text)
            return name

        two_bins = job("two.yaml", HISTFACTORY, workspace=os.path.join(shared, "shapesys_two_bin.json"), toys=1000000)
        patch = os.path.join(shared, "published", "sbottom_B_patch_1400_550_60.json")
        sbottom = job("sbottom.yaml", HISTFACTORY, workspace=os.path.join(shared, "published", "sbottom_B_background.json") + f", patch: {patch}", toys=40000)
        counting = job("counting.yaml", COUNTING)
        if "ranks" in chosen and os.path.exists(shared):
            for name, file in (("two bins", two_bins), ("sbottom B", sbottom)):
                ratios, rates = [], []
                for _ in range(options.pairs):
                    one, two = run(umbra, file, 1), run(umbra, file, 2)
                    ratios.append(two["rate"] / one["rate"])
                    rates.append(two["rate"])
                print(f"{name}, 2 ranks over 1: {statistics.median(ratios):.2f}   {targets.at_least(statistics.median(ratios), 1.9)}, {statistics.median(rates):.0f} tests/s on 2", flush=True)
        if "writing" in chosen:
            for name, file in (("counting", counting), ("two bins", two_bins), ("sbottom B", sbottom)):
                if file is not counting and not os.path.exists(shared):
                    continue
                runs = [run(umbra, file, 1) for _ in range(options.pairs)]
                share = statistics.median((r["span"] - r["busy"]) / r["span"] for r in runs)
                merge = statistics.median((r["wall"] - r["span"]) / r["wall"] for r in runs)
                r = runs[-1]
                print(f"{name}: {1e6 * r['busy'] / r['rows']:.2f} us a row; between first and last dispatch {100 * share:.1f} % of the time is not the toys'; "
                      f"start, merge and end are {100 * merge:.1f} % of {r['wall']:.2f} s; {r['rows'] * 13 * 8 / r['wall'] / 1e6:.0f} MB/s of rows in all", flush=True)
            print(f"bare writing: {bare_write() / 1e6:.0f} MB/s", flush=True)
        if "memory" in chosen:
            r = run(umbra, counting, 1, f"stop.toys={options.toys}")
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            print(f"{options.toys} toys of a counting model: {peak / 1024:.0f} MB in the largest process, {r['wall']:.1f} s, {os.path.getsize('out/results.h5') / 1e9:.2f} GB", flush=True)
    targets.exit()


if __name__ == "__main__":
    main()
