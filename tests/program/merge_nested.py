"""umbra merge joins nested-sampling runs of one problem: all points once, one posterior, one evidence with a smaller error."""
import math
import os

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

    # it is a run like any other
    write("again.yaml", JOB.replace("SEED", "9").split("sampler:")[0] + "sampler: {type: rerun, from: all}\noutput: {directory: again}\n")
    run("again.yaml", 2)
    assert abs(summary("again")["ln_evidence"] - whole["ln_evidence"]) < 0.3

    for words, says in ((("run-1",), "at least two"), (("run-1", "run-1"), "same seed"), (("run-1", "nowhere"), "no job.yaml")):
        assert says in umbra("merge", *words, "--output", "new", expect=1), says
    assert "is there already" in umbra("merge", "run-1", "run-2", "--output", "all", expect=1)
    run(write("other.yaml", JOB.replace("SEED", "5").replace("LIVE", "60").replace("x < 4", "x < 3")), 1)
    assert "not of one problem" in umbra("merge", "run-1", "run-5", "--output", "new", expect=1)
    run(write("random.yaml", JOB.replace("SEED", "6").replace("{type: nested, live_points: LIVE}", "{type: random}\nstop: {evaluations: 50}")), 1)
    assert "no run of nested sampling" in umbra("merge", "run-1", "run-6", "--output", "new", expect=1)
    assert not os.path.exists("new")
