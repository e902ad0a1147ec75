"""Slices of a campaign, made one by one, and joined: the files and numbers of one run."""
import os
import shutil
import subprocess
import time

import numpy

from campaigns import SOURCE, Folder, assert_same, command, go_on, run, summary, table, umbra, write

SCAN = """
seed: 3
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: log, range: [1, 10]}
model: {type: fail, shares: {timeout: 0.1, unphysical: 0.1}, inner: {type: rosenbrock}}
"""
TOYS = f"""
name: search
seed: 11
workflow: toys
model: {{type: histfactory, workspace: on_off.json}}
hypotheses: [0.5, 1.5]
block: 50
stop: {{toys: 1000}}
"""
TIMES = {"busy_share"}


def slices(job, count, *more):
    for k in range(1, count + 1):
        run(job, 1 + k % 2, "--slice", f"{k}/{count}", *more)


def same_result(one, other, name, what):
    assert_same(table(one, name), table(other, name), what)
    a, b = summary(one), summary(other)
    assert {k: v for k, v in a.items() if k not in TIMES} == {k: v for k, v in b.items() if k not in TIMES}, what


def refused(words, *arguments, code=1):
    text = umbra(*arguments, expect=code)
    for w in words:
        assert w in text, f"'{w}' is not in: {text}"


with Folder():
    # toys: the job lies elsewhere than the runs, and names a workspace beside it
    os.mkdir("jobs")
    shutil.copy(f"{SOURCE}/tests/data/on_off.json", "jobs")
    write("jobs/toys.yaml", TOYS)
    run("jobs/toys.yaml", 2, "output.directory=one")
    slices("jobs/toys.yaml", 4, "output.directory=farm")
    parts = [f"farm/slice-{k}-of-4" for k in range(1, 5)]
    rows = [len(table(p, "toys")["id"]) for p in parts]
    assert min(rows) > 0 and sum(rows) == len(table("one", "toys")["id"]) == 4000, rows
    umbra("merge", *reversed(parts), "--output", "joined", "--quiet")
    same_result("one", "joined", "toys", "toys of 4 slices")
    assert summary("joined")["hypotheses"] == summary("one")["hypotheses"]
    umbra("merge", *parts, "--output", "farm", "--quiet")  # where the slices are
    same_result("one", "farm", "toys", "toys of 4 slices, joined where they are")

    # what was joined is a run like any other: it can be extended
    run("jobs/toys.yaml", 2, "output.directory=joined", "stop.toys=1500")
    run("jobs/toys.yaml", 2, "output.directory=more", "stop.toys=1500")
    same_result("more", "joined", "toys", "joined and extended")

    # a slice is killed, and goes on
    part = command("jobs/toys.yaml", 1, "--slice", "2/4", "output.directory=killed", "stop.toys=100000")
    process = subprocess.Popen(part, stdout=subprocess.DEVNULL)
    while not os.path.exists("killed/slice-2-of-4/status.json"):
        time.sleep(0.01)
    process.kill()
    process.wait()
    refused(["slice 2/4 in killed/slice-2-of-4 is not finished (running)"], "merge", parts[0], "killed/slice-2-of-4", "--output", "none")
    go_on("jobs/toys.yaml", 1, "--slice", "2/4", "output.directory=killed")
    same_result(parts[1], "killed/slice-2-of-4", "toys", "a slice killed and taken up")

    # scans whose points do not depend on each other; failing ones too
    for sampler, stop in (("random", "{evaluations: 1001}"), ("sobol", "{evaluations: 512}"), ("latin_hypercube", "{evaluations: 300}"), ("grid, points: 20", "{}")):
        name = sampler.split(",")[0]
        write(f"{name}.yaml", f"name: {name}\n" + SCAN + f"sampler: {{type: {sampler}}}\nstop: {stop}\n")
        run(f"{name}.yaml", 2, f"output.directory={name}-one")
        slices(f"{name}.yaml", 3)
        found = [f"runs/{name}/slice-{k}-of-3" for k in (1, 2, 3)]
        umbra("merge", *found, "--output", f"{name}-joined", "--quiet")
        same_result(f"{name}-one", f"{name}-joined", "points", f"{name} in 3 slices")
        hosts = numpy.concatenate([table(f)["start"] for f in found])
        assert sorted(hosts) == sorted(table(f"{name}-joined")["start"]), "when a point was evaluated is kept"

    # what cannot be joined, or sliced
    refused(["of 4 slices there is no 2, 4"], "merge", parts[0], parts[2], "--output", "none")
    refused(["are both slice 1/4", "there is no 2-4"], "merge", parts[0], f"{parts[0]}/", "--output", "none")
    run("jobs/toys.yaml", 1, "--slice", "2/4", "output.directory=other", "seed=12")
    refused(["is of another job", "seed: was 11, is 12"], "merge", parts[0], "other/slice-2-of-4", parts[2], parts[3], "--output", "none")
    run("jobs/toys.yaml", 1, "--slice", "1/3", "output.directory=other")
    refused(["do not divide the campaign in the same way"], "merge", *parts, "other/slice-1-of-3", "--output", "none")
    refused(["one is no slice"], "merge", "one", "--output", "none")
    refused(["nowhere is no run directory"], "merge", "nowhere", "--output", "none")
    assert not os.path.exists("none")
    shutil.move("jobs", "moved")
    refused(["on_off.json"], "merge", *parts, "--output", "none")
    umbra("merge", *parts, "--output", "again", "--job", "moved/toys.yaml", "--quiet")
    same_result("one", "again", "toys", "the job file was moved")
    os.rename("moved", "jobs")
    for bad in ("0/4", "5/4", "3", "a/b", "1/4x"):
        refused(["slice: expected for instance 3/100"], "run", "jobs/toys.yaml", "--slice", bad, code=2)
    for change in ("stop={precision: {quantity: CLs, relative: 0.1}}", "hypotheses=[]"):
        more = ["limit={confidence: 0.95}"] if change == "hypotheses=[]" else []
        refused(["no part of it can be made alone"], "run", "jobs/toys.yaml", "--slice", "1/4", change, *more, code=2)
    write("swarm.yaml", SCAN + "sampler: {type: particle_swarm}\nstop: {evaluations: 100}\n")
    refused(["no part of it can be made alone"], "run", "swarm.yaml", "--slice", "1/2", code=2)
