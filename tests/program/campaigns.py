"""What the tests of the program share: running it on ranks, reading its results with h5py, comparing them."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

UMBRA = os.environ["UMBRA_PROGRAM"]
SOURCE = os.environ["UMBRA_SOURCE_DIR"]
# What may differ between two runs of one job: who evaluated a point, and when.
CIRCUMSTANCES = {"rank", "host", "start", "duration"}


class Folder:
    """A folder of its own for a test, removed afterwards unless the test failed with UMBRA_KEEP set."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="umbra-test-")
        os.chdir(self.path)
        return self

    def __exit__(self, error, *_):
        os.chdir("/")
        if error and "UMBRA_KEEP" in os.environ:
            print("kept:", self.path, file=sys.stderr)
            return
        shutil.rmtree(self.path, ignore_errors=True)


def write(name, text):
    with open(name, "w") as f:
        f.write(text)
    return name


def command(job, ranks, *more):
    mpirun = ["mpirun", "-n", str(ranks), "--oversubscribe", "--mca", "mpi_yield_when_idle", "1"] if ranks > 1 else []
    return mpirun + [UMBRA, "run", job, "--quiet", *more]


def umbra(*words, expect=0, timeout=120):
    """Runs the program; returns what it printed on both streams."""
    return check(subprocess.run([UMBRA, *words], capture_output=True, text=True, timeout=timeout), expect)


def run(job, ranks=1, *more, expect=0, timeout=200, env=None):
    return check(subprocess.run(command(job, ranks, *more), capture_output=True, text=True, timeout=timeout, env=env), expect)


def go_on(job, ranks=1, *more, timeout=200):
    """Runs a job again after a kill, once the ranks that outlive mpirun for a moment are gone."""
    until = time.time() + 20
    while True:
        done = subprocess.run(command(job, ranks, *more), capture_output=True, text=True, timeout=timeout)
        if "in use" not in done.stderr or time.time() > until:
            return check(done, 0)
        time.sleep(0.1)


def check(done, expect):
    if done.returncode != expect:
        print(done.stdout, done.stderr, file=sys.stderr)
        raise SystemExit(f"{' '.join(done.args)}: exit code {done.returncode}, expected {expect}")
    return done.stdout + done.stderr


def table(run_directory, name="points"):
    with h5py.File(os.path.join(run_directory, "results.h5"), "r") as f:
        return {c: d[()] for c, d in f[name].items()} if name in f else {}


def assert_same(a, b, what):
    """Two tables hold the same bits, but for the circumstances."""
    assert a.keys() == b.keys(), f"{what}: columns differ: {a.keys() ^ b.keys()}"
    for c in a:
        if c in CIRCUMSTANCES:
            assert len(a[c]) == len(b[c]), f"{what}: {c}: {len(a[c])} and {len(b[c])} rows"
        else:
            assert a[c].tobytes() == b[c].tobytes(), f"{what}: column {c} differs"


def summary(run_directory):
    with open(os.path.join(run_directory, "summary.json")) as f:
        return json.load(f)
