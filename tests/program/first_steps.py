"""What the README promises a new user: new, run, status, list, and a result that h5py and h5ls read."""
import json
import os
import subprocess

import h5py
import numpy

from campaigns import SOURCE, Folder, run, summary, table, umbra, write

with Folder():
    write("scan.yaml", umbra("new", "scan"))
    run("scan.yaml", 2, "stop.evaluations=3000")
    points = table("runs/my-scan")
    assert len(points["id"]) == 3000 and (points["id"] == numpy.arange(3000)).all()
    assert {"x", "y", "u_x", "u_y", "status", "rank", "host", "start", "duration", "log_likelihood"} <= points.keys()
    s = summary("runs/my-scan")
    best = points["log_likelihood"].argmax()
    assert s["evaluations"] == 3000 and s["statuses"] == {"ok": 3000}
    assert s["best"]["id"] == best and s["best"]["parameters"]["x"] == points["x"][best]
    with h5py.File("runs/my-scan/results.h5") as f:
        assert f["points/x"].attrs["role"] in (b"parameter", "parameter")
        assert f["summary"].attrs["evaluations"] == 3000
        sessions = json.loads(f.attrs["sessions"])
        assert len(sessions) == 1 and sessions[0]["ranks"] == 2 and sessions[0]["end"] > sessions[0]["start"]
        for name in ("schema_version", "version", "job", "seed", "build", "cpu_features"):
            assert name in f.attrs, name
    listing = subprocess.run(["h5ls", "runs/my-scan/results.h5/points"], capture_output=True, text=True, check=True).stdout
    assert "log_likelihood           Dataset {3000}" in listing, listing

    status = json.loads(umbra("status", "runs/my-scan", "--json"))
    assert status["state"] == "complete" and status["done"] == 3000
    assert "complete" in umbra("status", "runs/my-scan")
    umbra("status", "nowhere", expect=1)
    for what in ("workflows", "samplers", "models", "priors", "constraints", "sets", "presets"):
        assert len(umbra("list", what)) > 50, what
    assert "particles" in umbra("list", "samplers")
    umbra("list", "smaplers", expect=2)
    umbra("new", "scam", expect=2)

    # the lines of the README that read the result, also where points failed
    with open(os.path.join(SOURCE, "README.md")) as f:
        lines = f.read().split("```python\n")[1].split("```")[0]
    run("scan.yaml", 1, "stop.evaluations=500", "model={type: fail, shares: {exit_code: 0.2}}", "output.directory=fails")
    found = {}
    exec(lines.replace("runs/my-scan", "fails"), found)
    s = summary("fails")
    assert s["statuses"]["exit_code"] > 50 and found["best"] == s["best"]["id"]

    # the campaign is extended: the old rows stay, new ones follow
    run("scan.yaml", 3, "stop.evaluations=5000")
    longer = table("runs/my-scan")
    assert len(longer["id"]) == 5000
    for c in points:
        assert (longer[c][:3000] == points[c]).all(), c
    # and is not run again where it is complete
    run("scan.yaml", 1, "stop.evaluations=5000")
    assert (table("runs/my-scan")["start"] == longer["start"]).all()
