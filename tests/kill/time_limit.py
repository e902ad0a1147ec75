"""Allocations of a minute under Slurm, points of 1 s to 20 s: the campaign ends by itself before each limit, and wastes little. Nightly: 20 allocations,
four at a time."""
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import time

from harness import NIGHTLY, Folder, reading, table, write
from campaigns import umbra
from slurm_support import Cluster, skip_without_slurm

JOB = """
name: minute
seed: SEED
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
model: {type: sleep, mean: 5s, distribution: log_normal, sigma: 0.6, inner: {type: rastrigin}}
sampler: {type: random}
stop: {evaluations: 100000}
output: {directory: OUT, save_every: 10s}
"""
RANKS, LIMIT, MEAN = 4, 60.0, 5.0
AT_ONCE = 4

tries = int(os.environ.get("UMBRA_TRIES", 20 if NIGHTLY else 0))
if tries == 0:
    print("SKIPPED: 6 minutes: set UMBRA_NIGHTLY, or UMBRA_TRIES to the number of allocations")
    sys.exit(77)
skip_without_slurm()


def fields(job):
    text = subprocess.run(["scontrol", "show", "job", job], capture_output=True, text=True).stdout
    return dict(re.findall(r"(\w+)=(\S+)", text))


def one_allocation(seed):
    """Returns what was not used, in mean points a rank."""
    out = f"out-{seed}"
    file = write(f"job-{seed}.yaml", JOB.replace("SEED", str(seed)).replace("OUT", out))
    said = umbra("submit", file, "--nodes", "2", "--ntasks-per-node", "2", "--time", "1", "--chain", "1")
    job = re.search(r"job (\d+)", said).group(1)
    begun = end = None
    while True:
        state = fields(job)
        if state["JobState"] == "RUNNING" and begun is None:
            begun = time.mktime(time.strptime(state["StartTime"], "%Y-%m-%dT%H:%M:%S"))
        if state["JobState"] not in ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING"):
            break
        time.sleep(0.2)
    end = time.mktime(time.strptime(state["EndTime"], "%Y-%m-%dT%H:%M:%S"))
    log = "".join(open(f).read() for f in glob.glob(out + "/slurm-*.out"))
    assert state["ExitCode"] == "75:0" and end - begun <= LIMIT, f"{state['JobState']}, exit code {state['ExitCode']} after {end - begun} s: {log}"
    with reading:
        rows = table(out)
    unused = LIMIT * RANKS - (min(rows["start"]) - begun) * RANKS - sum(rows["duration"])
    print(f"ended after {end - begun:.0f} s of {LIMIT:.0f}, unused: {unused / RANKS / MEAN:.2f} mean points a rank", flush=True)
    shutil.rmtree(out)
    return unused / RANKS / MEAN


with Folder():
    with Cluster(2 * AT_ONCE), concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        unused = list(pool.map(one_allocation, range(tries)))
mean = sum(unused) / len(unused)
print(f"unused in the mean: {mean:.2f} mean points a rank")
assert tries < 10 or mean <= 1.1
