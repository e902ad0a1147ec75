"""Toys: p-values against exact sums, limits and discoveries, the same bits on any number of ranks, after a kill and when extended."""
import json
import math
import os
import signal
import subprocess
import time

import h5py

from campaigns import SOURCE, Folder, assert_same, command, go_on, run, summary, table, umbra, write

COUNTING = """
name: counting
seed: 5
workflow: toys
model: {type: counting, signal: 6, background: 4, observed: 5}
"""
SEARCH = f"""
name: search
seed: 11
workflow: toys
model: {{type: histfactory, workspace: {SOURCE}/tests/data/on_off.json}}
hypotheses: [0.5, 1.5, 2]
block: 50
stop: {{toys: 3000}}
output: {{save_every: 0.3s}}
"""


def poisson(n, rate):
    return math.exp(n * math.log(rate) - rate - math.lgamma(n + 1))


def q_tilde(n, mu, s=6.0, b=4.0):
    """Of a counting experiment, eq. 16 of arXiv:1007.1727."""
    hat = max((n - b) / s, 0.0)
    if hat > mu:
        return 0.0
    nll = lambda m: m * s + b - n * math.log(m * s + b)
    return max(2 * (nll(mu) - nll(hat)), 0.0)


def exact(mu, generated, observed):
    return sum(poisson(n, generated * 6 + 4) for n in range(120) if q_tilde(n, mu) >= q_tilde(observed, mu) - 1e-6)


def near(fraction, truth, toys, what):
    assert abs(fraction - truth) < 4.5 * math.sqrt(max(truth * (1 - truth), 1 / toys) / toys), f"{what}: {fraction}, exactly {truth}"


