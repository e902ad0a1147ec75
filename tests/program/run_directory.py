"""What is in a folder already: only what Umbra has made is taken up or thrown away, damage ends in a message or does not matter."""
import json
import os
import subprocess

from campaigns import UMBRA, Folder, assert_same, run, table, write

JOB = """# mine: the comments matter
name: mine
seed: 1
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
model: {type: rastrigin}
sampler: {type: random}
stop: {evaluations: 100}
output: {directory: out}
"""


def as_nobody(*words):
    user = dict(user="nobody", group="nogroup", extra_groups=[]) if os.geteuid() == 0 else {}
    done = subprocess.run([UMBRA, "run", *words, "--quiet"], capture_output=True, text=True, timeout=60, **user)
    assert done.returncode in (1, 2) and "unexpected" not in done.stderr, done
    return done.stderr


def check_foreign_files():
    """A folder with somebody's job.yaml is left alone."""
    os.makedirs("project/model")
    write("project/job.yaml", JOB)
    write("project/model/weights", "precious")
    os.chdir("project")
    for more in ([], ["--fresh"]):
        text = run("job.yaml", 1, "output.directory=.", *more, expect=2)
        assert "folder of the job file" in text and "nothing there was touched" in text, text
        assert open("job.yaml").read() == JOB and open("model/weights").read() == "precious"
        assert sorted(os.listdir(".")) == ["job.yaml", "model"], os.listdir(".")
    os.chdir("..")
    for more in ([], ["--fresh"]):
        text = run("job.yaml", 1, "output.directory=project", *more, expect=2)
        assert "umbra did not write" in text, text
        assert open("project/job.yaml").read() == JOB and open("project/model/weights").read() == "precious"


def check_our_files():
    """A run directory is taken up, also by its own job file, and also where a kill left nothing but that."""
    run("job.yaml")
    whole = table("out")
    run("out/job.yaml")
    os.makedirs("begun")
    write("begun/job.yaml", open("out/job.yaml").read().replace("directory: out", "directory: begun"))
    run("job.yaml", 1, "output.directory=begun")
    assert_same(whole, table("begun"), "begun by a killed one")
    # a copy as a job file of one's own
    os.makedirs("copy")
    write("copy/job.yaml", open("out/job.yaml").read())
    assert "folder of the job file" in run("copy/job.yaml", 1, "output.directory=copy", expect=2)


def check_damage():
    for text in ("", "[", '[{"start": 1}]', "{}"):
        write("out/sessions.json", text)
        run("job.yaml", 1, "stop.evaluations=200")
        run("job.yaml", 2, "stop.evaluations=200")
        assert len(json.load(open("out/sessions.json"))) == 2
        assert "the list of starts begins anew" in open("out/log.txt").read()


def check_closed_doors():
    os.chmod(".", 0o755)
    os.makedirs("closed")
    os.chmod("closed", 0o700 if os.geteuid() == 0 else 0o000)
    job = os.path.abspath("job.yaml")
    assert "closed" in as_nobody(job, "output.directory=" + os.path.abspath("closed"))
    assert "closed" in as_nobody(job, "output.directory=" + os.path.abspath("closed/run"))
    os.chmod("out", 0o755)
    text = as_nobody(job, "output.directory=" + os.path.abspath("out"), "--fresh")
    assert "out/" in text, text
    assert os.path.exists("out/results.h5")


with Folder():
    write("job.yaml", JOB)
    check_foreign_files()
    check_our_files()
    check_damage()
    check_closed_doors()
