"""A campaign that is killed goes on with other numbers of ranks and ends as if nothing had happened."""
import os
import random
import signal
import subprocess
import time

import h5py

from campaigns import Folder, assert_same, command, run, table, write

JOB = """
name: killed
seed: 5
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
  - {name: z, prior: flat, range: [-5, 5]}
model: {type: sleep, mean: 2ms, sigma: 1, inner: {type: rastrigin}}
sampler: {type: SAMPLER}
stop: {evaluations: 2500}
output: {directory: out, save_every: 0.3s}
"""

chance = random.Random(11)
with Folder():
    for sampler in ("random", "differential_evolution", "particle_swarm"):
        write("job.yaml", JOB.replace("SAMPLER", sampler))
        run("job.yaml", 2, "output.directory=whole")
        whole = table("whole")
        kills = 0
        while kills < 4:
            process = subprocess.Popen(command("job.yaml", chance.choice((1, 2, 3)), "output.directory=killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            time.sleep(chance.uniform(0.6, 1.6))
            if process.poll() is not None:
                break
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            if os.path.exists("killed/results.h5"):
                with h5py.File("killed/results.h5", "r") as f:
                    ids = f["points/id"][()]
                    assert len(set(ids)) == len(ids), "a row stands twice"
                    assert (f["points/status"][()] >= 0).all(), "a fill value shows"
        run("job.yaml", 2, "output.directory=killed")
        assert_same(whole, table("killed"), f"{sampler} after {kills} kills")
        for d in ("whole", "killed"):
            subprocess.run(["rm", "-rf", d], check=True)
