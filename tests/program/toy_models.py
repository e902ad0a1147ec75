"""Several models in one campaign, each with toys of its own; models as tables of regions."""
import json

import numpy

from campaigns import SOURCE, Folder, assert_same, run, summary, table, umbra, write

REGIONS = "type: regions, regions: [{name: A, observed: 7, background: 5, uncertainty: 1, signal: 3, signal_uncertainty: 0.4}, {name: B, observed: 1, background: 1.5, uncertainty: 0, signal: 2}]"
COUNTING = "type: counting, signal: 3, background: 2, observed: 4"
PATCHES = f"type: histfactory, workspace: {SOURCE}/examples/resonance_search.json, patch: {SOURCE}/examples/resonance_patches.json, patch_names: [resonance_280, resonance_360]"
JOB = """
name: models
seed: 4
workflow: toys
model: MODEL
hypotheses: [0, 0.5, 1]
statistic: STATISTIC
block: 20
stop: {toys: 200}
output: {directory: out}
"""


def job(name, model, rest=("qmu",)):
    return write(name + ".yaml", JOB.replace("MODEL", model).replace("STATISTIC", rest[0]))


def several(*models):
    return "[" + ", ".join(f"{{name: {name}, {text}}}" for name, text in models) + "]"


def of_model(directory, member):
    """The toys of a member in one order, whatever their ids are."""
    toys = table(directory, "toys")
    own = toys["model"] == member
    order = numpy.lexsort([toys[c][own] for c in ("tested", "toy", "hypothesis", "side")])
    return {c: toys[c][own][order] for c in ("side", "hypothesis", "toy", "tested", "statistic", "poi_hat", "free_nll", "fixed_nll", "status")}


def faults(words, model, code=2):
    text = umbra("run", job("bad", model), "output.directory=bad", expect=code)
    for w in words:
        assert w in text, f"'{w}' is not in: {text}"


with Folder():
    three = several(("a", REGIONS), ("b", COUNTING), ("c", PATCHES))
    run(job("three", three), 1, "output.directory=three")
    found = summary("three")["models"]
    assert [(m["model"], m["name"]) for m in found] == [(0, "a"), (1, "b"), (2, "c/resonance_280"), (3, "c/resonance_360")], found
    assert all([h["mu"] for h in m["hypotheses"]] == [0, 0.5, 1] for m in found) and "patches" not in summary("three")
    assert summary("three")["warnings"][0].startswith("c/resonance_360: the lower bound 0 "), summary("three")["warnings"]

    # the same on 3 ranks, and when extended
    run("three.yaml", 3, "output.directory=ranks", "stop.toys=100")
    run("three.yaml", 3, "output.directory=ranks")
    assert_same(table("three", "toys"), table("ranks", "toys"), "3 ranks, extended")
    assert summary("ranks")["models"] == found

    # the toys of a model are the same whichever others there are
    run(job("two", several(("b", COUNTING), ("a", REGIONS))), 2, "output.directory=two")
    for here, there in ((0, 1), (1, 0)):
        a, b = of_model("three", here), of_model("two", there)
        for c in a:
            assert a[c].tobytes() == b[c].tobytes(), (here, c)
    assert found[0]["hypotheses"] == summary("two")["models"][1]["hypotheses"]

    # two models have toys of their own, without a signal too
    run(job("twins", several(("a", COUNTING), ("b", COUNTING))), 2, "output.directory=twins")
    a, b = of_model("twins", 0), of_model("twins", 1)
    for hypothesis in (0, 1):
        at = a["hypothesis"] == hypothesis
        assert 0.3 < (a["poi_hat"][at] != b["poi_hat"][at]).mean() < 1, hypothesis

    # a table of regions is the workspace of the same numbers
    def shapesys(name, absolute):
        return {"name": name, "type": "shapesys", "data": [absolute]}
    workspace = {
        "version": "1.0.0",
        "channels": [{"name": "A", "samples": [{"name": "background", "data": [5], "modifiers": [shapesys("background_A", 1)]},
                                               {"name": "signal", "data": [3], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]}]},
                     {"name": "B", "samples": [{"name": "background", "data": [1.5], "modifiers": []},
                                               {"name": "signal", "data": [2], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]}]}],
        "observations": [{"name": "A", "data": [7]}, {"name": "B", "data": [1]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    }
    with open("workspace.json", "w") as f:
        json.dump(workspace, f)
    alone = REGIONS.replace(", signal_uncertainty: 0.4", "")
    run(job("regions", "{" + alone + "}"), 2, "output.directory=regions")
    run(job("written", "{type: histfactory, workspace: workspace.json}"), 2, "output.directory=written")
    assert_same(table("regions", "toys"), table("written", "toys"), "regions and a workspace")
    assert summary("regions")["hypotheses"] == summary("written")["hypotheses"]

    # other questions
    run("three.yaml", 2, "hypotheses=[]", "limit={pilot: 100}", "statistic=qmu_tilde", "output.directory=limits")
    assert all(m["upper_limit"]["observed"] > 0 for m in summary("limits")["models"])
    run("two.yaml", 2, "hypotheses=[]", "discovery=true", "statistic=q0", "output.directory=discovery")
    assert all(0 < m["discovery"]["p0"] < 1 for m in summary("discovery")["models"]) and "global" not in summary("discovery")
    for k in (1, 2):
        run("three.yaml", 1, "--slice", f"{k}/2", "output.directory=farm")
    umbra("merge", "farm/slice-1-of-2", "farm/slice-2-of-2", "--output", "farm", "--quiet")
    assert_same(table("three", "toys"), table("farm", "toys"), "2 slices")

    # what is wrong is told in one go, with its place
    faults(["bad.yaml:5:", "each of several models has a name"], "[{" + COUNTING + "}]")
    faults(["'a' is the name of another model too", "'a/b' has a '/'", "unknown toy model 'countin'"],
           several(("a", COUNTING), ("a", COUNTING), ("a/b", COUNTING), ("c", "type: countin")))
    faults(["the list is empty"], "[]")
    faults(["region", "name", "observed", "stands twice", "uncertainty"],
           "{type: regions, regions: [{name: A, background: 1}, {name: B, observed: 1, background: 1, uncertainty: -1}, {name: B, observed: 1, background: 1, signal: 1}]}")
    faults(["no region has a signal"], "{type: regions, regions: [{name: A, observed: 1, background: 1}]}")
    faults(["expected a list of"], "{type: regions, regions: 5}")
    text = umbra("run", "two.yaml", "hypotheses=[]", "discovery=true", "statistic=q0", "stop={precision: {quantity: global_p, relative: 0.1}}", "output.directory=bad", expect=2)
    assert "a and b" in text or "b and a" in text, text
