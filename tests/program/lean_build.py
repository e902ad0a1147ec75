"""A build without XGBoost and cpp-httplib says what it lacks, and does all the rest: it trains networks, and predicts with forests that others trained. Nightly: it builds Umbra anew."""
import os
import subprocess
import sys

from campaigns import SOURCE, UMBRA, Folder, check, write

JOB = """
name: learning
seed: 5
workflow: learn
parameters:
  - {name: x, range: [-5, 5]}
  - {name: y, range: [0, 1]}
model: {type: rastrigin}
target: {class: "x > y"}
start: {evaluations: 100}
committee: COMMITTEE
query: {candidates: 1000, batch: 50}
test: {evaluations: 500}
stop: {evaluations: 200}
"""


def call(program, *words, expect=0):
    return check(subprocess.run([program, *words], capture_output=True, text=True, timeout=300), expect)


if "UMBRA_NIGHTLY" not in os.environ:
    print("skipped: only nightly (set UMBRA_NIGHTLY)", file=sys.stderr)
    sys.exit(77)
with Folder():
    without = ["-DUMBRA_XGBOOST=OFF", "-DUMBRA_HTTPLIB=OFF", "-DUMBRA_TESTS=OFF", "-DCMAKE_BUILD_TYPE=Release"]
    subprocess.run(["cmake", "-S", SOURCE, "-B", "build", "-G", "Ninja", *without], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "build", "--parallel", "2"], check=True, stdout=subprocess.DEVNULL)
    lean = os.path.abspath("build/bin/umbra")
    linked = subprocess.run(["ldd", lean], capture_output=True, text=True, check=True).stdout
    assert "xgboost" not in linked, linked

    write("forest.yaml", JOB.replace("COMMITTEE", "{type: forest, trees: 20}"))
    write("networks.yaml", JOB.replace("COMMITTEE", "{type: networks, members: 2, hidden: [8]}"))
    write("points.csv", "x,y\n3,0.5\n-3,0.5\n")
    text = call(lean, "run", "forest.yaml", expect=2)
    assert "forest.yaml:10" in text and "XGBoost" in text and not os.path.exists("runs"), text

    call(lean, "run", "networks.yaml", "--quiet", "output.directory=networks")
    call(UMBRA, "run", "forest.yaml", "--quiet", "output.directory=forest")
    for model in ("networks", "forest"):
        answers = [call(program, "predict", f"{model}/model", "points.csv") for program in (lean, UMBRA)]
        assert answers[0] == answers[1] and [line.split(",")[1] for line in answers[0].splitlines()[1:3]] == ["1", "0"], answers
    text = call(lean, "serve", "forest/model", expect=2)
    assert "httplib" in text, text
