"""A Slurm cluster in a box for tests, and what they wait for."""
import glob
import json
import os
import shutil
import subprocess
import sys
import time

from campaigns import SOURCE, umbra

BOX = os.path.join(SOURCE, "slurm", "cluster-in-a-box")


def skip_without_slurm():
    for program in ("sbatch", "slurmctld", "slurmd", "munged"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
            print(f"SKIPPED: {program} is not installed (scripts/install-dependencies --with-slurm)")
            sys.exit(77)
    if os.geteuid() != 0:
        print("SKIPPED: a Slurm cluster in a box needs root")
        sys.exit(77)


class Cluster:
    """Two nodes, n1 and n2, while it is open."""

    def __init__(self, cores=4):
        self.cores = cores

    def __enter__(self):
        os.environ.update(OMPI_MCA_btl="self,tcp", OMPI_MCA_btl_tcp_if_include="lo")  # two nodes on one host would mix up their shared memory
        subprocess.run([BOX, "start", "box", str(self.cores)], check=True)
        os.environ["SLURM_CONF"] = os.path.abspath("box/slurm.conf")
        return self

    def __exit__(self, *_):
        subprocess.run([BOX, "stop", "box"], check=True)

    def fail_node(self, name):
        """Kills a node and all that runs on it; it comes back when Slurm has missed it."""
        subprocess.run([BOX, "kill-node", "box", name], check=True)
        wait_for("the node to be missed", lambda: "down" in subprocess.run(["sinfo", "-h", "-o", "%t"], capture_output=True, text=True).stdout, 60)
        subprocess.run([BOX, "revive-node", "box", name], check=True)


def wait_for(what, condition, seconds):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return
        time.sleep(0.5)
    subprocess.run("squeue; sinfo; tail -n 30 box/log/*.log */slurm-*.out", shell=True)
    raise SystemExit(f"{what}: not within {seconds} s")


def submit(*words):
    """Returns the ids of the jobs."""
    said = umbra("submit", *words)
    return [line.split()[-1] for line in said.splitlines() if line.startswith("submitted as job")]


def in_queue(job):
    return bool(subprocess.run(["squeue", "--noheader", "--job", job], capture_output=True, text=True).stdout.strip())


def done(run="out"):
    try:
        return "complete" in umbra("status", run, "--json")
    except SystemExit:
        return False


def output(run="out"):
    return "".join(open(f).read() for f in glob.glob(run + "/slurm-*.out"))


def rows(run="out"):
    try:
        with open(run + "/status.json") as f:
            return json.load(f)["done"]
    except (OSError, ValueError):
        return 0


def starts(run="out"):
    try:
        with open(run + "/sessions.json") as f:
            return json.load(f)
    except (OSError, ValueError):
        return []
