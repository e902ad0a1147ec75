"""Points that kill their rank, or never end, become rows: a campaign that is started again and again ends, and all else is as if they were not there."""
import os
import subprocess

import h5py
from harness import WITNESS, Folder, assert_same, clear, command, run, table, write
from campaigns import UMBRA

JOB = """
name: poison
seed: 8
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: library, file: WITNESS, columns: [r], isolation: none}
constraints:
  - {column: r, type: normal, value: 1, sigma: 0.5}
sampler: {type: sobol}
stop: {evaluations: 400}
output: {directory: out, save_every: 0.2s}
"""
KILLED_RANK, TOO_LONG = 13, 14


def start(ranks, *more, **environment):
    done = subprocess.run(command("job.yaml", ranks, *more), capture_output=True, text=True, timeout=60, env=dict(os.environ, **environment))
    return done.returncode, done.stderr


def check_rows(directory, bad, status):
    rows = table(directory)
    for id in bad:
        assert rows["status"][id] == status, f"point {id} has status {rows['status'][id]}"
        assert rows["r"][id] != rows["r"][id], "it has a value"
    keep = [i for i in range(len(rows["id"])) if i not in bad]
    whole = table("whole")
    differ = [i for i in bad if rows["x"][i] != whole["x"][i]]
    assert not differ, f"rows of other points: {differ}"
    assert_same({c: v[keep] for c, v in whole.items()}, {c: v[keep] for c, v in rows.items()}, f"beside status {status}")
    with h5py.File(directory + "/results.h5", "r") as f:
        failures = {int(i): m for i, m in zip(f["failures/id"][()], f["failures/message"][()])}
    assert all(i in failures and failures[i] for i in bad), failures
    return [failures[i].decode() for i in bad]


with Folder():
    write("job.yaml", JOB.replace("WITNESS", WITNESS))
    os.environ["UMBRA_WITNESS"] = os.path.abspath("order")
    run("job.yaml", 1, "output.directory=whole")
    del os.environ["UMBRA_WITNESS"]
    seeds = [line.split()[0] for line in open("order")]  # of the points in id order: one rank does them so

    # Two points that kill their rank, each in its own way.
    bad = [37, 290]
    poison = f"{seeds[37]}:11,{seeds[290]}:9"
    starts = 0
    code = None
    while code != 0:
        code, errors = start((2, 1, 3)[starts % 3], UMBRA_WITNESS_POISON=poison, UMBRA_WITNESS_DELAY="0.002")
        starts += 1
        assert starts < 8, f"no end after {starts} starts: {errors}"
    messages = check_rows("out", bad, KILLED_RANK)
    assert "signal 11" in messages[0] and "signal 9" in messages[1], messages
    print(f"killers: done after {starts} starts")
    clear("out")

    # One that never ends: two allocations are enough.
    codes = [start(2, "stop.walltime=1.5s", UMBRA_WITNESS_POISON=f"{seeds[5]}:0")[0] for _ in range(3)]
    assert codes == [75, 75, 0], codes
    check_rows("out", [5], TOO_LONG)
    clear("out")

    # Points that no allocation can hold: Slurm's requeues come to an end, and say why.
    write("slow.yaml", JOB.replace("{type: library, file: WITNESS, columns: [r], isolation: none}", "{type: sleep, mean: 100s, inner: {type: rastrigin}}").split("constraints")[0]
          + "sampler: {type: sobol}\nstop: {evaluations: 10, walltime: 0.5s}\noutput: {directory: out}\n")
    codes = []
    for restart in range(3):
        done = subprocess.run([UMBRA, "run", "slow.yaml", "--quiet"], capture_output=True, text=True, timeout=60, env=dict(os.environ, SLURM_RESTART_COUNT=str(restart)))
        codes.append(done.returncode)
    assert codes == [75, 75, 1] and "finished no task" in done.stderr, (codes, done.stderr)
