"""External programs in a campaign: failures and hangs are rows, the same on any number of ranks; a killed campaign leaves no process."""
import glob
import os
import signal
import subprocess
import time

from campaigns import Folder, assert_same, command, run, summary, table, write

JOB = """
name: fickle
seed: 9
parameters:
  - {name: x, prior: flat, range: [0, 1]}
  - {name: y, prior: flat, range: [0, 1]}
model:
  type: external
  keep_failed: 2
  steps:
    - name: first
      command: "test {{ x < 0.1 }} = 0 && sleep {{ x < 0.14 ? 1000 : 0.01*y | %.4f }} && echo {{ x + y }}"
      outputs: {s: {csv: 0, file: stdout}}
      timeout: 1s
    - {name: second, when: "s > 0.5", command: "echo {{ 2*s }} {{ seed }}", outputs: {t: {csv: 0, file: stdout}, n: {csv: 1, file: stdout}}}
constraints:
  - {column: s, type: normal, value: 1, sigma: 1}
sampler: {type: random}
stop: {evaluations: 80}
output: {directory: out}
"""


def marked(word):
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as f:
                if word.encode() in f.read():
                    found.append(path)
        except OSError:
            pass
    return found


with Folder() as folder:
    write("job.yaml", JOB)
    run("job.yaml", 1, "output.directory=one")
    one = table("one")
    statuses = summary("one")["statuses"]
    assert statuses["timeout"] >= 1 and statuses["exit_code"] >= 3 and statuses["skipped"] >= 3 and statuses["ok"] >= 30, statuses
    assert len(os.listdir("one/failed")) == 2, os.listdir("one/failed")
    for ranks in (2, 5):
        run("job.yaml", ranks, f"output.directory=on{ranks}")
        assert_same(one, table(f"on{ranks}"), f"{ranks} ranks")

    # The ranks are killed while detached simulators sleep.
    word = f"1000.{os.getpid()}"
    write("hang.yaml", JOB.replace("test {{ x < 0.1 }} = 0 && sleep {{ x < 0.14 ? 1000 : 0.01*y | %.4f }} && echo {{ x + y }}", f"setsid sleep {word} & setsid sleep {word}").replace("timeout: 1s", "timeout: 100s"))
    process = subprocess.Popen(command("hang.yaml", 2, "output.directory=hang"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.time() + 30
    while len(marked("sleep\0" + word)) < 4 and time.time() < end:
        time.sleep(0.05)
    assert len(marked("sleep\0" + word)) >= 4
    for path in marked("hang.yaml"):
        if b"mpirun" not in open(path, "rb").read():
            os.kill(int(path.split("/")[2]), signal.SIGKILL)
    process.wait(timeout=30)
    end = time.time() + 10
    while marked("sleep\0" + word) and time.time() < end:
        time.sleep(0.05)
    assert not marked("sleep\0" + word)
print("simulators: passed")
