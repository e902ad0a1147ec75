"""A campaign of many rows goes on within seconds. Nightly: 10^7 rows; 10^5 in the normal run."""
import os
import signal
import subprocess
import time

from harness import NIGHTLY, Folder, command, write
from signals_support import begin
from slurm_support import rows, starts

JOB = """
name: many
seed: 8
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: rastrigin}
sampler: {type: random}
stop: {evaluations: 1000000000}
output: {directory: out, save_every: 20s}
"""
WANTED = int(os.environ.get("UMBRA_ROWS", 10**7 if NIGHTLY else 10**5))
LIMIT = 10.0  # s


def start_time():
    """From the command to the first task."""
    known = len(starts())
    begun = time.time()
    process = subprocess.Popen(command("job.yaml", 2), stdout=subprocess.DEVNULL)
    while len(starts()) == known:
        assert process.poll() is None and time.time() < begun + 20 * LIMIT, "it does not start"
        time.sleep(0.05)
    took = starts()[-1]["start"] - begun
    time.sleep(2.0)
    return took, process


with Folder():
    write("job.yaml", JOB)
    process = begin(command("job.yaml", 2), "out")
    while rows() < WANTED:
        assert process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGUSR1)
    assert process.wait(timeout=120) == 75
    stopped, process = start_time()
    there = rows()
    assert there >= WANTED, there
    process.send_signal(signal.SIGKILL)  # the last rows are in the journal only
    process.wait()
    time.sleep(3.0)
    killed, process = start_time()
    process.send_signal(signal.SIGUSR1)
    assert process.wait(timeout=120) == 75
    print(f"{there} rows: goes on after {stopped:.1f} s where it was stopped, after {killed:.1f} s where it was killed")
    assert max(stopped, killed) < LIMIT
