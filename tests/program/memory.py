"""The memory of a rank does not grow with the campaign: ten times the points, the same peak. With 10^7 rows where UMBRA_NIGHTLY is set."""
import os
import subprocess

import h5py
import numpy

from campaigns import UMBRA, Folder, write

JOB = """
name: memory
parameters:
PARAMETERS
model: {type: normal}
sampler: {type: random}
stop: {evaluations: 1}
output: {directory: out, save_every: 1s}
"""
# What may come and go: blocks of rows that wait for the next drain (more of them where the disk is slow), the windows of the merge. All rows would be 230 and 2300 MB.
SLACK_MB = {1_000_000: 200, 10_000_000: 700}


def peak_mb(points, directory):
    """Runs the job on one rank; returns the largest resident size."""
    command = [UMBRA, "run", "memory.yaml", "--quiet", f"stop.evaluations={points}", f"output.directory={directory}"]
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return used.ru_maxrss / 1024


with Folder():
    write("memory.yaml", JOB.replace("PARAMETERS", "\n".join(f"  - {{name: x{i}, range: [-5, 5]}}" for i in range(10))))
    short = peak_mb(100_000, "short")
    for points in SLACK_MB if "UMBRA_NIGHTLY" in os.environ else [1_000_000]:
        long = peak_mb(points, "long")
        print(f"{short:.0f} MB for 100,000 points, {long:.0f} MB for {points}")
        assert long < short + SLACK_MB[points], (short, long)
        with h5py.File("long/results.h5") as f:
            ids = f["points/id"]
            assert len(ids) == points
            for first in range(0, points, 1_000_000):
                assert (ids[first:first + 1_000_000] == numpy.arange(first, first + 1_000_000)).all()
        subprocess.run(["rm", "-r", "long"], check=True)
