"""umbra status: of campaigns that run, wait in Slurm's queue, were killed or belong to an array; and of files that are none of ours."""
import json
import os
import signal

from campaigns import UMBRA, Folder, run, umbra, write
from signals_support import begin

JOB = """
name: watched
seed: 1
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
model: {type: sleep, mean: 20ms, inner: {type: rastrigin}}
sampler: {type: random}
stop: {evaluations: 2000}
output: {directory: out}
"""
QUEUE = """#!/bin/sh
case "$*" in *"--job 12 "*) echo "PENDING, 0:00 of 5:00, (Priority)";; *"--job 13 "*) echo "RUNNING, 0:10 of 5:00, n1";; *) exit 1;; esac
"""


def status(directory):
    return json.loads(umbra("status", directory, "--json"))


with Folder():
    write("job.yaml", JOB)
    # a killed one
    process = begin([UMBRA, "run", "job.yaml", "--quiet"], "out")
    assert status("out")["state"] == "running"
    process.send_signal(signal.SIGKILL)
    process.wait()
    text = umbra("status", "out")
    assert "killed" in text and "run the same command again" in text and " left" not in text, text
    assert status("out")["state"] == "killed"
    run("job.yaml", 2, "stop.evaluations=30")
    assert status("out")["state"] == "complete"

    # submitted ones, with a queue that we make up
    os.makedirs("bin")
    write("bin/squeue", QUEUE)
    os.chmod("bin/squeue", 0o755)
    os.environ["PATH"] = os.path.abspath("bin") + ":" + os.environ["PATH"]
    os.makedirs("waiting")
    write("waiting/slurm_job", "12\n")
    assert "PENDING" in umbra("status", "waiting") and status("waiting")["slurm"]["state"] == "PENDING"
    write("out/slurm_job", "14\n")
    assert "not in the queue any more" in umbra("status", "out") and status("out")["slurm"] == {"job": 14, "state": "", "detail": "not in the queue any more"}
    # an array: its own job, one that runs and one that waits
    os.makedirs("array/seed=2")
    write("array/slurm_job", "13\n")
    write("array/seed=2/slurm_job", "12\n")
    run("job.yaml", 1, "stop.evaluations=30", "output.directory=array/seed=1")
    text = umbra("status", "array")
    assert "seed=1" in text and "complete" in text and "seed=2" in text and "PENDING" in text and "RUNNING" in text, text
    runs = status("array")["runs"]
    assert runs["seed=1"]["state"] == "complete" and runs["seed=2"]["slurm"]["job"] == 12, runs

    # not ours
    os.makedirs("other")
    for text in ("[1]", "{", "3"):
        write("other/status.json", text)
        for more in ([], ["--json"]):
            said = umbra("status", "other", *more, expect=1)
            assert "unexpected" not in said and "no status of a campaign" in said, said
    write("other/status.json", '{"name": 3, "state": [], "done": "x", "ranks": null, "progress": 1}')
    umbra("status", "other")
    assert "no run directory" in umbra("status", "nowhere", expect=1)
