"""umbra check says what a job will do before it runs."""
from campaigns import Folder, umbra, write

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
    assert look_ahead in (32, 64, 128, 256, 512) and better > 0.9 > float(advice[-1][1]), text
    assert "costs evaluations" in text, text
    hopeless = JOB.replace("timeout: 0.1", "timeout: 0.75")
    write("hopeless.yaml", hopeless)
    assert "would be stopped" in umbra("check", "hopeless.yaml", expect=1)
    write("bad.yaml", JOB.replace("rastrigin", "rastrign"))
    assert "rastrigin" in umbra("check", "bad.yaml", expect=2)
