"""Every fault of a job file is one clear message, exit code 2, and nothing is overwritten."""
import os

from campaigns import Folder, run, umbra, write

GOOD = """
name: good
seed: 1
workflow: scan
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: rosenbrock}
sampler: {type: random}
stop: {evaluations: 100}
output: {directory: out}
"""

PARAMETERS = GOOD[GOOD.index("parameters:"):GOOD.index("model:")]

# what is replaced, by what, and words that the message must have
FAULTS = [
    ("sampler: {type: random}", "sampler: {type: particle_swram}", ["particle_swarm", "9:"]),
    ("sampler: {type: random}", "sampler: {type: random, patricles: 3}", ["patricles"]),
    ("range: [-5, 5]", "range: [5, -5]", ["upside down"]),
    ("range: [-5, 5]", "range: [5, 5]", ["empty"]),
    ("range: [-5, 5]", "range: [a, 5]", ["range"]),
    ("seed: 1", "seed: one", ["seed", "whole number"]),
    ("seed: 1", "sede: 1", ["sede", "seed"]),
    ("model: {type: rosenbrock}", "model: {type: rosenbrok}", ["rosenbrock"]),
    ("model: {type: rosenbrock}", "modle: {type: rosenbrock}", ["model"]),
    ("stop: {evaluations: 100}", "", ["when to stop"]),
    ("stop: {evaluations: 100}", "stop: {evaluations: -3}", ["evaluations"]),
    ("workflow: scan", "workflow: scna", ["scan"]),
    ("sampler: {type: random}", "sampler: {type: random}\nconstraints: [{column: m_h, type: normal, value: 1, sigma: 1}]", ["m_h"]),
    ("sampler: {type: random}", "sampler: {type: random}\nrequire: \"z > 0\"", ["z"]),
    ("sampler: {type: random}", "sampler: {type: nested, live_points: 5}", ["5 live points are too few for 2 dimensions", "at least 10"]),
    ("sampler: {type: random}", "sampler: {type: differential_evolution, population: 3}", ["population", "between 5"]),
    ("sampler: {type: random}", "sampler: {type: ensemble_mcmc, walkers: 2}", ["2 walkers do not do in 2 dimensions", "at least 4"]),
    ("sampler: {type: random}", "sampler: {type: random}\nstart: {from: nowhere}", ["nowhere", "run directory"]),
    ("name: y", "name: x", ["x"]),
    (PARAMETERS, "parameters: []\n", ["parameters"]),
    (PARAMETERS, "parameters: [{name: x, prior: fixed, value: 3}]\n", ["fixed"]),
    ("parameters:", "parameters: [", ["YAML"]),
]

with Folder():
    for old, new, words in FAULTS:
        assert old in GOOD
        write("bad.yaml", GOOD.replace(old, new))
        text = run("bad.yaml", expect=2)
        for w in words:
            assert w in text, f"{new!r}: the message lacks {w!r}:\n{text}"
        assert not os.path.exists("out"), f"{new!r}: something was written"

    # all faults in one go
    write("bad.yaml", GOOD.replace("seed: 1", "seed: one").replace("type: random", "type: rndom").replace("[-5, 5]", "[5, -5]"))
    text = run("bad.yaml", expect=2)
    assert len([line for line in text.splitlines() if line.startswith("bad.yaml:")]) >= 4, text
    run("missing.yaml", expect=2)
    assert "is a folder" in run(".", expect=2)
    umbra("run", expect=2)
    umbra("frobnicate", expect=2)

    # a run directory that holds another job, or something else, is left alone
    write("good.yaml", GOOD)
    run("good.yaml")
    before = open("out/results.h5", "rb").read()
    text = run("good.yaml", 1, "seed=2", expect=2)
    assert "seed: was 1, is 2" in text and "--fresh" in text, text
    assert open("out/results.h5", "rb").read() == before
    run("good.yaml", 1, "--fresh", "seed=2")  # with the word
    assert open("out/results.h5", "rb").read() != before
    assert "seed: was 2, is 1" in run("good.yaml", expect=2)
    os.mkdir("mine")
    write("mine/thesis.tex", "precious")
    text = run("good.yaml", 1, "output.directory=mine", expect=2)
    assert "nothing there was touched" in text, text
    assert os.listdir("mine") == ["thesis.tex"]
    text = run("bad.yaml", 2, expect=2)  # the same message, once, from several ranks
    assert text.count("bad.yaml:3:") == 1, text
