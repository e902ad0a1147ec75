"""The memory of a rank does not grow with the campaign. Ten times the points, the same peak: of a start that adds one point and merges all of them,
and, where UMBRA_NIGHTLY is set, of a campaign of 10^7 rows from its first point to its result."""
import os
import shutil
import subprocess

import h5py
import numpy

from campaigns import UMBRA, Folder, run, write

JOB = """
name: memory
parameters:
PARAMETERS
model: MODEL
sampler: {type: random}
stop: {evaluations: 100000}
output: {directory: out, save_every: 1s}
"""
# Windows of the merge, and rows that wait for the next drain (more of them where the disk is slow). A row has 230 bytes.
SLACK_MB = 100
NIGHTLY_SLACK_MB = 500


def job(model):
    return write("memory.yaml", JOB.replace("MODEL", model).replace("PARAMETERS", "\n".join(f"  - {{name: x{i}, range: [-5, 5]}}" for i in range(10))))


def peak_mb(points):
    """Runs the job on one rank; returns the largest resident size."""
    command = [UMBRA, "run", "memory.yaml", "--quiet", f"stop.evaluations={points}"]
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return used.ru_maxrss / 1024


def assert_complete(points):
    with h5py.File("out/results.h5") as f:
        ids = f["points/id"]
        assert len(ids) == points
        for first in range(0, points, 1_000_000):
            assert (ids[first:first + 1_000_000] == numpy.arange(first, min(first + 1_000_000, points))).all()


with Folder():
    job("{type: normal}")
    peaks = []
    for points in (100_000, 1_000_000):
        run("memory.yaml", 1, f"stop.evaluations={points}")
        peaks.append(peak_mb(points + 1))
        assert_complete(points + 1)
    print("one more point, merged with 100,000 and with 1,000,000: {:.0f} MB and {:.0f} MB".format(*peaks))
    assert peaks[1] < peaks[0] + SLACK_MB, peaks
    shutil.rmtree("out")

    if "UMBRA_NIGHTLY" in os.environ:
        job("{type: burn, mean: 30us}")  # so that the disk keeps up
        peaks = [peak_mb(100_000), peak_mb(10_000_000)]
        assert_complete(10_000_000)
        print("100,000 points and 10,000,000: {:.0f} MB and {:.0f} MB".format(*peaks))
        assert peaks[1] < peaks[0] + NIGHTLY_SLACK_MB, peaks