with Folder():
    # p-values of a counting experiment are known exactly
    write("counting.yaml", COUNTING + "hypotheses: [0.5, 1, 2]\nstop: {toys: 50000}\noutput: {directory: counting}\n")
    run("counting.yaml", 2)
    for h in summary("counting")["hypotheses"]:
        mu = h["mu"]
        assert h["toys"] == 50000 and h["unresolved"] == 0 and abs(h["q"] - q_tilde(5, mu)) < 1e-6
        near(h["CLsb"], exact(mu, mu, 5), 50000, f"CLsb at {mu}")
        near(h["CLb"], exact(mu, 0, 5), 50000, f"CLb at {mu}")
        assert h["CLs_low"] <= h["CLs"] <= h["CLs_high"] and h["asymptotic"]["CLs"] > 0
    assert "best" not in summary("counting")
    with h5py.File("counting/results.h5") as f:
        assert list(f["summary/hypotheses/mu"]) == [0.5, 1, 2]
        assert len(f["toys/statistic"]) == 50000 * 6

    # the limit: where the exact CLs is 5 %
    write("limit.yaml", COUNTING + "limit: {confidence: 0.95}\nstop: {toys: 10000}\noutput: {directory: limit}\n")
    run("limit.yaml", 2)
    low, high = 0.1, 5.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if exact(middle, middle, 5) / exact(middle, 0, 5) > 0.05 else (low, middle)
    limit = summary("limit")["upper_limit"]
    assert 0 < limit["error"] < 0.05 and abs(limit["observed"] - low) < 4 * limit["error"] + 0.02, (limit, low)
    known = [x for x in limit["expected"] if x is not None]
    assert known == sorted(known) and len(known) >= 3, limit

    # a discovery, until it is precise
    job = COUNTING.replace("observed: 5", "observed: 11") + "discovery: true\nblock: 500\nstop: {precision: {quantity: p0, relative: 0.1}, max_toys: 100000}\noutput: {directory: discovery}\n"
    write("discovery.yaml", job)
    run("discovery.yaml", 2)
    found = summary("discovery")["discovery"]
    near(found["p0"], sum(poisson(n, 4.0) for n in range(11, 120)), found["toys"], "p0")
    assert found["toys"] < 100000 and (found["p0_high"] - found["p0_low"]) / 2 <= 0.1 * found["p0"] and found["significance"] > 2
    run("discovery.yaml", 3, "output.directory=discovery-3")
    assert_same(table("discovery", "toys"), table("discovery-3", "toys"), "a discovery on 3 ranks")
    assert summary("discovery-3")["discovery"] == found

    # an interval of the tables of arXiv:physics/9711021: 4 events over 3.0, at 90 %
    write("interval.yaml", COUNTING.replace("signal: 6, background: 4, observed: 5", "signal: 1, background: 3, observed: 4")
          + "interval: {confidence: 0.9, range: [0, 9], points: 37}\nstop: {toys: 60000}\noutput: {directory: interval}\n")
    run("interval.yaml", 2)
    interval = summary("interval")["interval"]
    assert interval["low"] == 0 and 5.4 < interval["high"] < 5.95, interval  # 5.60; the p-value is almost flat there

    # goodness of fit of a counting experiment without a signal: as unlikely as the observed number, or more
    write("fit.yaml", COUNTING.replace("observed: 5", "observed: 8") + "goodness_of_fit: true\nstop: {toys: 20000}\noutput: {directory: fit}\n")
    run("fit.yaml", 2)
    fit = summary("fit")["goodness_of_fit"]
    deviance = lambda n: 2 * (4.0 - n + (n * math.log(n / 4.0) if n > 0 else 0.0))
    assert abs(fit["q"] - deviance(8)) < 1e-6
    near(fit["p"], sum(poisson(n, 4.0) for n in range(100) if deviance(n) >= deviance(8) - 1e-6), 20000, "goodness of fit")

    # the same toys on any number of ranks
    write("search.yaml", SEARCH)
    run("search.yaml", 1, "output.directory=one")
    run("search.yaml", 4, "output.directory=four")
    one = table("one", "toys")
    assert len(one["id"]) == 3000 * 6
    assert_same(one, table("four", "toys"), "4 ranks")
    assert summary("one")["hypotheses"] == summary("four")["hypotheses"]

    # killed, and taken up on another number of ranks: toys not yet on disk are made again
    process = subprocess.Popen(command("search.yaml", 2, "output.directory=killed", "stop.toys=40000"), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.time() + 60
    while not os.path.exists("killed/results.h5") and time.time() < deadline and process.poll() is None:
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    go_on("search.yaml", 3, "output.directory=killed", "stop.toys=3000")
    first = table("killed", "toys")
    assert_same(one, first, "after a kill")

    # killed before anything was drained: the journal knows of toys, but not their rows
    more = ["output.directory=undrained", "stop.toys=1000000", "output.save_every=60s"]
    process = subprocess.Popen(command("search.yaml", 2, *more), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = 0
    while done == 0 and time.time() < deadline + 60 and process.poll() is None:
        time.sleep(0.02)
        if os.path.exists("undrained/status.json"):
            with open("undrained/status.json") as f:
                progress = json.load(f)
            done = progress["done"] if "progress" in progress else 0
    assert done > 0 and 0 < progress["progress"]["CLs"] < 1 and progress["progress"]["CLs_error"] > 0, progress
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not os.path.exists("undrained/results.h5")
    go_on("search.yaml", 3, "output.directory=undrained", "stop.toys=3000")
    assert_same(one, table("undrained", "toys"), "after a kill before the first drain")

    # extended
    run("search.yaml", 2, "output.directory=killed", "stop.toys=5000")
    run("search.yaml", 2, "output.directory=fresh", "stop.toys=5000")
    assert_same(table("fresh", "toys"), table("killed", "toys"), "extended")
    assert summary("fresh")["hypotheses"] == summary("killed")["hypotheses"]

    # the examples, and the job file to start from
    for example in ("toy_limit", "toy_discovery"):
        run(f"{SOURCE}/examples/{example}.yaml", 1, f"output.directory={example}")
    run(f"{SOURCE}/examples/toy_limit.yaml", 4, "output.directory=toy_limit-4")
    assert_same(table("toy_limit", "toys"), table("toy_limit-4", "toys"), "the example of a limit on 4 ranks")
    assert summary("toy_limit")["upper_limit"] == summary("toy_limit-4")["upper_limit"]
    limit, found = summary("toy_limit")["upper_limit"], summary("toy_discovery")["discovery"]
    assert limit["error"] <= 0.01 * limit["observed"] and abs(limit["observed"] - limit["asymptotic"]["observed"]) < 0.1 * limit["observed"], limit
    assert abs(found["significance"] - found["asymptotic"]["significance"]) < 0.3, found
    write("start.yaml", umbra("new", "toys"))
    assert "blocks of toys" in umbra("check", "start.yaml", "--ranks", "2")
    run("start.yaml", 2)

    # faults, all in one go
    write("bad.yaml", "workflow: toys\nmodel: {type: histfactory, workspace: nowhere.json}\nhypothesis: [1]\nlimit: {confidence: 3}\nstatistic: qmu_tlde\n")
    text = umbra("run", "bad.yaml", expect=2)
    for words in ("bad.yaml:2:", "nowhere.json", "did you mean 'hypotheses'", "bad.yaml:4:", "did you mean 'qmu_tilde'", "when to stop"):
        assert words in text, f"{words} is not in: {text}"
    assert "qmu_tilde" in umbra("list", "statistics")
