"""An mpirun that does not end when its ranks have is ended: by `umbra run --ranks`, and by the batch script."""
import os
import re
import subprocess
import time

from campaigns import Folder, umbra, write

JOB = """
name: short
parameters: [{name: x, range: [0, 1]}]
model: {type: rastrigin}
sampler: {type: random}
stop: {evaluations: 10}
output: {directory: out}
"""
# Has a child for two seconds, then none, and never ends.
STUCK = "#!/bin/sh\nsleep 2 &\nwait\nexec sleep 1000\n"

with Folder():
    write("job.yaml", JOB)
    write("mpirun", STUCK)
    os.chmod("mpirun", 0o755)
    begin = time.time()
    stuck = subprocess.run([os.environ["UMBRA_PROGRAM"], "run", "job.yaml", "--ranks", "2"], capture_output=True, text=True, timeout=60, env=dict(os.environ, PATH=f"{os.getcwd()}:{os.environ['PATH']}"))
    assert stuck.returncode == 137 and "mpirun has not: it is ended" in stuck.stderr, stuck
    assert time.time() - begin > 10, "a launcher that has just lost its ranks is given time"

    script = umbra("submit", "job.yaml", "--nodes", "1", "--time", "5", "--dry-run")
    watch = re.search(r"(?ms)^end_when_alone\(\) \{.*?^\}", script).group(0)
    write("watch.sh", f"set -u\n{watch.replace('sleep 5', 'sleep 0.5')}\n./mpirun &\ncampaign=$!\n" + re.search(r"(?m)^end_when_alone .*$", script).group(0) + '\nwait "$campaign"\n')
    assert subprocess.run(["bash", "watch.sh"], timeout=60, stderr=subprocess.DEVNULL).returncode == 137
