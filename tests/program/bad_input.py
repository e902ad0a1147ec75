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
    ("stop: {evaluations: 100}", "stop: {evaluation: 100}", ["stop: unknown key 'evaluation', did you mean 'evaluations'"]),
    ("stop: {evaluations: 100}", "stop: {type: grid, points: 3, evaluations: 5}", ["stop: unknown key 'type'", "stop: unknown key 'points'"]),
    ("sampler: {type: random}", "sampler: {type: nested, remaining_evidence: 0.1}\nstop: {remaining_evidence: 0.2}", ["a second time"]),
    ("range: [-5, 5]", "range: [-1.7e308, 1.7e308]", ["wider than the largest number"]),
    ("prior: flat, range: [-5, 5]", "prior: normal, mean: inf, sigma: 1", ["'inf' is not finite"]),
    ("sampler: {type: random}", "sampler: {type: random}\nrequire: [1]", ["require: expected an expression", "found a list"]),
    ("sampler: {type: random}", "sampler: {type: random}\nrequire: null", ["require: expected an expression", "found nothing"]),
    ("sampler: {type: random}", "sampler: {type: differential_evolution, look_ahead: 1000000}", ["look_ahead: 1000000", "take at most"]),
    ("sampler: {type: random}", "sampler: {type: random}\nconstraints: [{column: x, type: upper, value: 1, name: a}, {column: y, type: upper, value: 1, name: a}]",
     ["two constraints are called 'a'"]),
    ("seed: 1", "seed: 18446744073709551616", ["seed", "out of range"]),
    ("seed: 1", "seed: &x [*x]", ["contains itself"]),
    ("model: {type: rosenbrock}", "---\nmodel: {type: rosenbrock}", ["second document"]),
    (PARAMETERS, "parameters: []\n", ["parameters"]),
    (PARAMETERS, "parameters: [{name: x, prior: fixed, value: 3}]\n", ["fixed"]),
    ("parameters:", "parameters: [", ["YAML"]),
]

# a fault in each section: none hides another, and none brings false ones
MANY = """
name: many
sed: 3
parameters:
  - {name: x, range: [5, -5]}
  - {name: y, range: [-5, 5]}
require: "z > 0"
model: {type: rosenbrok}
constraints:
  - {column: perhaps, type: normal, value: 1, sigma: 1}
  - {column: x, type: nrmal, value: 1, sigma: 1}
  - {column: x, type: upper, value: 1, sigma: 1}
  - {include: survey}
sampler: {type: random, foo: 1}
stop: {evaluations: abc}
failures: {budget: 2}
output: {directory: out, save_evry: 3s}
"""
ALL_OF_MANY = ["3:1: job: unknown key 'sed'", "5:22:", "upside down", "7:10:", "unknown name 'z'", "8:15:", "'rosenbrock'", "11:23:", "unknown constraint 'nrmal'", "12:5:", "a step has no errors",
               "14:25:", "'foo'", "15:21:", "'abc'", "16:20:", "budget", "17:26:", "save_every"]
NONE_OF_MANY = ["perhaps", "when to stop", "survey", "m_h"]

with Folder():
    write("many.yaml", MANY)
    text = run("many.yaml", expect=2)
    assert all(w in text for w in ALL_OF_MANY), ([w for w in ALL_OF_MANY if w not in text], text)
    assert not any(w in text for w in NONE_OF_MANY), text
    assert not os.path.exists("out")

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

    # overrides: their faults are told of them, not of a place in the file
    write("good.yaml", GOOD)
    for word, expected in (("seed=abc", "override seed: job: seed: expected a whole number"), ("stop.evalutions=5", "override stop.evalutions: stop: unknown key"),
                           ("sampler={type: rndom}", "override sampler: unknown sampler 'rndom'"), ("name=[1", "override name: not valid YAML")):
        text = run("good.yaml", 1, word, expect=2)
        assert expected in text and "good.yaml:" not in text, text
    with open("latin.yaml", "wb") as f:
        f.write(GOOD.replace("name: good", "name: caf\u00e9").encode("latin-1"))
    assert "latin.yaml:2:10: the byte 0xE9 is not UTF-8" in run("latin.yaml", expect=2)
    assert not os.path.exists("out")

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
