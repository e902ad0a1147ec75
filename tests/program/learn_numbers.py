"""Learning several numbers at once: each by its own committee, the same on any number of ranks and after a kill; predicted, scanned and served."""
import csv
import json
import signal
import subprocess
import time
import urllib.request

import h5py
import numpy

from campaigns import UMBRA, Folder, command, run, summary, umbra, write

# `half` has a number that can be learnt where x > 0 only, `large` one 10^6 times as big as `small`.
JOB = """
name: numbers
seed: 5
workflow: learn
parameters:
  - {name: x, unit: GeV, range: [-1, 1]}
  - {name: y, range: [-1, 1]}
model: {type: rastrigin}
constraints:
  - {name: small, type: expression, expression: "-x^2 - 1"}
  - {name: large, type: expression, expression: "-1e6 * (y^2 + 1)"}
  - {name: half, type: expression, expression: "x * y - 1e20 * (x < 0)"}
target: {columns: [lnL_small, lnL_large, lnL_half]}
start: {sampler: random, evaluations: 200}
committee: {type: networks, members: 3, hidden: [16, 16], epochs: 60, learning_rate: 0.01}
query: {candidates: 2000, batch: 50, slice: 500}
test: {evaluations: 1000}
stop: {evaluations: 400}
output: {directory: out}
"""
NAMES = ["lnL_small", "lnL_large", "lnL_half"]


def result(directory):
    with h5py.File(f"{directory}/results.h5") as f:
        same = {f"{g}/{k}": v[()].tobytes() for g in ("points", "learning", "test") for k, v in f[g].items() if k not in ("rank", "host", "start", "duration")}
    with open(f"{directory}/model/committee.bin", "rb") as f:
        return same, f.read()


def rows(text):
    return list(csv.DictReader(text.splitlines()))


with Folder():
    write("job.yaml", JOB)
    began = time.monotonic()
    run("job.yaml", 1, "output.directory=one")
    took = time.monotonic() - began
    one = result("one")
    run("job.yaml", 4, "output.directory=four")
    assert result("four") == one, "4 ranks"
    for share in (0.3, 0.6):
        process = subprocess.Popen(command("job.yaml", 1, "output.directory=killed"))
        try:
            process.wait(share * took)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    run("job.yaml", 2, "output.directory=killed")
    assert result("killed") == one, "kills"

    # each number is learnt, whatever its unit, and from the points that have it
    s = summary("one")
    for name in NAMES:
        assert s[f"r2_{name}"] > 0.9, s
    assert abs(s["r2"] - sum(s[f"r2_{n}"] for n in NAMES) / 3) < 1e-12, s
    with h5py.File("one/results.h5") as f:
        assert {f"r2_{n}" for n in NAMES} | {"r2"} <= set(f["learning"]) and f["learning/training_points"][-1] == 400, list(f["learning"])
        x, y = f["test/x"][()], f["test/y"][()]
    own = {"lnL_small": -x**2 - 1, "lnL_large": -1e6 * (y**2 + 1), "lnL_half": x * y}
    write("points.csv", "x,y\n" + "".join(f"{float(a)!r},{float(b)!r}\n" for a, b in zip(x, y)))
    table = rows(umbra("predict", "one/model", "points.csv", timeout=60))
    assert list(table[0]) == ["point"] + [c for n in NAMES for c in (n, f"spread_{n}")] + ["outside_box"], list(table[0])
    for name in NAMES:
        at = x >= 0 if name == "lnL_half" else numpy.full(len(x), True)
        said = numpy.array([float(r[name]) for r in table])[at]
        assert abs(numpy.sqrt(numpy.mean((said - own[name][at]) ** 2)) - s[f"rms_{name}"]) < 1e-3 * s[f"rms_{name}"], name

    # one of them by itself is the model of a job for it
    run("job.yaml", 1, "target={columns: [lnL_small]}", "output.directory=alone", "stop.evaluations=200")
    run("job.yaml", 1, "output.directory=first", "stop.evaluations=200")
    a, b = rows(umbra("predict", "alone/model", "points.csv")), rows(umbra("predict", "first/model", "points.csv"))
    assert [r["lnL_small"] for r in a] == [r["lnL_small"] for r in b] and "spread" in a[0], a[0]

    # candidates are chosen by all numbers, each in its own unit: without that only the largest one would count
    run("job.yaml", 1, "target={columns: [lnL_large]}", "output.directory=large", "stop.evaluations=250")
    def chosen(directory):
        with h5py.File(f"{directory}/results.h5") as f:
            return f["points/x"][200:250]
    assert chosen("one").tobytes() != chosen("large").tobytes()
    run("job.yaml", 1, "output.directory=scaled", "stop.evaluations=250",
        'constraints=[{name: small, type: expression, expression: "-1e6 * (x^2 + 1)"}, {name: large, type: expression, expression: "-(y^2 + 1)"}, {name: half, type: expression, expression: "x * y - 1e20 * (x < 0)"}]')
    assert len(set(chosen("one")) & set(chosen("scaled"))) > 40, "units matter"

    # scanned and served
    write("scan.yaml", "name: scan\nseed: 2\nparameters:\n  - {name: x, range: [-0.9, 0.9]}\n  - {name: y, range: [-0.9, 0.9]}\nmodel: {type: learned, path: one/model}\n"
          "sampler: {type: random}\nstop: {evaluations: 50}\noutput: {directory: scan}\n")
    run("scan.yaml", 2)
    with h5py.File("scan/results.h5") as f:
        points = {k: f["points"][k][()] for k in f["points"]}
    assert numpy.allclose(points["predicted_lnL_small"], -points["x"] ** 2 - 1, atol=0.2) and "spread_lnL_half" in points, list(points)
    text = umbra("run", "scan.yaml", "model.column=value", "output.directory=none", expect=2)
    assert "keep their names" in text, text
    service = subprocess.Popen([UMBRA, "serve", "one/model", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        address = service.stdout.readline().split(" on ")[1].split(" ")[0]
        about = json.load(urllib.request.urlopen(address, timeout=20))
        assert [c["name"] for c in about["columns"]] == NAMES, about
        request = urllib.request.Request(address.rstrip("/") + "/predict", json.dumps({"points": [[0.5, 0.25]]}).encode())
        answer = json.load(urllib.request.urlopen(request, timeout=20))["predictions"][0]
        assert list(answer["values"]) == NAMES and abs(answer["values"]["lnL_large"] + 1e6 * 1.0625) < 1e5 and answer["spreads"]["lnL_large"] > 0, answer
    finally:
        service.terminate()
        service.wait(20)

    for words, target in ((["stands twice", "target"], "{columns: [lnL_small, lnL_small]}"), (["no column 'lnL_smal'", "lnL_small"], "{columns: [lnL_large, lnL_smal]}"),
                          (["the list is empty"], "{columns: []}")):
        text = umbra("run", "job.yaml", f"target={target}", "output.directory=none", expect=2)
        assert all(w in text for w in words), text
