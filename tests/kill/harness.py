"""Kills campaigns and looks at what is left: processes of a campaign, when to strike, and what must hold after every kill.

The model (witness.c) leaves a line for each point that it has finished, in a file that outlives any kill. So it is known, from outside of what is
tested, which points were finished more than a second before a kill: none of those may ever be evaluated again.
"""
import collections
import concurrent.futures
import glob
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import h5py

sys.path.insert(0, os.path.join(os.environ["UMBRA_SOURCE_DIR"], "tests", "program"))
from campaigns import Folder, assert_same, command, run, table, write  # noqa: E402, F401

WITNESS = os.environ["UMBRA_WITNESS_LIBRARY"]
NIGHTLY = "UMBRA_NIGHTLY" in os.environ
SAFE_AFTER = 1.0  # s: what was finished longer ago is never lost
# Files that are there while something is being written.
SIGNS = {"any": "", "drain": "segments/*.tmp", "checkpoint": "checkpoint.next", "refresh": "results.h5.tmp", "merge": "results.h5.merge"}
reading = threading.Lock()  # HDF5 has one thread at a time


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
            dead = f.read().rpartition(")")[2].split()[0] in "ZX"
        return not dead or len(os.listdir(f"/proc/{pid}/task")) > 1  # its threads may still be in the kernel
    except OSError:
        return False


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def environment(run_directory, delay=0.0):
    return dict(os.environ, UMBRA_WITNESS=os.path.abspath(run_directory) + ".witness", UMBRA_WITNESS_DELAY=str(delay))


class Start:
    """One start of a campaign, to be killed."""

    def __init__(self, job, run_directory, ranks, delay=0.0, more=()):
        self.job, self.directory = job, run_directory
        self.log_name = run_directory + ".killed.log"
        self.log = open(self.log_name, "w")
        self.process = subprocess.Popen(command(job, ranks, "output.directory=" + run_directory, *more), stdout=self.log, stderr=self.log,
                                        env=environment(run_directory, delay), start_new_session=True)
        self.begun = time.time()

    def over(self):
        return self.process.poll() is not None

    def said(self):
        with open(self.log_name) as f:
            return f.read()

    def ranks(self):
        below = descendants(self.process.pid)
        if name(self.process.pid) == "umbra":
            below.append(self.process.pid)
        return [p for p in below if name(p) == "umbra"]

    def simulators(self):
        return [p for p in descendants(self.process.pid) if name(p) == "umbra-host"]

    def wait_until(self, instant, chance):
        """Waits for an instant to strike, "any" or one of SIGNS. False where the campaign ends before."""
        end = self.begun + (chance.uniform(0.1, 1.5) if instant == "any" else 30.0)
        while time.time() < end:
            if self.over():
                return False
            if instant != "any" and any(self.is_new(f) for f in glob.glob(os.path.join(self.directory, SIGNS[instant]))):
                time.sleep(chance.choice((0.0, chance.uniform(0, 0.004), chance.uniform(0, 0.04))))
                return True
            time.sleep(0.0005 if instant != "any" else 0.005)
        return True

    def is_new(self, file):
        try:
            return os.stat(file).st_mtime > self.begun
        except OSError:
            return False

    def kill(self, whom, chance):
        """Kills all ranks, "one" of them, or their "launcher" only, and waits until nothing of the campaign is left. Returns when that began and when it was over."""
        below = descendants(self.process.pid)
        ranks = self.ranks()
        now = time.time()
        if whom == "one" and ranks:  # the others may go on until mpirun ends them
            kill(chance.choice(ranks))
        elif whom == "launcher" and len(ranks) > 1:  # the ranks live on for a moment
            kill(self.process.pid)
            self.start_too_early()
        else:
            for p in ranks:
                kill(p)
            kill(self.process.pid)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            # mpirun itself may wait for a lock of its own when its ranks are dead; our launchers end it then, here nobody does
            assert not any(alive(p) for p in descendants(self.process.pid)), "the death of one rank does not end the campaign"
            print(f"  {self.directory}: mpirun has not ended though all of its ranks have", flush=True)
            kill(self.process.pid)
            self.process.wait()
        end = time.time() + 60
        while any(alive(p) for p in below):
            if time.time() > end:
                raise AssertionError(f"processes outlive their campaign: {[(p, name(p)) for p in below if alive(p)]}")
            time.sleep(0.005)
        self.log.close()
        return now, time.time()

    def start_too_early(self):
        """Starts again while ranks may still live: is refused until they are gone."""
        end = time.time() + 30
        while True:
            done = subprocess.run(command(self.job, 1, "output.directory=" + self.directory, "stop.walltime=1ms"), capture_output=True, text=True, timeout=60, env=environment(self.directory))
            if "in use" not in done.stderr:
                break
            assert time.time() < end, "a killed campaign keeps its directory"
        assert done.returncode in (0, 75), done.stderr

    def kill_simulator(self, chance):
        """Kills a simulator that has answered, if there is one: its point is asked again of a fresh one. Returns when that was, or nothing."""
        time.sleep(chance.uniform(0.0, 0.3))
        old = []
        for p in self.simulators() if not self.over() else []:
            try:
                old += [p] * (time.time() - os.stat(f"/proc/{p}").st_mtime > 0.1)
            except OSError:
                pass
        if not old:
            return []
        now = time.time()
        kill(chance.choice(old))
        return [(now, now + 1.0)]


