"""Learning as a user does it: the same points on 1 and 4 ranks and after kills; predict, serve and scan with the model; bad input."""

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

umbra = os.environ["UMBRA_PROGRAM"]
work = tempfile.mkdtemp(prefix="umbra-learning-")
os.environ["OMPI_ALLOW_RUN_AS_ROOT"] = os.environ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"

JOB = """
name: learning
seed: 5
workflow: learn
parameters:
  - {name: x, unit: GeV, prior: flat, range: [-5, 5]}
  - {name: y, prior: log, range: [1, 100]}
require: "x > -4.5"
model: {type: rastrigin}
target: {class: "x^2 + (ln(y) - 2.3)^2 < 3"}
start: {evaluations: 200}
committee: {type: networks, members: 3, hidden: [16, 16], epochs: 30, learning_rate: 0.005}
query: {candidates: 4000, batch: 50, slice: 500}
test: {evaluations: 1000}
stop: {evaluations: 500}
slha: {MINPAR 1: x, MINPAR 2: y}
"""


def run(*words, code=0):
    done = subprocess.run([umbra, *words], cwd=work, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def write(name, text):
    with open(os.path.join(work, name), "w") as f:
        f.write(text)
    return name


def points(run_directory):
    import h5py

    with h5py.File(os.path.join(work, run_directory, "results.h5")) as f:
        table = {k: v[()].tobytes() for k, v in f["points"].items() if k not in ("rank", "host", "start", "duration")}
        curve = {k: v[()].tobytes() for k, v in f["learning"].items() if hasattr(v, "shape")}
        assert len(f["points/id"]) == 500 and len(f["test/id"]) == 1000
    with open(os.path.join(work, run_directory, "model/committee.bin"), "rb") as f:
        return table, curve, f.read()


write("job.yaml", JOB)
try:
    import h5py  # noqa: F401
except ImportError:
    print("h5py is missing: skipped")
    sys.exit(77)

# The same points, curve and model on 1 and 4 ranks, and after kills at any stage and on another number of ranks; for trees and for networks.
for committee in ("committee={type: forest, trees: 40}", None):
    more = ["--quiet", "--fresh"] + ([committee] if committee else [])
    if committee and "no XGBoost" in subprocess.run([umbra, "run", "job.yaml", *more, "output.directory=one"], cwd=work, capture_output=True, text=True).stderr:
        continue
    began = time.monotonic()
    run("run", "job.yaml", *more, "output.directory=one")
    took = time.monotonic() - began
    one = points("one")
    run("run", "job.yaml", "--ranks", "4", *more, "output.directory=four")
    assert points("four") == one, f"4 ranks choose other points ({committee})"
    more.remove("--fresh")
    shutil.rmtree(os.path.join(work, "killed"), ignore_errors=True)
    kills = 0
    for share in (0.3, 0.5, 0.6, 0.7):
        process = subprocess.Popen([umbra, "run", "job.yaml", *more, "output.directory=killed"], cwd=work)
        try:
            process.wait(share * took)
        except subprocess.TimeoutExpired:
            kills += 1
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert kills > 0, "no kill met the campaign"
    run("run", "job.yaml", "--ranks", "2", *more, "output.directory=killed")
    assert points("killed") == one, f"kills change the points ({committee})"
with open(os.path.join(work, "one/summary.json")) as f:
    summary = json.load(f)
assert summary["evaluations"] == 500 and summary["accuracy"] > 0.93 and summary["auc"] > 0.97, summary

# Told to stop earlier, a finished campaign stays as it is.
run("run", "job.yaml", "--quiet", "output.directory=one", "stop.evaluations=400")
assert points("one") == one, "an earlier end changes a finished campaign"

# What choosing saves, against a run whose points were drawn; with nothing else changed, the campaign's end is told anew.
run("run", "job.yaml", "--quiet", "output.directory=drawn", "start={sampler: random, evaluations: 1000}", "stop.evaluations=1000")
run("run", "job.yaml", "--quiet", "--fresh", "output.directory=compared", "baseline=drawn")
with open(os.path.join(work, "compared/summary.json")) as f:
    gain = json.load(f)["gain"]
with h5py.File(os.path.join(work, "drawn/results.h5")) as a, h5py.File(os.path.join(work, "compared/results.h5")) as b:
    level, curve, n = a["learning/accuracy"][-1], b["learning/accuracy"][()].tolist(), b["learning/evaluations"][()].tolist()
first = max([i + 1 for i, q in enumerate(curve) if q < level], default=0)
low, high = n[max(first - 1, 0)], n[first]
assert 1000 / high <= gain <= 1000 / low, (gain, level, curve)
_, err = run("run", "job.yaml", "--quiet", "output.directory=never", "baseline=missing", code=2)
assert "baseline" in err and "missing" in err, err
# ... which must be of the same problem, and measured.
_, err = run("run", "job.yaml", "--quiet", "output.directory=never", "baseline=drawn", "target={status: ok}", code=2)
assert "something else" in err and "target" in err, err
run("run", "job.yaml", "--quiet", "output.directory=untested", "test.evaluations=0", "stop.evaluations=300")
with h5py.File(os.path.join(work, "untested/results.h5")) as f:
    assert all(a != a for a in f["learning/accuracy"][()].tolist() + f["learning/brier"][()].tolist()), "no test point, and an accuracy"
_, err = run("run", "job.yaml", "--quiet", "output.directory=never", "baseline=untested", code=2)
assert "test point" in err, err

# All points of an earlier run count, also those that teach nothing (here: skipped by `require`). A start set may be of any sampler that gives it in one go.
run("run", "job.yaml", "--quiet", "output.directory=from", "start={from: drawn}", "stop.evaluations=100")
with h5py.File(os.path.join(work, "from/results.h5")) as f:
    assert f["learning/evaluations"][0] == 1000 and f["learning/training_points"][0] < 1000, f["learning/training_points"][()]
run("run", "job.yaml", "--quiet", "output.directory=hypercube", "start={sampler: latin_hypercube, evaluations: 200}", "stop.evaluations=250")

# Stopped by its walltime, it leaves the newest model, and goes on when it is run again.
for attempt in range(20):
    run("run", "job.yaml", "--quiet", "output.directory=timed", "stop={walltime: 5s}", code=75)
    if os.path.exists(os.path.join(work, "timed/model/model.json")):
        break
with open(os.path.join(work, "timed/model/model.json")) as f:
    card = json.load(f)
assert card["evaluations"] >= 200 and card["metrics"]["accuracy"] > 0.5 and sum(b["points"] for b in card["calibration"]) > 800, card

# predict: CSV in any order of columns, HDF5, SLHA; a warning outside the box.
write("points.csv", "y,x\n10,0\n90,4\n10,99\n")
out, err = run("predict", "one/model", "points.csv")
rows = list(csv.DictReader(out.splitlines()))
assert [r["class"] for r in rows[:2]] == ["1", "0"] and [r["outside_box"] for r in rows] == ["0", "0", "1"], out
assert "point 2" in err and "x = 99" in err, err
out, err = run("predict", "one/model", "one")
assert len(out.splitlines()) == 501
with h5py.File(os.path.join(work, "one/three.h5"), "w") as f:  # beside a result: the file that is named counts
    f["x"], f["y"] = [0.0, 4.0, 0.1], [10.0, 90.0, 10.0]
out, err = run("predict", "one/model", "one/three.h5")
assert [line.split(",")[1] for line in out.splitlines()] == ["class", "1", "0", "1"], out
write("point.slha", "Block MINPAR\n 1 0.0 # x\n 2 10 # y\n")
out, err = run("predict", "one/model", "point.slha")
assert out.splitlines()[1].startswith("0,1,"), out
for entry, word in (("EXTPAR 99=M9", "M9"), ("nonsense=x", "nonsense")):
    out, err = run("predict", "one/model", "point.slha", "--slha", entry, code=1)
    assert word in err, err
for name, text, word in (("twice.csv", "x,x,y\n1,2,3\n", "twice"), ("missing.csv", "x\n1\n", "y"), ("extra.csv", "x,y,zz\n1,2,3\n", "zz"), ("short.csv", "x,y\n1\n", ":2:"), ("words.csv", "x,y\n1,abc\n", "abc"), ("empty.csv", "", "empty")):
    out, err = run("predict", "one/model", write(name, text), code=1)
    assert word in err, (name, err)

# No point that a model was trained on lies outside its box, also where parameters depend on each other.
write("correlated.yaml", """
name: correlated
workflow: learn
parameters:
  - {prior: correlated_normal, names: [x, y], mean: [0, 0], sigma: [1, 1], correlation: [[1, 0.95], [0.95, 1]]}
  - {name: z, prior: discrete, values: [1, 2, 5, 7]}
  - {name: w, prior: derived, expression: "x + z"}
model: {type: rosenbrock}
target: {class: "y > 0"}
start: {evaluations: 200}
committee: {type: networks, members: 2, hidden: [8], epochs: 10}
query: {candidates: 1000, batch: 20, slice: 500}
test: {evaluations: 300}
stop: {evaluations: 260}
""")
run("run", "correlated.yaml", "--quiet")
out, err = run("predict", "runs/correlated/model", "runs/correlated")
assert [row["outside_box"] for row in csv.DictReader(out.splitlines())] == ["0"] * 260, out

# Models that are truncated or altered.
for how in ("truncated", "altered", "card"):
    shutil.copytree(os.path.join(work, "one/model"), os.path.join(work, how))
    path = os.path.join(work, how, "model.json" if how == "card" else "committee.bin")
    data = bytearray(open(path, "rb").read())
    if how == "truncated":
        data = data[:-9]
    elif how == "altered":
        data[len(data) // 2] ^= 1
    else:  # parameters in another order
        data = data.replace(b'"name": "x"', b'"name": "y"', 1)
    open(path, "wb").write(data)
    out, err = run("predict", how, "points.csv", code=1)
    assert "truncated" in err or "altered" in err, (how, err)

# The model as an evaluator.
write("scan.yaml", """
name: scan
workflow: scan
parameters: [{name: y, range: [0.5, 100]}, {name: x, range: [-4, 4]}]
model: {type: learned, path: one/model}
sampler: {type: sobol}
stop: {evaluations: 256}
""")
run("run", "scan.yaml", "--quiet")
with open(os.path.join(work, "runs/scan/summary.json")) as f:
    statuses = json.load(f)["statuses"]
assert statuses.get("outside_box", 0) >= 1 and sum(statuses.values()) == 256, statuses

# Its path is relative to the job file's folder; the column of a number is named by the job, or apart from what the job has itself.
os.makedirs(os.path.join(work, "elsewhere"))
done = subprocess.run([umbra, "run", "../scan.yaml", "--quiet", "--fresh"], cwd=os.path.join(work, "elsewhere"), capture_output=True, text=True, timeout=300)
assert done.returncode == 0, done.stderr
run("run", "job.yaml", "--quiet", "output.directory=number", "target={columns: [log_likelihood]}", "stop.evaluations=250")
for more, column in ((), "predicted_log_likelihood"), (("model.column=emulated",), "emulated"):
    run("run", "scan.yaml", "--quiet", "--fresh", "model.path=number/model", *more)
    with h5py.File(os.path.join(work, "runs/scan/results.h5")) as f:
        values = f["points/" + column][()]
        assert (values == values).sum() > 100, column  # NaN outside the box

# serve.
server = subprocess.Popen([umbra, "serve", "one/model", "--port", "0", "--max-bytes", "100000", "--at-once", "2"], cwd=work, stdout=subprocess.PIPE, text=True)
try:
    address = server.stdout.readline().split(" on ")[1].split(" ")[0]

    def ask(path, body=None):
        try:
            with urllib.request.urlopen(urllib.request.Request(address + path, data=body), timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    assert ask("/")[1]["parameters"][0]["name"] == "x" and ask("/")[1]["parameters"][0]["unit"] == "GeV"
    status, answer = ask("/predict", json.dumps({"points": [{"x": 0, "y": 10}, [4, 90], {"y": 10, "x": 99}]}).encode())
    assert status == 200 and [p["class"] for p in answer["predictions"][:2]] == [1, 0] and "x = 99" in answer["predictions"][2]["warning"], answer
    status, answer = ask("/predict", json.dumps({"parameters": ["y", "x"], "points": [[10, 0]]}).encode())
    assert status == 200 and answer["predictions"][0]["class"] == 1, answer
    bad = [b"{nonsense", b"[]", b'{"points": 3}', b'{"points": [{"x": 1}]}', b'{"points": [{"x": 1, "y": 2, "z": 3}]}', b'{"points": [[1]]}', b'{"points": [["a", 2]]}',
           b'{"parameters": ["x"], "points": []}', b"\xff\xfe\x00", b'{"points": [[' + b"[" * 45000 + b"]" * 45000 + b", 2]]}"]
    for body in bad:
        status, answer = ask("/predict", body)
        assert status == 400 and len(answer["error"]) > 10, (body, status, answer)
    status, answer = ask("/predict", b" " * 200000)
    assert status == 413 and "larger" in answer["error"], answer
    assert ask("/nothing")[0] == 404
    # As many as are allowed that never send their body: the next is told to come again, until they are gone.
    good = json.dumps({"parameters": ["x", "y"], "points": [[0, 10]]}).encode()
    host, port = address.removeprefix("http://").split(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(2)]
    for connection in idle:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    end = time.monotonic() + 8
    while (answer := ask("/predict", good))[0] != 503:
        assert answer[0] == 200 and time.monotonic() < end, answer
    assert "at once" in answer[1]["error"], answer
    for connection in idle:
        connection.close()
    end = time.monotonic() + 20
    while (answer := ask("/predict", good))[0] != 200:
        assert answer[0] == 503 and time.monotonic() < end, answer
    # Those who never end their header keep nobody waiting.
    slow = [socket.create_connection((host, int(port))) for _ in range(12)]
    for connection in slow:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Le")
    began = time.monotonic()
    assert ask("/predict", good)[0] == 200 and time.monotonic() - began < 10
    for connection in slow:
        connection.close()
    many = json.dumps({"parameters": ["x", "y"], "points": [[0, 10]] * 5000}).encode()
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(ask("/predict", many)[0])) for _ in range(24)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert set(seen) <= {200, 503} and 200 in seen, seen
    assert ask("/")[0] == 200, "the service died"
finally:
    server.terminate()
    server.wait(10)

# Faults of the job file, all in one go, before anything runs.
out, err = run("run", write("bad.yaml", JOB.replace("batch: 50", "batch: 70, scores: margin").replace("networks", "network").replace("x^2", "xx^2")), code=2)
for word in ("scores", "network", "xx", "evaluations"):
    assert word in err, (word, err)
bad = {"random_share": ("query.choice=k_centre", "query.random_share=0.5"), "among": ("query.among=5",), "candidates": ("query.pool=points.csv",), "where": ("start.where=x > 0",),
       "least_gain": ("stop.least_gain=0.1",), "nosuch": ("slha={MINPAR 1: nosuch}",), "expected a map": ("slha=[1, 2]",), "max_points": ("committee={type: gaussian_process, max_points: 400}",)}
for word, overrides in bad.items():
    out, err = run("run", "job.yaml", "output.directory=never", *overrides, code=2)
    assert word in err, (word, err)
out, err = run("run", "job.yaml", "--quiet", "output.directory=huge", "constraints=[{column: x, name: c, type: normal, value: 0, sigma: 1e-15}]", "target={columns: [lnL_c]}", code=1)
assert "lnL_c" in err and "1e+15" in err, err
# A list of candidates: each once, where `require` holds.
write("pool.csv", "x,y\n" + "".join(f"{-4.9 + 9.8 * i / 199:.4f},{1 + i % 20}\n" * 2 for i in range(200)))
query = "query={pool: pool.csv, batch: 50, slice: 500, random_share: 0.5}"
run("run", "job.yaml", "--quiet", "output.directory=pool", query, "stop={standing_still: 100}")
with h5py.File(os.path.join(work, "pool/results.h5")) as f:
    chosen = f["points/id"][()] >= 200
    places = set(zip(f["points/x"][chosen].tolist(), f["points/y"][chosen].tolist()))
    assert len(places) == chosen.sum() > 150 and min(x for x, _ in places) > -4.5, (len(places), chosen.sum())
out, err = run("run", write("one_class.yaml", JOB.replace("< 3", "< 3000")), code=1)
assert "class 1" in err and "larger start" in err, err
shutil.rmtree(work)
print("ok")
