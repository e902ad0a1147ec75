"""Signals and deadlines stop a campaign in good order, exit code 75, and nothing is lost by them."""
import glob
import os
import signal
import subprocess
import time

from campaigns import UMBRA, Folder, assert_same, command, run, table, write
from signals_support import begin, state

JOB = """
name: stopped
seed: 5
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: sleep, mean: 20ms, distribution: log_normal, sigma: 1, inner: {type: rastrigin}}
sampler: {type: differential_evolution}
stop: {evaluations: 2000}
output: {directory: out, save_every: 1s}
"""


def stop(words, directory, number, times=1, within=8.0):
    process = begin(words, directory)
    begun = time.time()
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.05)
    text, _ = process.communicate(timeout=60)
    took = time.time() - begun
    assert process.returncode == 75, f"{words}, signal {number}: exit code {process.returncode}: {text}"
    assert took < within, f"{words}, signal {number}: took {took:.1f} s"
    assert '"interrupted"' in state(directory)
    assert "non-zero" not in text or words[0] == "mpirun", text
    return took


def stop_while_writing(words, fault, sign):
    """Two signals while the campaign waits for a write that takes a minute. Returns how long it took to end."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ, UMBRA_FAULT=fault))
    end = time.time() + 30
    while not glob.glob(sign) and time.time() < end and process.poll() is None:
        time.sleep(0.02)
    assert glob.glob(sign) and process.poll() is None, process.stdout.read()
    begun = time.time()
    for _ in range(2):
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.05)
    text, _ = process.communicate(timeout=90)
    took = time.time() - begun
    assert process.returncode == 75 and took < 5, f"{words}, {fault}: exit code {process.returncode} after {took:.1f} s: {text}"
    assert "stopped at once" in text, text
    return took


with Folder():
    write("job.yaml", JOB)
    run("job.yaml", 2, "output.directory=whole", "model.mean=1us")
    whole = table("whole")
    alone = [UMBRA, "run", "job.yaml", "--quiet"]
    three = [UMBRA, "run", "job.yaml", "--quiet", "--ranks", "3"]
    # one campaign, stopped again and again, on one rank and on three
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        stop(alone, "out", number)
        stop(three, "out", number)
    stop(command("job.yaml", 3), "out", signal.SIGUSR1)
    rows = table("out")["id"]
    assert len(rows) == len(set(rows)) > 0
    run("job.yaml", 2)
    assert_same(whole, table("out"), "after seven stops")

    # A second signal does not wait for what is being evaluated.
    for words in (alone, three):
        took = stop([*words, "model.mean=100s", "model.distribution=constant"], "slow", signal.SIGUSR1, times=2, within=4.0)
        print(f"stopped at once: {took:.1f} s")
        subprocess.run(["rm", "-rf", "slow"], check=True)

    # Nor for a merge or a last drain on a disk that hardly moves. What was finished is there when it goes on.
    short = ["model.mean=1ms", "stop.evaluations=500", "output.save_every=100s", "output.directory=stalled"]
    for words, part, sign in ((alone, "results.h5.merge", "results.h5.merge"), (three, "results.h5.merge", "results.h5.merge"), (three, "segments", "segments/*.tmp")):
        took = stop_while_writing([*words, *short], f"hdf5_close:0:stall:{part}", "stalled/" + sign)
        print(f"stopped while writing {sign}: {took:.1f} s")
        run("job.yaml", 2, *short)
        assert_same({c: v[:500] for c, v in whole.items()}, table("stalled"), "after a stop at once")
        subprocess.run(["rm", "-rf", "stalled"], check=True)

    # A start that a user stops says nothing of what was in flight: three times, and the points are as good as ever.
    write("few.yaml", JOB.replace("sampler: {type: differential_evolution}", "sampler: {type: sobol}").replace("mean: 20ms, distribution: log_normal, sigma: 1", "mean: 2s, distribution: constant"))
    for _ in range(3):
        stop([UMBRA, "run", "few.yaml", "--quiet", "stop.evaluations=3"], "few", signal.SIGINT, times=2, within=4.0)
    run("few.yaml", 1, "output.directory=few", "stop.evaluations=3")
    assert list(table("few")["status"]) == [0, 0, 0], table("few")["status"]

    # A deadline: all is written before it, and little time is left unused. Points of 0.2 s in the mean.
    points, ranks, given = 0.2, 3, 5.0
    deadline = time.time() + given
    os.environ["UMBRA_DEADLINE"] = str(deadline)
    limited = subprocess.run([*three, "model.mean=0.2s", "output.directory=limited"], capture_output=True, text=True, timeout=60)
    assert limited.returncode == 75 and not limited.stderr, limited
    left = deadline - time.time()
    assert left > 0, f"it ended {-left:.2f} s after its deadline"
    rows = table("limited")
    unused = (deadline - 1.2 - min(rows["start"])) * ranks - sum(rows["duration"])  # 1.2 s are for the end of mpirun
    print(f"ended {left:.2f} s before its deadline; idle and discarded: {unused / ranks / points:.2f} mean points a rank")
    assert unused / ranks < 0.3 + 2.2 * points, f"{unused / ranks:.2f} s a rank were not used"
    del os.environ["UMBRA_DEADLINE"]
    run("job.yaml", 1, "model.mean=1ms", "stop.walltime=0.5s", "output.directory=timed", expect=75)