def finished(run_directory):
    """{seed of a point: when it was finished, each time} of the witness."""
    times = collections.defaultdict(list)
    if os.path.exists(run_directory + ".witness"):
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
    with reading, h5py.File(file, "r") as f:
        columns = {}
        f.visititems(lambda n, d: columns.__setitem__(n, d[()]) if isinstance(d, h5py.Dataset) else None)
    rows = 0
    for tables in (("points", "surplus"), ("test", "test_surplus"), ("toys", "toys_surplus")):
        seen = []
        for group in tables:
            own = {n[len(group) + 1:]: c for n, c in columns.items() if n.startswith(group + "/")}
            if not own:
                continue
            assert all(len(c) == len(own["id"]) for c in own.values()), f"{group}: columns of different lengths"
            assert (own["id"] >= 0).all(), f"{group}: a fill value shows"
            if "start" in own:
                assert (own["status"] >= 0).all() and (own["start"] > 0).all(), f"{group}: a fill value shows"
            seen += list(zip(*(own[c] for c in ("id", "hypothesis", "side", "toy", "tested") if c in own)))
        assert len(set(seen)) == len(seen), f"{tables[0]}: a row stands twice"
        rows += len(seen)
    return rows


def strike(job, run_directory, ranks, instant, whom, chance, kills, delay=2e-3, more=()):
    """One start and its kill. Returns whether it was killed; where it had ended by itself before, it had to be well."""
    start = Start(job, run_directory, ranks, delay, more)
    if whom == "simulator":
        time.sleep(0.7)
        kills += start.kill_simulator(chance) + start.kill_simulator(chance)
    if not start.wait_until(instant, chance):
        assert start.process.returncode == 0, start.said()
        return False
    kills.append(start.kill(whom, chance))
    print(f"  {run_directory}: {ranks} ranks from {start.begun:.3f}, {whom} killed from {kills[-1][0]:.3f} to {kills[-1][1]:.3f} ({instant})", file=sys.stderr)
    check_readable(run_directory)
    return True


def finish(job, run_directory, ranks, more=()):
    run(job, ranks, "output.directory=" + run_directory, *more, env=environment(run_directory))


def clear(*directories):
    for d in directories:
        subprocess.run(["rm", "-rf", d, d + ".witness", d + ".killed.log"], check=True)


