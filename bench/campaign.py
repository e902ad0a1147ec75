#!/usr/bin/env python3
"""Whole campaigns, from the command line to results.h5: share of the cores' time in the model, 2 ranks over 1, busy share of 64 ranks,
also where simulators crash and hang, and nested sampling to its end on 64 ranks.

    bench/campaign.py build/release/bin/umbra [--pairs 5] [--only cheap,ranks,busy,fickle,nested]

Each figure is the median of so many interleaved runs; the rates are those between first and last dispatch, drains included. Exit code 1 where one
misses its target.
"""
import argparse
import collections
import json
import os
import shutil
import statistics
import subprocess
import tempfile

import h5py

from targets import Targets

FICKLE_POINTS = 64 * 40

SLEEP = """
name: bench
seed: 1
parameters: [{name: x, prior: flat, range: [-5, 5]}, {name: y, prior: flat, range: [-5, 5]}]
model: MODEL
sampler: SAMPLER
stop: {evaluations: EVALUATIONS}
output: {directory: out, save_every: 5s}
"""


def run(umbra, job, ranks, *overrides):
    """Runs a job; returns (points a second between first and last dispatch, busy share)."""
    shutil.rmtree("out", ignore_errors=True)
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    # one core a rank, as a batch system gives it; oversubscribed ranks share all
    placing = ["--bind-to", "core"] if ranks <= os.cpu_count() else ["--oversubscribe", "--bind-to", "none"]
    subprocess.run(["mpirun", "-n", str(ranks), *placing, "--mca", "mpi_yield_when_idle", "1", umbra, "run", job, "--quiet", "output.directory=out", *overrides],
                   check=True, env=environment, stdout=subprocess.DEVNULL)
    with h5py.File("out/results.h5") as f:
        start = f["points/start"][()]
        session = json.loads(f.attrs["sessions"])[-1]
        return len(start) / (start.max() - start.min()), session["busy_s"] / session["span_s"] / ranks


def points():
    """The rows of the last run without what may differ between two runs: who evaluated a point, and when."""
    with h5py.File("out/results.h5") as f:
        return {name: column[()].tobytes() for name, column in f["points"].items() if name not in ("rank", "host", "start", "duration")}


def job(name, model, sampler, evaluations):
    with open(name, "w") as f:
        f.write(SLEEP.replace("MODEL", model).replace("SAMPLER", sampler).replace("EVALUATIONS", str(evaluations)))
    return name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("umbra")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", default="cheap,ranks,busy,fickle,nested")
    options = parser.parse_args()
    umbra = os.path.abspath(options.umbra)
    source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    chosen = options.only.split(",")
    targets = Targets()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if "cheap" in chosen:
            cheap = job("cheap.yaml", "{type: burn, mean: 20us}", "{type: random}", 400000)
            # what the model uses of the cores, whatever else runs there: not the time that evaluations seem to take
            shares = [run(umbra, cheap, 2)[0] * 20e-6 / 2 for _ in range(options.pairs)]
            print(f"model of 20 us, 2 ranks: share of the cores' time in the model {statistics.median(shares):.3f}   {targets.at_least(statistics.median(shares), 0.85)}", flush=True)
        if "ranks" in chosen:
            survey = os.path.join(source, "examples", "pmssm_survey.yaml")
            ratios, rates = [], []
            for _ in range(options.pairs):
                one = run(umbra, survey, 1)[0]
                two = run(umbra, survey, 2)[0]
                ratios.append(two / one)
                rates.append(two)
            print(f"pMSSM scan, 2 ranks over 1: {statistics.median(ratios):.2f}   {targets.at_least(statistics.median(ratios), 1.85)}, {statistics.median(rates):.0f} points/s on 2", flush=True)
        if "busy" in chosen:
            for sampler in ("{type: random}", "{type: differential_evolution, population: 400}", "{type: particle_swarm, look_ahead: 1024}", "{type: genetic, look_ahead: 1024}",
                            "{type: bee_colony, sources: 400}", "{type: grey_wolf, wolves: 400, look_ahead: 1024}"):
                slow = job("slow.yaml", "{type: sleep, mean: 100ms, distribution: log_normal, sigma: 1}", sampler, 64 * 150)
                shares = [run(umbra, slow, 64)[1] for _ in range(max(1, options.pairs // 2))]
                print(f"64 ranks, 100 ms log-normal sigma 1, {sampler}: busy share {statistics.median(shares):.3f}   {targets.at_least(statistics.median(shares), 0.95)}", flush=True)
        if "nested" in chosen:
            # To its end by itself, on 64 real ranks; the speed-up is over one rank without look-ahead, whose evaluations are counted on a model that does not sleep.
            limit, model = 10**7, "{type: normal, sigma: 0.1}"
            for ahead in (64, 512):
                for distribution in ("", "distribution: log_normal, sigma: 1, "):
                    alone = job("alone.yaml", model, "{type: nested, look_ahead: 1}", limit)
                    nested = job("nested.yaml", f"{{type: sleep, mean: 50ms, {distribution}inner: {model}}}", f"{{type: nested, look_ahead: {ahead}}}", limit)
                    run(umbra, alone, 1)
                    with open("out/summary.json") as f:
                        one = json.load(f)
                    rate, share = run(umbra, nested, 64)
                    with open("out/summary.json") as f:
                        many = json.load(f)
                    wall = many["evaluations"] / rate
                    print(f"nested on 64 ranks, look_ahead {ahead}, {distribution or 'constant durations, '}busy share {share:.3f}, {wall:.1f} s for {many['evaluations']} evaluations ({one['evaluations']} on one rank without look-ahead): "
                          f"speed-up {one['evaluations'] * 0.05 / wall:.1f}; ln Z {many['ln_evidence']:.3f} +- {many['ln_evidence_error']:.3f} and {one['ln_evidence']:.3f} +- {one['ln_evidence_error']:.3f}", flush=True)
        if "fickle" in chosen:
            # A tenth of the points crash at once, one in a hundred hangs until a time-out of 12 mean durations.
            library = os.path.join(os.path.dirname(os.path.dirname(umbra)), "lib", "libfickle_model.so")
            fickle = job("fickle.yaml", f"{{type: library, file: {library}, columns: [sum], timeout: 1.2s}}", "{type: random}", FICKLE_POINTS)
            share = run(umbra, fickle, 64)[1]
            on_64 = points()
            run(umbra, fickle, 1)
            same = points() == on_64
            with h5py.File("out/results.h5") as f:
                statuses = collections.Counter(f["points/status"][()].tolist())
            print(f"64 ranks, statuses {dict(statuses)}: busy share {share:.3f}   {targets.at_least(share, 0.95)}, rows of 1 rank {targets.holds(same, 'identical')}", flush=True)
        os.chdir(source)
    targets.exit()


if __name__ == "__main__":
    main()
