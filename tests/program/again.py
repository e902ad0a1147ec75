"""The same command once more, or with another stop: what was decided stands, and two plans are never mixed."""
import json

import h5py

from campaigns import Folder, assert_same, run, table, write

JOB = """
seed: 3
parameters: [{name: x, range: [0, 1]}, {name: y, range: [0, 1]}]
model: MODEL
sampler: SAMPLER
stop: {evaluations: 100}
output: {directory: NAME}
"""


def job(name, model="{type: normal}", sampler="{type: random}", more=""):
    return write(name + ".yaml", JOB.replace("MODEL", model).replace("SAMPLER", sampler).replace("NAME", name) + more)


def failures(run_directory):
    with h5py.File(run_directory + "/results.h5") as f:
        return {c: d[()] for c, d in f["failures"].items()}


with Folder():
    # what a sampler made of stop.evaluations belongs to the campaign
    for sampler, option, was in (("latin_hypercube", "points", 100), ("grid", "points", 10), ("grey_wolf", "generations", 3), ("particle_filter", "seeds", 75)):
        file = job(sampler, sampler=f"{{type: {sampler}}}")
        run(file)
        before, said = open(f"{sampler}/results.h5", "rb").read(), open(f"{sampler}/job.yaml").read()
        text = run(file, 2, "stop.evaluations=900", expect=2)
        assert f"sampler.{option}: was {was}, is " in text and "--fresh" in text, text
        assert open(f"{sampler}/results.h5", "rb").read() == before and open(f"{sampler}/job.yaml").read() == said
        run(file)
    run("grey_wolf.yaml", 1, "stop.evaluations=200", "sampler.generations=3")  # said, it may go on
    assert len(table("grey_wolf")["id"]) == 200

    # a failure budget that has stopped a campaign stops it again, where it did
    file = job("budget", "{type: fail, shares: {nan: 0.6}}", more="failures: {budget: 0.5, after: 50}\n")
    run(file, expect=1)
    first = table("budget")
    for ranks in (1, 3, 1):
        run(file, ranks, expect=1)
        assert_same(table("budget"), first, "over its budget, again")
    run(file, 1, "failures.budget=1")
    assert len(table("budget")["id"]) == 100

    # /failures: what failed below the end, on any number of ranks; what `require` leaves out is not among them
    listed = []
    for ranks in (1, 3):
        file = job(f"told{ranks}", "{type: sleep, mean: 1ms, inner: {type: fail, shares: {exit_code: 0.2}}}", more='require: "x > 0.5"\n')
        run(file, ranks)
        status = table(f"told{ranks}")["status"]
        listed.append(failures(f"told{ranks}"))
        assert (status == 15).sum() > 20
        assert list(listed[-1]["id"]) == [i for i, s in enumerate(status) if s == 4] and all(listed[-1]["message"]), listed[-1]
    assert all((listed[0][c] == listed[1][c]).all() for c in ("id", "status", "message"))
    # those beyond the end come back when the campaign is extended
    run("told3.yaml", 3, "stop.evaluations=200")
    assert list(failures("told3")["id"]) == [i for i, s in enumerate(table("told3")["status"]) if s == 4]

    # what ends a start with an error is in its status and in its log
    for ranks in (1, 2):
        file = job(f"throws{ranks}", "{type: fail, shares: {throw: 0.2}}")
        assert "failed at task" in run(file, ranks, expect=1)
        status = json.load(open(f"throws{ranks}/status.json"))
        assert status["state"] == "failed" and "failed at task" in status["note"], status
        assert "failed at task" in open(f"throws{ranks}/log.txt").read()
