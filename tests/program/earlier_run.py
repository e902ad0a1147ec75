"""Jobs that start from the points of an earlier run: reruns with their weights, scans, polish; the same on any number of ranks; faults of such a job."""
import math
import os
import shutil

import h5py
import numpy

from campaigns import Folder, assert_same, run, summary, table, umbra, write

PARAMETERS = """
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
"""
MODEL = "model: {type: fail, shares: {unphysical: 0.05}, inner: {type: normal}}\n"
FIRST = "name: first\nseed: 3\n" + PARAMETERS + MODEL + "sampler: {type: nested, live_points: 400}\noutput: {directory: first}\n"
# ln L gains -(x - 1/2)^2 / 2: Z falls by exp(-1/16) / sqrt 2, and <x> = 1/4
AGAIN = ("name: again\nseed: 4\n" + PARAMETERS + "model: {type: normal}\nconstraints: [{column: x, type: normal, value: 0.5, sigma: 1}]\n"
         "sampler: {type: rerun, from: first}\noutput: {directory: again}\n")
SCAN = "name: scan\nseed: 5\n" + PARAMETERS + "model: {type: normal}\nsampler: {type: SAMPLER}\nstart: {from: first, where: \"log_likelihood > -12\"}\nstop: {evaluations: 600}\noutput: {directory: scan}\n"


def group(run_directory, name):
    with h5py.File(os.path.join(run_directory, "results.h5")) as f:
        return {k: v[()] for k, v in f[name].items() if hasattr(v, "shape")}


