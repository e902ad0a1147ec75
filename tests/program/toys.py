"""Toys: p-values against exact sums, limits and discoveries, the same bits on any number of ranks, after a kill and when extended."""
import json
import math
import os
import signal
import subprocess
import time

import h5py
import numpy

from campaigns import SOURCE, Folder, assert_same, command, go_on, run, summary, table, umbra, write

# What a million toys may take beside a hundred thousand, bytes: rows that wait for a drain, and a window of the merge. All their rows are 190 MB, twice in memory where merged at once.
MEMORY_ROOM = 200e6
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


def t_tilde(n, mu, b):
    """Eq. 11 of arXiv:1007.1727 for one unit of signal over b."""
    hat = max(n - b, 0.0)
    nll = lambda m: m + b - (n * math.log(m + b) if n > 0 else 0.0)
    return max(2 * (nll(mu) - nll(hat)), 0.0)


def peak_bytes(*arguments):
    """The largest resident memory of a run on one rank."""
    process = subprocess.Popen(command(arguments[0], 1, *arguments[1:]))
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, status
    return 1024 * usage.ru_maxrss


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

    assert interval["low_error"] is None and 0 < interval["high_error"] < 1, interval
    for h in summary("interval")["hypotheses"]:
        assert 0 <= h["CLsb_lowest"] <= h["CLsb_low"] <= h["CLsb"] <= h["CLsb_high"] <= h["CLsb_highest"] <= 1, h

    # a best fit above the bound that a published likelihood gives its signal strength, which is 10: no toy is cut there
    with open(f"{SOURCE}/tests/data/on_off.json") as f:
        above = json.load(f)
    above["channels"][0]["samples"] = [{"name": "signal", "data": [1.0], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]}, {"name": "background", "data": [1.0], "modifiers": []}]
    above["observations"][0]["data"] = [13.0]
    write("above.json", json.dumps(above))
    write("above.yaml", "name: above\nseed: 2\nworkflow: toys\nmodel: {type: histfactory, workspace: above.json}\ninterval: {confidence: 0.9, range: [4, 24], points: 11}\nstop: {toys: 10000}\noutput: {directory: above}\n")
    run("above.yaml", 2)
    for h in summary("above")["hypotheses"]:
        mu, q = h["mu"], t_tilde(13, h["mu"], 1.0)
        near(h["CLsb"], sum(poisson(n, mu + 1) for n in range(150) if t_tilde(n, mu, 1.0) >= q - 1e-6), 10000, f"CLsb at {mu}, above the bound")
    assert any("the upper bound 10 of the parameter of interest does not hold" in w for w in summary("above")["warnings"]), summary("above")
    run("above.yaml", 1, "interval=null", "discovery=true", "stop.toys=1000", "output.directory=above-discovery")
    discovery = summary("above-discovery")["discovery"]
    for found in (discovery["q0"], discovery["asymptotic"]["significance"] ** 2):
        assert abs(found - t_tilde(13, 0.0, 1.0)) < 1e-5, found

    # goodness of fit of a counting experiment without a signal: as unlikely as the observed number, or more
    write("fit.yaml", COUNTING.replace("observed: 5", "observed: 8") + "goodness_of_fit: true\nstop: {toys: 20000}\noutput: {directory: fit}\n")
    run("fit.yaml", 2)
    fit = summary("fit")["goodness_of_fit"]
    deviance = lambda n: 2 * (4.0 - n + (n * math.log(n / 4.0) if n > 0 else 0.0))
    assert abs(fit["q"] - deviance(8)) < 1e-6
    near(fit["p"], sum(poisson(n, 4.0) for n in range(100) if deviance(n) >= deviance(8) - 1e-6), 20000, "goodness of fit")

    # options of a statistic; statistics that do not answer the question
    run("counting.yaml", 1, "hypotheses=[]", "discovery=true", "statistic={type: number_of_events, discovery: true}", "model.observed=9", "stop.toys=20000", "output.directory=events")
    found = summary("events")["discovery"]
    near(found["p0"], sum(poisson(n, 4.0) for n in range(9, 120)), 20000, "p0 from the number of events")
    assert found["q"] == 9 and "q0" not in found and "asymptotic" not in found, found
    for goal, statistic, words in (("discovery=true", "tmu", "the question of a discovery: take q0"), ("limit={}", "tmu_tilde", "an upper limit: take likelihood_ratio or number_of_events or qmu"),
                                   ("interval={range: [0, 3]}", "saturated", "an interval: take tmu or tmu_tilde"), ("goodness_of_fit=true", "q0", "a goodness of fit: take saturated"),
                                   ("discovery=true", "number_of_events", "number_of_events as it is set"), ("hypotheses=[1]", "{type: qmu, x: 1}", "unknown key 'x'")):
        assert words in umbra("run", "counting.yaml", "hypotheses=[]", goal, f"statistic={statistic}", "output.directory=none", expect=2), goal

    # as many toys as are asked for, also where those are fewer than a usual block; more of them later, and fewer
    more = ["hypotheses=[1]", "output.directory=few"]
    run("counting.yaml", 1, *more, "stop.toys=100")
    assert summary("few")["hypotheses"][0]["toys"] == 100
    run("counting.yaml", 2, *more, "stop.toys=3000")
    run("counting.yaml", 1, "hypotheses=[1]", "stop.toys=3000", "output.directory=many")
    assert summary("few")["hypotheses"][0]["toys"] == 3000 and summary("few")["hypotheses"] == summary("many")["hypotheses"]
    order = lambda t: numpy.lexsort((t["toy"], t["side"]))
    few, many = table("few", "toys"), table("many", "toys")
    assert few["statistic"][order(few)].tobytes() == many["statistic"][order(many)].tobytes()
    run("counting.yaml", 1, "hypotheses=[1]", "stop.toys=50", "output.directory=many")
    assert summary("many")["hypotheses"][0]["toys"] == 1000

    # the rows of many toys are never in memory all at once
    memory = {}
    for toys in (100000, 1000000):
        memory[toys] = peak_bytes("counting.yaml", "hypotheses=[1]", f"stop.toys={toys}", "output.save_every=0.2s", f"output.directory=memory-{toys}")
    assert memory[1000000] < memory[100000] + MEMORY_ROOM, memory

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
    assert done > 0 and 0 < progress["progress"]["CLs"] <= 1 and progress["progress"]["CLs_error"] > 0, progress
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
    job = COUNTING + "%s\nstop: {toys: 100}\noutput: {directory: none}\n"
    for goal, words in (("hypotheses: [0.5, 1, 1.0]", ["wrong.yaml:6:22:", "1.0 is the signal strength 1 that is there already"]), ("hypotheses: [0, -0.0]", ["wrong.yaml:6:17:", "there already"]),
                        ("hypotheses: [-1]", ["wrong.yaml:6:", "-1 is below -0.666667"]), ("interval: {range: [-2, 3]}", ["wrong.yaml:6:", "-2 is below -0.666667"]),
                        ("limit: {}\nblock: 1000000000000", ["wrong.yaml:7:", "block"]), ("hypotheses: [1]\nimportance: true", ["makes toys for the p-value of a discovery"])):
        write("wrong.yaml", job % goal)
        text = umbra("run", "wrong.yaml", expect=2)
        assert all(w in text for w in words) and "MPI_ABORT" not in text, text
    # a fit to the data that fails is a fault of the job, in a run and in a check, on one rank and on several
    empty = job.replace("background: 4", "background: 0")
    for goal in ("discovery: true", "limit: {}"):
        write("empty.yaml", empty % goal)
        for ranks in (1, 2):
            for text in (run("empty.yaml", ranks, expect=2), umbra("check", "empty.yaml", "--ranks", str(ranks), expect=2, timeout=60)):
                assert "empty.yaml:5:" in text and "at signal strength 0 ended with 'not_finite'" in text and "MPI_ABORT" not in text, text
    # a p-value of 1 has no significance
    write("nothing.yaml", COUNTING.replace("observed: 5", "observed: 0") + "discovery: true\nstop: {toys: 100}\noutput: {directory: nothing}\n")
    text = umbra("run", "nothing.yaml")
    assert "p0 1 " in text and "significance - [" in text and "nan" not in text, text
    assert "qmu_tilde" in umbra("list", "statistics")
