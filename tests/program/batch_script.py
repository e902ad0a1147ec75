"""The script that `umbra submit` writes, run with a Slurm that we make up: when the allocation ends, when the job is requeued, and what is refused before anything
is submitted. tests/program/slurm.py runs it under a real one."""
import glob
import os
import shutil
import signal
import subprocess
import time

from campaigns import Folder, umbra, write

JOB = """
name: script
seed: 3
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
model: {type: rastrigin}
sampler: {type: random}
stop: {evaluations: 100}
output: {directory: out}
"""
# Each appends what it is asked to a log. FAKE_END: what squeue says of the end; FAKE_STATE: in which state the job is and why; FAKE_CODE: how the campaign ends.
FAKES = {
    "squeue": 'echo "squeue $*" >>log; case "$*" in *%r*) echo "$FAKE_STATE";; *) printf "%s" "$FAKE_END";; esac',
    "scontrol": 'echo "scontrol $*" >>log',
    "sleep": "exit 0",
    "mpirun": 'echo "deadline $UMBRA_DEADLINE" >>log; date >out/sessions.json; trap : USR1; if [ -n "$FAKE_WAIT" ]; then echo ready >ready; while [ ! -e over ]; do /bin/sleep 0.05; done; fi; exit "$FAKE_CODE"',
}


def fake_slurm():
    os.makedirs("bin")
    for name, text in FAKES.items():
        write(f"bin/{name}", f"#!/bin/bash\n{text}\n")
        os.chmod(f"bin/{name}", 0o755)


def start(script, code=0, end="", state="", wait="", **more):
    for f in ("log", "ready", "over"):
        if os.path.exists(f):
            os.remove(f)
    os.makedirs("out", exist_ok=True)
    environment = dict(os.environ, PATH=os.path.abspath("bin") + ":" + os.environ["PATH"], SLURM_JOB_ID="77", FAKE_END=end, FAKE_CODE=str(code), FAKE_STATE=state,
                       FAKE_WAIT=wait, **more)
    return subprocess.Popen(["bash", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def run_script(script, code=0, **more):
    process = start(script, code, **more)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == code, said
    return said, open("log").read()


def deadline(log):
    return [line.split()[1:] for line in log.splitlines() if line.startswith("deadline")][0]


def terminated(script, code, **more):
    """The same, with a SIGTERM from Slurm while the campaign runs."""
    process = start(script, code, wait="yes", end="2040-01-01T00:00:00", **more)
    while not os.path.exists("ready"):
        time.sleep(0.01)
    time.sleep(0.3)  # until the script waits
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    write("over", "")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == code, said
    return said, open("log").read()


def check_deadlines(script):
    _, log = run_script(script, end="2040-05-06T07:08:09")
    assert deadline(log) == [str(int(time.mktime((2040, 5, 6, 7, 8, 9, 0, 0, -1))))], log
    assert "--job 77 " in log, log
    # squeue that does not answer, or nonsense: from the time limit, five minutes
    for answer in ("", "N/A", "slurm_load_jobs error: Unable to contact slurm controller"):
        begun = time.time()
        _, log = run_script(script, end=answer)
        assert begun + 299 <= float(deadline(log)[0]) <= time.time() + 301, (answer, log)
        assert log.count("squeue") == 5, log
    assert deadline(run_script(script, end="", SLURM_JOB_END_TIME="2000000000")[1]) == ["2000000000"]
    # of a job array, whose last task has the id of the whole, only this task is asked for
    _, log = run_script(script, end="2040-05-06T07:08:09", SLURM_ARRAY_JOB_ID="77", SLURM_ARRAY_TASK_ID="2")
    assert "--job 77_2 " in log and "--job 77 " not in log, log


def check_requeue(script):
    said, log = run_script(script, 75)
    assert "requeued" in said and "scontrol requeue 77" in log, (said, log)
    assert "scontrol" not in run_script(script, 1)[1]
    assert "scontrol requeue 77" in run_script(script, 137)[1]
    # somebody cancels it: good order (srun) or not (mpirun), it is not started again
    for code in (75, 1, 143):
        said, log = terminated(script, code, state="COMPLETING None")
        assert "cancelled" in said and "scontrol" not in log, (code, said, log)
        # SIGTERM at the end of the time limit, or from the user: goes on
        for state in ("COMPLETING TimeLimit", "RUNNING None"):
            said, log = terminated(script, code, state=state)
            assert "scontrol requeue 77" in log, (code, state, said, log)


def check_directives():
    script = umbra("submit", "job.yaml", "--time", "2h", "--comment=two words", "--partition=box", "--exclusive", "--dry-run")
    for line in ("#SBATCH --time=02:00:00", "#SBATCH '--comment=two words'", "#SBATCH --partition=box", "#SBATCH --exclusive"):
        assert line + "\n" in script, script
    assert "limit=0" in umbra("submit", "job.yaml", "--time", "UNLIMITED", "--dry-run")
    assert "#SBATCH --time=1-12\n" in umbra("submit", "job.yaml", "--time", "1-12", "--dry-run")
    refused = {
        ("--partition", "long"): "--partition=long",
        ("-p", "long"): "--partition=long",
        ("-plong",): "long name",
        ("--fresh",): "removing the run directory",
        ("--ranks=4",): "--ntasks-per-node",
        ("--array", "seed=1,1"): "stands twice",
        ("--array", "seed=1,x"): "seed",
        ("--array", "sede=1,2"): "sede",
        ("--array", "output.directory=a,b"): "run directory of its own",
        ("seed=x",): "seed",
    }
    for words, says in refused.items():
        said = umbra("submit", "job.yaml", "--time", "5", *words, expect=2)
        assert says in said and "#SBATCH" not in said and not os.path.exists("out"), (words, said)
    for time_limit in ("soon", "1:2:3:4", "5ms"):
        assert "12:00:00" in umbra("submit", "job.yaml", "--time", time_limit, "--dry-run", expect=2)
    assert "cannot be read" in umbra("submit", "missing.yaml", "--time", "5", "--dry-run", expect=2)


def check_shell(scripts):
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", *scripts], check=True)


with Folder():
    write("job.yaml", JOB)
    fake_slurm()
    check_directives()
    write("requeue.sh", umbra("submit", "job.yaml", "--nodes", "2", "--ntasks-per-node", "2", "--time", "5", "--dry-run"))
    write("array.sh", umbra("submit", "job.yaml", "--time", "5", "--dry-run", "--launcher", "srun", "--array", "seed=1..3", "--chain", "2"))
    check_shell(glob.glob("*.sh"))
    check_deadlines("requeue.sh")
    check_requeue("requeue.sh")
    # node-local scratch
    write("bin/mpirun", '#!/bin/bash\necho "scratch $TMPDIR" >>log\n')
    assert "scratch /local/77\n" in run_script("requeue.sh", SLURM_TMPDIR="/local/77", TMPDIR="/tmp/x")[1]
    assert "scratch /tmp/x\n" in run_script("requeue.sh", TMPDIR="/tmp/x")[1]
