"""Full disks, read-only folders and failing file operations: the campaign stops in good order or waits, says why, and loses nothing."""
import os
import random
import shutil
import subprocess
import sys
import time

from harness import NIGHTLY, WITNESS, Folder, check_nothing_lost, check_readable, clear, compare, finish, write
from campaigns import UMBRA, command

JOB = """
name: disk
seed: 8
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: library, file: WITNESS, columns: [r], isolation: none}
constraints:
  - {column: r, type: normal, value: 1, sigma: 0.5}
sampler: {type: random}
stop: {evaluations: COUNT}
output: {directory: out, save_every: 0.1s}
"""


def start(directory, ranks, *more, delay=0.0, **environment):
    """Runs; returns exit code, what was said, and the times between which it ended."""
    environment = dict(os.environ, UMBRA_WITNESS=os.path.abspath("killed.witness"), UMBRA_WITNESS_DELAY=str(delay), **environment)
    done = subprocess.run(command("job.yaml", ranks, "output.directory=" + directory, *more), capture_output=True, text=True, timeout=60, env=environment)
    return done.returncode, done.stderr


def job(count):
    clear("whole", "killed")
    write("job.yaml", JOB.replace("WITNESS", WITNESS).replace("COUNT", str(count)))
    finish("job.yaml", "whole", 1)


def check_full_disk(small):
    """A file system that is too small: stops, or waits for space."""
    def occupy(size):
        with open(small + "/something_else", "wb") as f:
            f.truncate(0)
            f.write(b"x" * size)

    job(20000)
    for ranks in (1, 2):
        target = small + "/run"
        code, said = start(target, ranks)
        assert code == 75 and "No space left" in said and "room" in said, (code, said)
        shutil.copytree(target, "killed")  # to a larger disk
        check_readable("killed")
        finish("job.yaml", "killed", 3 - ranks)
        compare("whole", "killed", "after a full disk")
        clear("killed", target)
    occupy(1 << 19)
    environment = dict(os.environ, UMBRA_WITNESS=os.path.abspath("killed.witness"))
    process = subprocess.Popen(command("job.yaml", 2, "output.directory=" + small + "/run", "output.full_disk=wait"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    time.sleep(4)
    assert process.poll() is None, process.communicate()
    subprocess.run(["mount", "-o", "remount,size=40M", small], check=True)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    compare("whole", small + "/run", "after waiting for space")
    clear(small + "/run")


def check_read_only():
    os.makedirs("sealed")
    os.chmod("sealed", 0o555)
    words = [UMBRA, "run", os.path.abspath("job.yaml"), "--quiet", "output.directory=" + os.path.abspath("sealed/run")]
    user = dict(user="nobody", group="nogroup", extra_groups=[]) if os.geteuid() == 0 else {}
    os.chmod(".", 0o755)
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, **user)
    assert done.returncode in (1, 2) and "sealed/run" in done.stderr, done


def check_full_at(place, operation="any", n=0):
    """A disk that is full for one file, from its first or a later write on: exit code 75 and a reason; or the campaign waits, and its deadline ends that."""
    for ranks, full in ((1, "ENOSPC"), (2, "EDQUOT")):
        fault = f"{operation}:{n}:{full}:{place}"
        code, said = start("killed", ranks, UMBRA_FAULT=fault)
        assert code == 75 and "MPI_ABORT" not in said and ("No space left" in said or "quota" in said), f"UMBRA_FAULT={fault} on {ranks} ranks: exit code {code}: {said}"
    begun = time.time()
    code, said = start("killed", 1, "output.full_disk=wait", "stop.walltime=2s", UMBRA_FAULT=fault)
    assert code == 75 and 0.5 < time.time() - begun < 20, f"UMBRA_FAULT={fault}, waiting: exit code {code} after {time.time() - begun:.1f} s: {said}"
    finish("job.yaml", "killed", 2)
    compare("whole", "killed", f"after a disk that was full for {place}")
    clear("killed")


def check_full_everywhere():
    job(300)
    for place in ("/lock", "job.yaml", "journal", "sessions.json", "results.h5", "segments", "checkpoint", "summary.json"):
        check_full_at(place)
    check_full_at("sessions.json", "write", 1)  # at the end


def check_faults(chance, tries):
    """Every operation of io fails, or the process dies in it, at random calls: the run ends in good order or goes on, and another one ends as if nothing had been."""
    job(1500)
    operations = ["open", "write", "sync", "close", "rename", "remove", "make_directory", "sync_directory", "reserve", "hdf5_create", "hdf5_write", "hdf5_close"]
    codes = {}
    for i in range(tries):
        operation = operations[i % len(operations)]
        action = ("kill", "EIO", "ENOSPC", "tear", "EDQUOT")[i % 5]
        fault = f"{operation}:{int(2 ** chance.uniform(0, 6)) - 1}:{action}"
        begun = time.time()
        code, said = start("killed", chance.choice((1, 2)), delay=4e-4, UMBRA_FAULT=fault)
        text = f"UMBRA_FAULT={fault}: exit code {code}: {said}"
        assert code in ((0, 75) if action in ("ENOSPC", "EDQUOT") else (0, 1, 2, 75)) or action in ("kill", "tear"), text
        assert code == 0 or action in ("kill", "tear") or said.strip(), f"it does not say why: {text}"
        assert "Segmentation" not in said, text
        codes[action, code] = codes.get((action, code), 0) + 1
        check_readable("killed")
        finish("job.yaml", "killed", chance.choice((1, 2)))
        check_nothing_lost("killed", [(begun, time.time())])
        compare("whole", "killed", text)
        clear("killed")
    print("faults:", ", ".join(f"{n} x {action} ends in {code}" for (action, code), n in sorted(codes.items())))


with Folder():
    check_faults(random.Random(4), 400 if NIGHTLY else 24)
    check_read_only()
    check_full_everywhere()
    small = os.path.abspath("small")
    os.makedirs(small)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", small], capture_output=True).returncode != 0:
        print("SKIPPED the full disk: mounting a small file system needs root")
        sys.exit(0)
    try:
        check_full_disk(small)
    finally:
        subprocess.run(["umount", "-l", small], check=True)
