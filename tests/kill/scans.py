"""Scans with every sampler are killed at random instants and go on with other numbers of ranks: nothing finished is lost, and they end as if nothing
had happened. 36 kills, or 600 with UMBRA_NIGHTLY."""
from harness import NIGHTLY, WITNESS, Kind, kill_campaigns
from campaigns import umbra

JOB = """
name: killed
seed: SEED
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
  - {name: z, prior: normal, mean: 0, sigma: 2}
model: {type: library, file: WITNESS, columns: [r], isolation: ISOLATION}
constraints:
  - {column: r, type: normal, value: 1, sigma: 0.5}
sampler: SAMPLER
stop: {evaluations: 3000}
output: {directory: out, save_every: 0.1s}
"""
# What a sampler needs to be done soon.
SHORT = {"nested": "{type: nested, live_points: 60}"}


def job(sampler, isolation):
    def fill(chance):
        text = JOB
        for key, value in {"SEED": chance.randrange(1000), "SAMPLER": SHORT.get(sampler, f"{{type: {sampler}}}"), "WITNESS": WITNESS, "ISOLATION": isolation}.items():
            text = text.replace(key, str(value))
        return text

    return fill


samplers = [line.split()[0] for line in umbra("list", "samplers").splitlines() if line and not line.startswith(" ")]
kinds = [Kind(s, job(s, isolation), 3e-3, isolation == "process") for i, s in enumerate(samplers) for isolation in (("none", "process") if NIGHTLY else (("none", "process")[i % 2],))]
kill_campaigns(kinds, 600 if NIGHTLY else 36)
