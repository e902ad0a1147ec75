"""Kills campaigns and looks at what is left: processes of a campaign, when to strike, and what must hold after every kill.

The model (witness.c) leaves a line for each point that it has finished, in a file that outlives any kill. So it is known, from outside of what is
tested, which points were finished more than a second before a kill: none of those may ever be evaluated again.
"""
import collections
import glob
import os
import random
import signal
import subprocess
import sys
import time

import h5py

sys.path.insert(0, os.path.join(os.environ["UMBRA_SOURCE_DIR"], "tests", "program"))
from campaigns import Folder, assert_same, command, run, table, write  # noqa: E402

WITNESS = os.environ["UMBRA_WITNESS_LIBRARY"]
NIGHTLY = "UMBRA_NIGHTLY" in os.environ
SAFE_AFTER = 1.0  # s: what was finished longer ago is never lost
# Files that are there while something is being written.
SIGNS = {"any": "", "drain": "segments/*.tmp", "checkpoint": "checkpoint.next", "refresh": "results.h5.tmp", "merge": "results.h5.merge"}


def descendants(pid):
    """Ids of all processes below one, the deepest last."""
    children = collections.defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as f:
                    children[int(f.read().rpartition(")")[2].split()[1])].append(int(entry))
            except (OSError, IndexError):
                pass
    found = []
    ahead = [pid]
    while ahead:
        below = children[ahead.pop()]
        found += below
        ahead += below
    return found


def name(pid):
    try:
        with open(f"/proc/{pid}/comm") as f:
            return f.read().strip()
    except OSError:
        return ""


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Start:
    """One start of a campaign, to be killed."""

    def __init__(self, job, run_directory, ranks, delay=0.0, more=()):
        environment = dict(os.environ, UMBRA_WITNESS=os.path.abspath(run_directory + ".witness"), UMBRA_WITNESS_DELAY=str(delay))
        self.directory = run_directory
        self.log = open("killed.log", "w")
        self.process = subprocess.Popen(command(job, ranks, "output.directory=" + run_directory, *more), stdout=self.log, stderr=self.log, env=environment, start_new_session=True)
        self.begun = time.time()

    def over(self):
        return self.process.poll() is not None

    def ranks(self):
        below = descendants(self.process.pid)
        if name(self.process.pid) == "umbra":
            below.append(self.process.pid)
        return [p for p in below if name(p) == "umbra"]

    def simulators(self):
        return [p for p in descendants(self.process.pid) if name(p) == "umbra-host"]

    def wait_until(self, instant, chance):
        """Waits for an instant to strike, "any" or one of SIGNS. False where the campaign ends before."""
        end = self.begun + (chance.uniform(0.1, 1.4) if instant == "any" else 20.0)
        while time.time() < end:
            if self.over():
                return False
            if instant != "any" and any(self.is_new(f) for f in glob.glob(os.path.join(self.directory, SIGNS[instant]))):
                time.sleep(chance.choice((0.0, chance.uniform(0, 0.004), chance.uniform(0, 0.04))))
                return True
            time.sleep(0.0003 if instant != "any" else 0.005)
        return True

    def is_new(self, file):
        try:
            return os.stat(file).st_mtime > self.begun
        except OSError:
            return False

    def kill(self, whom, chance):
        """Kills "one" rank or all of them, and waits until nothing of the campaign is left. Returns when that began and when it was over."""
        below = descendants(self.process.pid)
        ranks = self.ranks()
        now = time.time()
        if whom == "one" and ranks:  # the others may go on until mpirun ends them
            kill(chance.choice(ranks))
        else:
            for p in ranks:
                kill(p)
            kill(self.process.pid)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            raise AssertionError("the death of one rank does not end the campaign")
        end = time.time() + 20
        while any(alive(p) for p in below):
            if time.time() > end:
                raise AssertionError(f"processes outlive their campaign: {[(p, name(p)) for p in below if alive(p)]}")
            time.sleep(0.005)
        self.log.close()
        return now, time.time()


    def kill_simulator(self, chance):
        """Kills a simulator that has answered, if there is one: its point is asked again of a fresh one. Returns when that was, or nothing."""
        time.sleep(chance.uniform(0.0, 0.3))
        old = [p for p in self.simulators() if time.time() - os.stat(f"/proc/{p}").st_mtime > 0.1] if not self.over() else []
        if not old:
            return []
        now = time.time()
        kill(chance.choice(old))
        return [(now, now + 1.0)]


def finished(run_directory):
    """{seed of a point: when it was finished, each time} of the witness."""
    times = collections.defaultdict(list)
    with open(run_directory + ".witness") as f:
        for line in f:
            seed, when = line.split()
            times[seed].append(float(when))
    return times


def check_nothing_lost(run_directory, kills):
    """No point that was finished more than a second before a kill has been evaluated after it. Returns how many were made again."""
    again = 0
    for seed, times in finished(run_directory).items():
        for first, second in zip(times, times[1:]):
            between = [begun for begun, over in kills if first < over and begun < second]
            assert between, f"the point of seed {seed} was evaluated twice with no kill between"
            assert between[0] - first < SAFE_AFTER, f"the point of seed {seed}, finished {between[0] - first:.2f} s before a kill, was lost"
            again += 1
    return again


def check_readable(run_directory):
    """Reads results.h5 whole, as any reader does. Returns its number of rows."""
    file = os.path.join(run_directory, "results.h5")
    if not os.path.exists(file):
        return 0
    with h5py.File(file, "r") as f:
        columns = {}
        f.visititems(lambda n, d: columns.__setitem__(n, d[()]) if isinstance(d, h5py.Dataset) else None)
    seen = []
    for group in ("points", "surplus"):
        if group + "/id" not in columns:
            continue
        ids = columns[group + "/id"]
        seen += list(ids)
        assert all(len(c) == len(ids) for n, c in columns.items() if n.startswith(group + "/")), "columns of different lengths"
        assert (columns[group + "/status"] >= 0).all() and (columns[group + "/start"] > 0).all(), "a fill value shows"
    assert len(set(seen)) == len(seen), "a row stands twice"
    return len(seen)


def strike(job, run_directory, ranks, instant, whom, chance, kills, delay=2e-3, more=()):
    """One start and its kill. Returns whether it was killed; where it had ended by itself before, it had to be well."""
    start = Start(job, run_directory, ranks, delay, more)
    if whom == "simulator":
        time.sleep(0.7)
        kills += start.kill_simulator(chance) + start.kill_simulator(chance)
    if not start.wait_until(instant, chance):
        assert start.process.returncode == 0, open("killed.log").read()
        return False
    kills.append(start.kill(whom, chance))
    print(f"  {run_directory}: {ranks} ranks from {start.begun:.3f}, {whom} killed from {kills[-1][0]:.3f} to {kills[-1][1]:.3f} ({instant})", file=sys.stderr)
    check_readable(run_directory)
    return True


def finish(job, run_directory, ranks, more=()):
    os.environ["UMBRA_WITNESS"] = os.path.abspath(run_directory + ".witness")
    os.environ.pop("UMBRA_WITNESS_DELAY", None)
    run(job, ranks, "output.directory=" + run_directory, *more)
    del os.environ["UMBRA_WITNESS"]


def clear(*directories):
    for d in directories:
        subprocess.run(["rm", "-rf", d, d + ".witness"], check=True)


def compare(whole, killed, what):
    for group in ("points", "surplus", "posterior"):
        a, b = table(whole, group), table(killed, group)
        if group != "surplus":  # how far a campaign got beyond its end is chance
            assert_same(a, b, f"{what}: {group}")