with Folder():
    write("first.yaml", FIRST)
    write("again.yaml", AGAIN)
    run("first.yaml", 2)
    before, first = table("first"), summary("first")

    # rerun: the same points, bit for bit; weights, evidence and effective samples; on any number of ranks
    run("again.yaml")
    again, said = table("again"), summary("again")
    for column in ("x", "y", "u_x", "u_y"):
        assert again[column].tobytes() == before[column].tobytes(), column
    exact = first["ln_evidence"] - 1 / 16 - math.log(2) / 2
    assert abs(said["ln_evidence"] - exact) < 4 * (said["ln_evidence_error"] ** 2 - first["ln_evidence_error"] ** 2) ** 0.5, (said, exact)
    assert 0.3 * first["effective_samples"] < said["effective_samples"] < first["effective_samples"], said
    posterior = group("again", "posterior")
    mean = numpy.sum(posterior["weight"] * again["x"][posterior["id"]])
    assert abs(mean - 0.25) < 4 * math.sqrt(0.5 / said["effective_samples"]), mean
    kept = group("again", "earlier")
    assert kept["id"].tobytes() == before["id"].tobytes() and len(kept["log_weight"]) == len(before["id"])
    run("again.yaml", 3, "output.directory=three")
    assert_same(again, table("three"), "a rerun on 3 ranks")
    assert group("three", "posterior")["weight"].tobytes() == posterior["weight"].tobytes()
    assert any("no likelihood in the earlier run" in w for w in said["warnings"]), said  # the failed points of the first run

    # a filter, other priors, another order of the parameters; a rerun of a rerun
    other = AGAIN.replace(PARAMETERS, "\nparameters:\n  - {name: y, prior: normal, mean: 0, sigma: 1}\n  - {name: x, prior: flat, range: [-6, 6]}\n").replace(
        "from: first", "from: again, where: \"x > 0\"")
    write("other.yaml", other)
    run("other.yaml", 1, "output.directory=other")
    assert (table("other")["x"] > 0).all() and len(table("other")["x"]) == (again["x"] > 0).sum()
    # x > 0 under the normal of mean 1/4 and variance 1/2, twice the constraint, and a prior density of N(0,1) in place of 1/10 for y, 10/12 for x
    kept = summary("other")
    assert kept["effective_samples"] > 100 and len(group("other", "posterior")["id"]) > 100
    y = group("other", "posterior")
    spread = numpy.sum(y["weight"] * table("other")["y"][y["id"]] ** 2)
    assert abs(spread - 0.5) < 5 * 0.71 / math.sqrt(kept["effective_samples"]), spread

    # a prior that reaches beyond the earlier one has no evidence, and a filter is not silent
    assert "ln_evidence" not in kept and any("this job's prior" in w and abs(float(w.split()[0]) - 83.3) < 1 for w in kept["warnings"]), kept
    assert any("'where' leaves out" in w for w in kept["warnings"]), kept
    assert not any("this job's prior" in w or "'where'" in w for w in said["warnings"]), said
    write("draws.yaml", "name: draws\nseed: 3\n" + PARAMETERS + "model: {type: normal}\nsampler: {type: random}\nstop: {evaluations: 2000}\noutput: {directory: draws}\n")
    run("draws.yaml", 1)
    wide = AGAIN.replace("[-5, 5]", "[-10, 10]").replace("from: first", "from: draws")
    run(write("wide.yaml", wide), 1, "output.directory=wide")
    assert "ln_evidence" not in summary("wide") and any("this job's prior" in w and abs(float(w.split()[0]) - 25) < 1 for w in summary("wide")["warnings"]), summary("wide")

    # optimisers, chains and polish begin with the points that were chosen
    for sampler, options in (("differential_evolution", ""), ("cma_es", ""), ("polish", ", apart: 0.01"), ("ensemble_mcmc", "")):
        write("scan.yaml", SCAN.replace("SAMPLER", sampler + options))
        name = f"{sampler}-1"
        run("scan.yaml", 1, f"output.directory={name}")
        run("scan.yaml", 2, f"output.directory={sampler}-2")
        assert_same(table(name), table(f"{sampler}-2"), sampler)
        chosen = before["x"][before["log_likelihood"] > -12]
        assert min(abs(chosen - table(name)["x"][0])) < 1e-9, sampler
    assert summary("polish-1")["best"]["log_likelihood"] > first["best"]["log_likelihood"] - 1e-9

    # what a later start finds must be what the first one did
    text = open("again/job.yaml").read()
    assert "checksum" in text, text
    run("again.yaml", 2)
    shutil.move("first", "moved")
    run("first.yaml", 1, "seed=9", "output.directory=first")
    text = run("again.yaml", 2, expect=2)
    assert "sampler.points: was" in text, text
    assert "has changed since" in run("again/job.yaml", 1, "output.directory=new", expect=2)

    # faults, with what to do
    for change, words in ((("from: first", "from: frist"), ["frist", "no frist/results.h5"]), (("{name: x,", "{name: z,"), ["no column z", "parameter"]),
                          (("from: first", "from: first, where: \"m_h > 3\""), ["unknown name 'm_h'"]), (("from: first", "from: first, where: \"x > 7\""), ["none of the", "x > 7"]),
                          (("range: [-5, 5]", "range: [-1, 1]"), ["outside the priors", "outside: skip"]), (("from: first", "form: first"), ["form"]),
                          (("from: first", "from: again"), ["run directory of this job"]), (("sampler: {type: rerun, from: first}", "sampler: {type: rerun}"), ["from: RUN"]),
                          (("type: rerun, from: first}", "type: sobol}\nstart: {from: first}"), ["cannot start from"]),
                          (("type: rerun, from: first}", "type: nested}\nstart: {from: first}"), ["draws from the prior"])):
        changed = AGAIN.replace(*change)
        assert changed != AGAIN
        if "z," in change[1]:
            changed = changed.replace("column: x", "column: z")
        write("bad.yaml", changed)
        text = run("bad.yaml", 1, *([] if "again" in change[1] else ["output.directory=nothing"]), expect=2)
        assert not os.path.exists("nothing")
        for w in words:
            assert w in text, f"{change}: the message lacks {w!r}:\n{text}"
    write("skip.yaml", AGAIN.replace("range: [-5, 5]", "range: [-1, 1]").replace("from: first", "from: first, outside: skip"))
    run("skip.yaml", 1, "output.directory=skip")
    assert 0 < len(table("skip")["x"]) < len(table("first")["x"])
    text = umbra("check", "again.yaml", "output.directory=nothing")
    assert "busy share" in text, text
