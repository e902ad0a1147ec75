"""Every fault of a workspace, a patch or a patch set is one message with its file and JSON path, exit code 2, and nothing is written."""
import copy
import hashlib
import json
import os

from campaigns import SOURCE, Folder, run, summary, write

WORKSPACE = json.load(open(f"{SOURCE}/tests/data/on_off.json"))
JOB = "name: bad\nworkflow: toys\nmodel: {type: histfactory, workspace: search.json%s}\nhypotheses: [1]\nstop: {toys: 100}\noutput: {directory: out}\n"


def digest(document):
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def patch_set(document, **more):
    move = [{"op": "replace", "path": "/channels/0/samples/0/data", "value": [12.0]}]
    astray = [{"op": "replace", "path": "/channels/3/samples/0/data", "value": [12.0]}]
    longer = [{"op": "replace", "path": "/channels/0/samples/0/data", "value": [12.0, 3.0]}]
    patches = [{"metadata": {"name": n, "values": [v]}, "patch": p} for n, v, p in (("light", 100, move), ("astray", 200, astray), ("longer", 300, longer))]
    return {"version": "1.0.0", "metadata": {"labels": ["mass"], "digests": {"sha256": digest(document)}, "description": "", "references": {}} | more, "patches": patches}


def fault(words, change=lambda w: None, model="", patch=None):
    workspace = copy.deepcopy(WORKSPACE)
    change(workspace)
    write("search.json", json.dumps(workspace))
    if patch is not None:
        write("patch.json", json.dumps(patch))
    write("bad.yaml", JOB % model)
    text = run("bad.yaml", expect=2)
    lines = [line for line in text.splitlines() if line.startswith("bad.yaml:")]
    assert len(lines) == 1 and lines[0].startswith("bad.yaml:3:"), text
    for word in words:
        assert word in text, f"the message lacks {word!r}:\n{text}"
    assert not os.path.exists("out"), "something was written"


with Folder():
    sample = lambda w, i: w["channels"][0]["samples"][i]
    # the schema
    fault(["search.json: /: the key 'observations' is missing"], lambda w: w.pop("observations"))
    fault(["search.json: /channels/0: unknown key 'sample', did you mean 'samples'"], lambda w: w["channels"][0].update(sample=[]))
    fault(["search.json: /channels/0/samples/1/data/0: found string"], lambda w: sample(w, 1).update(data=["x"]))
    fault(["search.json: /channels/0/samples/1/modifiers/0/type: unknown modifier type 'shapesis', did you mean 'shapesys'"], lambda w: sample(w, 1)["modifiers"][0].update(type="shapesis"))
    fault(["search.json: /version: version '0.9'"], lambda w: w.update(version="0.9"))
    # the parameter of interest
    fault(["search.json: /measurements/0/config: the key 'poi' is missing"], lambda w: w["measurements"][0]["config"].pop("poi"))
    fault(["search.json: /measurements", "'mew', which no modifier defines"], lambda w: w["measurements"][0]["config"].update(poi="mew"))
    fault(["there is no parameter of interest to test"], lambda w: w["measurements"][0]["config"].update(poi=""))
    # the data
    fault(["search.json: /observations/0/data: 2 numbers for 1 bins"], lambda w: w["observations"][0].update(data=[31.0, 2.0]))
    fault(["search.json: /observations/0/data/0: -1 observed events"], lambda w: w["observations"][0].update(data=[-1.0]))
    fault(["search.json: /observations: channel 'on' has no observation"], lambda w: w.update(observations=[]))
    # patches
    one = ", patch: patch.json"
    fault(["patch.json: /1: 'replace' of /channels/3/samples/0/data does not apply"], model=one,
          patch=[{"op": "test", "path": "/version", "value": "1.0.0"}, {"op": "replace", "path": "/channels/3/samples/0/data", "value": [1.0]}])
    fault(["patch.json: /0: the key 'path' is missing"], model=one, patch=[{"op": "remove"}])
    fault(["patch.json: a set of patches: say which one with patch_name"], model=one, patch=patch_set(WORKSPACE))
    fault(["patch.json: /metadata/digests/sha256: the workspace has SHA-256", "use that workspace"], model=one + ", patch_name: light", patch=patch_set({"another": 1}))
    fault(["patch.json: /patches: no patch is called 'lihgt', did you mean 'light'"], model=one + ", patch_names: [lihgt]", patch=patch_set(WORKSPACE))
    fault(["patch.json: patch 'astray': /0: 'replace' of /channels/3"], model=one + ", patch_names: all", patch=patch_set(WORKSPACE))
    fault(["search.json with patch.json longer: /channels/0/samples/1/data: 1 numbers for 2 bins"], model=one + ", patch_names: [light, longer]", patch=patch_set(WORKSPACE))
    fault(["'light' stands twice"], model=one + ", patch_names: [light, light]", patch=patch_set(WORKSPACE))
    fault(["'patch_name' and 'patch_names' both"], model=one + ", patch_name: light, patch_names: all", patch=patch_set(WORKSPACE))
    fault(["add patch: FILE"], model=", patch_names: all")
    fault(["nowhere.json cannot be read"], model=", patch: nowhere.json")
    write("half.json", '[{"op": ')
    fault(["half.json is no JSON"], model=", patch: half.json")
    os.mkdir("folder")
    fault(["folder is a folder"], model=", patch: folder")
    fault(["patch.json' stands twice"], model=", patches: [patch.json, ./patch.json]", patch=[])
    # a parameter of one bin; an Asimov data set that cannot be
    fault(["'off[0]', which belongs to one bin"], lambda w: w["measurements"][0]["config"].update(poi="off[0]"))
    fault(["asimov"], model=", data: asimov, asimov: -5")
    # what has no effect is told; files of one name are told apart
    os.makedirs("a"), os.makedirs("b")
    for folder, events in (("a", 12.0), ("b", 15.0)):
        write(f"{folder}/p.json", json.dumps([{"op": "replace", "path": "/channels/0/samples/0/data", "value": [events]}]))
    noted = copy.deepcopy(WORKSPACE)
    noted["measurements"][0]["config"]["parameters"] = [{"name": "mew", "fixed": True}]
    write("search.json", json.dumps(noted))
    write("two.yaml", JOB.replace("directory: out", "directory: two") % ", patches: [a/p.json, b/p.json]")
    run("two.yaml")
    assert [p["name"] for p in summary("two")["patches"]] == ["a/p", "b/p"], summary("two")["patches"]
    assert any("'mew', which no modifier defines" in w for w in summary("two")["warnings"]), summary("two")
    # no background below which a signal strength could go
    write("search.json", json.dumps(WORKSPACE).replace("20.0", "0.0"))
    write("bounded.yaml", JOB.replace("directory: out", "directory: bounded").replace("hypotheses", "statistic: qmu\nhypotheses") % "")
    run("bounded.yaml")
    assert any("bin 0 of channel 'on' has signal and 0 background events" in w for w in summary("bounded")["warnings"]), summary("bounded")
    # a good one runs
    write("search.json", json.dumps(WORKSPACE))
    write("patch.json", json.dumps(patch_set(WORKSPACE)))
    write("good.yaml", JOB % ", patch: patch.json, patch_names: [light]")
    run("good.yaml")
