#!/usr/bin/env python3
"""What choosing points by a committee saves: gain = N_random / N_active at equal accuracy, start points counted in both.

    bench/learning_gain.py build/release/bin/umbra exclusion/forest [--repetitions 5] [--directory gains] [--fresh]

A repetition is two campaigns of one seed, so that both meet the same test set, drawn from the prior: N_random points drawn from the prior, whose committee sets the
accuracy; and a learning loop, which reaches it with N_active points: from there on its curve stays above (interpolated between steps). The committee is the same.
Each repetition that is finished leaves a file in the directory and is not run again, unless the case has changed or --fresh is given. Exit code 1 where the median gain is below the case's target.

The gain in wall-clock time on one core, for simulators of several speeds, is (N_random x t + T_random) / (N_active x t + T_active), where T is the processor time of the
campaign: all training, scoring and testing (of the learning loop up to its end, beyond N_active). The embedded pMSSM takes 4 us a point, which is counted in T.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys

import h5py

JOB = """
name: gain
seed: {seed}
workflow: learn
preset: pmssm19
model: {{type: pmssm}}
constraints: [{{include: {set}}}]
target: {{class: "log_likelihood > -4"}}
committee: {committee}
start: {{sampler: random, evaluations: {start}}}
query: {query}
test: {{evaluations: {test}}}
stop: {{evaluations: {stop}}}
output: {{directory: {directory}, save_every: 600s}}
"""

CASES = {
    "exclusion/forest": dict(set="exclusion", quantity="accuracy", committee="{type: forest, trees: 200}", random=100000, start=4000, end=20000, test=20000, target=5,
                             query="{candidates: 50000, score: margin, batch: 1000, lag: 1}"),
    "exclusion_rare/forest": dict(set="exclusion_rare", quantity="precision_recall", committee="{type: forest, trees: 100}", random=100000, start=10000, end=30000, test=60000,
                                  target=3, query="{candidates: 50000, score: margin, batch: 2000, lag: 1}"),
    "exclusion/dropout": dict(set="exclusion", quantity="accuracy", committee="{type: dropout, networks: 4, epochs: 100, weight_decay: 0.01}", random=100000, start=4000, end=37000,
                              test=100000, target=3, query="{candidates: 30000, score: margin, batch: 3000, lag: 1, choice: power, power: 2}"),
    "exclusion/forest/short": dict(set="exclusion", quantity="accuracy", committee="{type: forest, trees: 60}", random=20000, start=2000, end=8000, test=10000, target=2,
                                   query="{candidates: 20000, score: margin, batch: 500, lag: 1}"),
}
SIMULATORS = (0.01, 1.0, 10.0)  # seconds a point


def campaign(umbra, case, seed, directory, start, stop):
    """Runs one; returns (curve as [(points, quality)], processor time in s)."""
    job = directory + ".yaml"
    with open(job, "w") as f:
        f.write(JOB.format(seed=seed, directory=directory, start=start, stop=stop, **{k: case[k] for k in ("set", "committee", "query", "test")}))
    process = subprocess.Popen([umbra, "run", job, "--fresh", "--quiet"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{job} ended with status {status}")
    with h5py.File(directory + "/results.h5") as f:
        return list(zip(f["learning/evaluations"][()].tolist(), f["learning"][case["quantity"]][()].tolist())), usage.ru_utime + usage.ru_stime


def reach(curve, level):
    """Points from which on a curve stays at or above a level, between steps by a straight line; None where it does not."""
    first = len(curve)
    while first > 0 and curve[first - 1][1] >= level:
        first -= 1
    if first == len(curve):
        return None
    if first == 0:
        return curve[0][0]
    (n0, q0), (n1, q1) = curve[first - 1], curve[first]
    return n0 + (level - q0) / (q1 - q0) * (n1 - n0)


def repetition(umbra, case, seed, directory):
    """Reads a finished one, or runs it."""
    done = f"{directory}/{seed}.json"
    if not os.path.exists(done) or json.load(open(done))["case"] != case:
        random, random_s = campaign(umbra, case, seed, f"{directory}/random-{seed}", case["random"], case["random"])
        active, active_s = campaign(umbra, case, seed, f"{directory}/active-{seed}", case["start"], case["end"])
        with open(done + ".part", "w") as f:
            json.dump(dict(case=case, seed=seed, level=random[-1][1], needed=reach(active, random[-1][1]), random_s=random_s, active_s=active_s, active=active), f)
        os.rename(done + ".part", done)
    with open(done) as f:
        return json.load(f)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("umbra")
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--directory", default="gains")
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    case, name = CASES[options.case], options.case.replace("/", "-")
    directory = os.path.abspath(f"{options.directory}/{name}")
    if options.fresh:
        shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory, exist_ok=True)
    print(f"{options.case}: committee {case['committee']}, query {case['query']}, start {case['start']}")
    gains = []
    for seed in range(1, options.repetitions + 1):
        r = repetition(os.path.abspath(options.umbra), case, seed, directory)
        gain = case["random"] / r["needed"] if r["needed"] else 0.0
        gains.append(gain)
        if not r["needed"]:
            print(f"seed {seed}: {case['quantity']} {r['level']:.4f} with {case['random']} random points was not reached with {case['end']} chosen ones ({r['active'][-1][1]:.4f})", flush=True)
            continue
        times = ", ".join(f"{(case['random'] * t + r['random_s']) / (r['needed'] * t + r['active_s']):.2f} at {t:g} s a point" for t in SIMULATORS)
        print(f"seed {seed}: {case['quantity']} {r['level']:.4f} with {case['random']} random points or {r['needed']:.0f} chosen ones: gain {gain:.2f}; "
              f"in time {times} (learning took {r['random_s']:.0f} s and {r['active_s']:.0f} s)", flush=True)
    median = statistics.median(gains)
    print(f"median gain {median:.2f} of {len(gains)} repetitions, smallest {min(gains):.2f}, largest {max(gains):.2f}; target {case['target']}")
    return 0 if median >= case["target"] else 1


if __name__ == "__main__":
    sys.exit(main())
