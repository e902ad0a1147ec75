"""umbra check says what a job will do before it runs."""
import os
import re

from campaigns import Folder, run, summary, umbra, write

JOB = """
name: trial
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: sleep, mean: 3ms, distribution: log_normal, sigma: 1, inner: {type: fail, shares: {timeout: 0.1, unphysical: 0.2}, inner: {type: rastrigin}}}
sampler: {type: differential_evolution, population: 20}
stop: {evaluations: 100000}
output: {directory: out}
"""

# One output is misspelt, one step is never run.
CHAIN = """
name: chain
parameters: [{name: x, prior: flat, range: [0, 1]}]
model:
  type: external
  steps:
    - {name: first, command: "echo mass {{ x }}", outputs: {m: {regex: 'mass (.*)', file: stdout}, width: {regex: 'wdth (.*)', file: stdout}}}
    - {name: second, when: "x > 2", command: echo 1, outputs: {omega: {regex: '(.*)', file: stdout}}}
sampler: {type: random}
stop: {evaluations: 1000}
output: {directory: out}
"""

with Folder():
    write("chain.yaml", CHAIN)
    text = umbra("check", "chain.yaml", "--points", "20", expect=1)
    for words in ("parse_error", "first: width: nothing matches 'wdth (.*)'", "never found at any point: width, omega", "step first: run at 20 points, 5 % ", "step second: run at no point", "no point is ok"):
        assert words in text, f"{words!r} is missing:\n{text}"
    write("chain.yaml", CHAIN.replace("wdth (.*)", "mass (.*)").replace("x > 2", "x > 0.5"))
    text = umbra("check", "chain.yaml", "--points", "20")
    assert "never found" not in text and "step second: run at" in text and "skipped" in text, text

    # An output may be called as the time of a step, failed points are kept apart, and the campaign runs afterwards.
    text = CHAIN.replace("wdth (.*)", "mass (.*)").replace("x > 2", "x > 0.5").replace("omega:", "time_first:").replace("command: echo 1", 'command: "test {{ x < 0.7 }} = 0 && echo 1"').replace("type: external", "type: external\n  keep_failed: 1")
    write("kept.yaml", text)
    said = umbra("check", "kept.yaml", "--points", "20", "failures.budget=0.9")
    assert "step first: run at 20 points" in said and "files of failed points: out-check/failed" in said, said
    assert not os.path.exists("out") and os.path.exists(os.path.join("out-check/failed", os.listdir("out-check/failed")[0], "point.txt"))
    run("kept.yaml", 2, "stop.evaluations=30", "failures.budget=0.9")
    assert summary("out")["evaluations"] == 30 and os.listdir("out/failed")

    # Threads that the node does not have are told.
    write("threads.yaml", CHAIN.replace("command: echo 1,", "command: echo 1, cores: 1000,"))
    said = umbra("check", "threads.yaml", "--points", "4", "--ranks", "1", expect=1)
    assert "cores: 1000 threads a rank on 1 rank are more than" in said, said

    write("job.yaml", JOB)
    text = umbra("check", "job.yaml", "--points", "300")
    for words in ("differential_evolution", "lnL_model", "timeout", "unphysical", "time per point", "median", "busy share", "done after", "pay nothing"):
        assert words in text, f"{words!r} is missing:\n{text}"
    shares = {line.split()[0]: float(line.split()[2].rstrip("%")) for line in text.splitlines() if line.startswith(("timeout", "unphysical", "ok"))}
    assert 4 < shares["timeout"] < 17 and 12 < shares["unphysical"] < 29, shares
    # twenty members cannot keep 256 ranks busy, and one rank is busy all the time
    busy = {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line[:8].strip().isdigit()}
    assert busy["1"] > 0.95, busy
    # more look-ahead keeps the ranks that the campaign will have busy, and it is said how much does
    text = umbra("check", "job.yaml", "--points", "300", "--for-ranks", "32")
    advice = [line.split() for line in text.splitlines() if line.split()[:1] == ["32"] and "busy share" in line]
    assert advice, text
    look_ahead, better = int(advice[-1][-4]), float(advice[-1][-1].rstrip(")"))
    assert look_ahead in (32, 64, 128, 256, 512) and better > 0.7 > 2 * float(advice[-1][1]), text  # measured durations scatter where others use the cores
    assert "costs evaluations" in text, text
    # the end is told for one rank, for a node and for many, and falls as they do
    write("wide.yaml", JOB.replace("type: differential_evolution, population: 20", "type: random"))
    rows = {}
    for ranks, busy, rate, thousands, end in re.findall(r"(?m)^ +(\d+) +(\d\.\d+) +([\d.]+) (k?) +(\S.*?) *$", umbra("check", "wide.yaml", "--points", "300")):
        units = {"s": 1, "min": 60, "h": 3600, "d": 86400}
        rows[ranks] = (float(busy), float(rate) * (1000 if thousands else 1), sum(float(n) * units[u] for n, u in re.findall(r"([\d.]+) (s|min|h|d)\b", end)))
    assert {"1", "16", "256"} <= rows.keys(), rows
    for busy, rate, end in rows.values():
        assert abs(end - 100000 / rate) < 0.03 * end + 60, rows
    assert 10 < rows["1"][2] / rows["16"][2] < 17 and 100 < rows["1"][2] / rows["256"][2] < 290, rows
    assert rows["1"][0] > 0.9 and rows["16"][0] > 0.7, rows

    # fewer evaluations than ranks
    for evaluations, more in ((1, []), (5, ["--for-ranks", "7"]), (5, [])):
        text = umbra("check", "wide.yaml", "--points", "8", *more, f"stop.evaluations={evaluations}", "model={type: rastrigin}")
        assert f"the job has {evaluations} evaluation" in text and "beyond" not in text and "-9" not in text, text
        assert all(0 < float(line.split()[1]) <= 1 for line in text.splitlines() if line[:8].strip().isdigit()), text
        assert ("7 ranks are more than the job has evaluations" in text) == bool(more), text

    hopeless = JOB.replace("timeout: 0.1", "timeout: 0.75")
    write("hopeless.yaml", hopeless)
    assert "would be stopped" in umbra("check", "hopeless.yaml", expect=1)
    write("bad.yaml", JOB.replace("rastrigin", "rastrign"))
    assert "rastrigin" in umbra("check", "bad.yaml", expect=2)