def datasets(run_directory, group):
    with reading, h5py.File(os.path.join(run_directory, "results.h5"), "r") as f:
        found = {}
        if group in f:
            f[group].visititems(lambda n, d: found.__setitem__(n, d[()]) if isinstance(d, h5py.Dataset) else None)
        return found


def compare(whole, killed, what):
    """The final tables, the model that was learned and the numbers of the summary are those of the undisturbed run. How far it got beyond its end is chance."""
    for group in ("points", "posterior", "toys", "test", "learning"):
        assert_same(datasets(whole, group), datasets(killed, group), f"{what}: {group}")
    numbers = []
    for d in (whole, killed):
        with open(os.path.join(d, "summary.json")) as f:
            numbers.append(json.load(f))
        del numbers[-1]["busy_share"]
    assert numbers[0] == numbers[1], f"{what}: summary.json: {numbers[0]} is now {numbers[1]}"
    committees = [open(f, "rb").read() for f in (os.path.join(d, "model", "committee.bin") for d in (whole, killed)) if os.path.exists(f)]
    assert len(committees) in (0, 2) and len(set(committees)) < 2, f"{what}: another committee"


# A kind of campaign: its job file as a function of a generator of chance, the mean time of a point (s), and whether simulators run in processes of their own.
Kind = collections.namedtuple("Kind", "name job delay simulators")


def kill_one_campaign(kind, folder, seed, most):
    """Kills one campaign at most so many times, on other numbers of ranks each time, and lets it end. Returns the number of kills and of points made again."""
    chance = random.Random(seed)
    os.makedirs(folder)
    job, whole, killed = (os.path.join(folder, n) for n in ("job.yaml", "whole", "killed"))
    write(job, kind.job(chance))
    finish(job, whole, 2)
    kills = []
    while len(kills) < most:
        last = len(kills) >= most - 1
        whom = "simulator" if kind.simulators and not kills else chance.choice(("all", "all", "all", "one", "one", "launcher"))
        instant = "merge" if last else chance.choice(("any", "any", "any", "drain", "checkpoint", "refresh"))
        if not strike(job, killed, chance.choice((1, 2, 3)), instant, whom, chance, kills, delay=kind.delay / 5 if last else kind.delay):
            break
    finish(job, killed, chance.choice((1, 2)))
    again = check_nothing_lost(killed, kills)
    check_readable(killed)
    compare(whole, killed, f"{kind.name} (seed {seed}) after {len(kills)} kills")
    clear(folder)
    return len(kills), again


def kill_kind(kind, folder, seed, wanted):
    """Campaigns of one kind, until there were so many kills."""
    kills = again = missed = 0
    while kills < wanted:
        found = kill_one_campaign(kind, f"{folder}/{seed}", seed, min(wanted - kills, 6))
        missed = 0 if found[0] > 0 else missed + 1  # a merge may be over before it is seen
        assert missed < 5, f"{kind.name} (seeds up to {seed}) ends before it can be killed"
        kills += found[0]
        again += found[1]
        seed += 1
    return kills, again


def kill_campaigns(kinds, total, first_seed=1000):
    """Kills campaigns of each kind, `total` times in all; nightly two at a time."""
    begin = time.time()
    kills_in_all = again_in_all = 0
    with Folder(), concurrent.futures.ThreadPoolExecutor(2 if NIGHTLY else 1) as two:
        campaigns = []
        for k, kind in enumerate(kinds):
            share = total * (k + 1) // len(kinds) - total * k // len(kinds)
            campaigns.append((kind, two.submit(kill_kind, kind, os.getcwd(), first_seed + 100 * k, share)))
        try:
            for kind, campaign in campaigns:
                kills, again = campaign.result()
                kills_in_all += kills
                again_in_all += again
                print(f"{kind.name}: {kills_in_all} kills so far, {again_in_all} points made again, {time.time() - begin:.0f} s", flush=True)
        except BaseException:
            for _, campaign in campaigns:
                campaign.cancel()
            raise
