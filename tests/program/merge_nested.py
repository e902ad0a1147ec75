"""umbra merge joins nested-sampling runs of one problem: all points once, one posterior, one evidence with a smaller error."""
import json
import math
import os

import h5py
import numpy

from campaigns import Folder, run, summary, table, umbra, write

JOB = """
name: SEED
seed: SEED
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: fail, shares: {timeout: 0.02}, inner: {type: normal}}
require: "x < 4"
sampler: {type: nested, live_points: LIVE}
output: {directory: run-SEED}
"""

with Folder():
    for seed, live in ((1, 100), (2, 200), (3, 100)):
        run(write(f"{seed}.yaml", JOB.replace("SEED", str(seed)).replace("LIVE", str(live))), 2)
    parts = [summary(f"run-{s}") for s in (1, 2, 3)]
    text = umbra("merge", "run-1", "run-2", "run-3", "--output", "all")
    whole, points = summary("all"), table("all")
    assert "ln_evidence" in text and whole["merged_runs"] == 3, text
    assert whole["evaluations"] == sum(p["evaluations"] for p in parts) == len(points["id"])
    assert (points["id"] == numpy.arange(len(points["id"]))).all()
    first = table("run-1")
    for column in ("x", "log_likelihood", "status", "duration"):
        assert points[column][: len(first["id"])].tobytes() == first[column].tobytes(), column
    second = table("run-2")
    assert points["x"][len(first["x"]) : len(first["x"]) + len(second["x"])].tobytes() == second["x"].tobytes()
    error = sum(p["ln_evidence_error"] ** -2 for p in parts) ** -0.5
    assert abs(whole["ln_evidence_error"] / error - 1) < 0.3, (whole["ln_evidence_error"], error)
    # 2 % of the points have no likelihood, wherever they are
    assert abs(whole["ln_evidence"] - math.log(0.98 / 100)) < 4 * whole["ln_evidence_error"], whole
    posterior = table("all", "posterior")
    assert abs(posterior["weight"].sum() - 1) < 1e-9
    mean = numpy.sum(posterior["weight"] * points["x"][posterior["id"]])
    assert abs(mean) < 4 / math.sqrt(whole["effective_samples"]), mean
    assert any("timeout" in m for m in table("all", "failures")["message"].astype(str)) or len(table("all", "failures")["message"]) > 0
    assert whole["best"]["log_likelihood"] == max(p["best"]["log_likelihood"] for p in parts)

    # what the parts said of failures, and nothing that was not measured
    assert all(any(w.startswith(f"run-{s}: ") and "failed" in w for w in whole["warnings"]) for s in (1, 2, 3)), whole
    assert abs(whole["failed_fraction"] - 0.02) < 0.02 and abs(whole["physical_fraction"] - 0.88) < 0.06, whole
    assert abs(whole["ln_evidence_physical"] - whole["ln_evidence"] + math.log(whole["physical_fraction"])) < 1e-9
    assert "busy_share" not in whole, whole
    assert "complete" in umbra("status", "all")
    again = umbra("run", "all/job.yaml", "output.directory=all", expect=2)
    assert "umbra merge" in again and "another seed" in again, again
    kept = posterior["equal_weight"].sum()
    assert abs(kept - whole["equal_weight_samples"]) < 4 * math.sqrt(whole["equal_weight_samples"]), kept

    # step by step it is the same; a part counts once
    umbra("merge", "run-1", "run-2", "--output", "two")
    umbra("merge", "two", "run-3", "--output", "steps")
    assert abs(summary("steps")["ln_evidence"] - whole["ln_evidence"]) < 1e-9
    with h5py.File("steps/results.h5") as f:
        assert [p["seed"] for p in json.loads(f.attrs["merged_from"])] == [1, 2, 3]
    assert "would count twice" in umbra("merge", "two", "run-2", "--output", "new", expect=1)
    assert "would count twice" in umbra("merge", "run-1", "steps", "--output", "new", expect=1)

    # it is a run like any other
    write("again.yaml", JOB.replace("SEED", "9").split("sampler:")[0] + "sampler: {type: rerun, from: all}\noutput: {directory: again}\n")
    run("again.yaml", 2)
    assert abs(summary("again")["ln_evidence"] - whole["ln_evidence"]) < 0.3

    for words, says in ((("run-1",), "at least two"), (("run-1", "run-1"), "seed 1"), (("run-1", "nowhere"), "no job.yaml")):
        assert says in umbra("merge", *words, "--output", "new", expect=1), says
    assert "is there already" in umbra("merge", "run-1", "run-2", "--output", "all", expect=1)
    run(write("other.yaml", JOB.replace("SEED", "5").replace("LIVE", "60").replace("x < 4", "x < 3")), 1)
    assert "not of one problem" in umbra("merge", "run-1", "run-5", "--output", "new", expect=1)
    run(write("random.yaml", JOB.replace("SEED", "6").replace("{type: nested, live_points: LIVE}", "{type: random}\nstop: {evaluations: 50}")), 1)
    assert "no run of nested sampling" in umbra("merge", "run-1", "run-6", "--output", "new", expect=1)
    assert not os.path.exists("new")
