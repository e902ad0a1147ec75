"""Scans with every sampler are killed at random instants and go on with other numbers of ranks: nothing finished is lost, and they end as if nothing
had happened. 36 kills, or 600 with UMBRA_NIGHTLY."""
import os

from harness import NIGHTLY, WITNESS, Folder, Kind, finish, kill_campaigns, write
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
SHORT = {"nested": "{type: nested, live_points: 60}", "rerun": "{type: rerun, from: EARLIER}"}


def text(sampler, isolation, seed):
    filled = JOB
    for key, value in {"SEED": seed, "SAMPLER": SHORT.get(sampler, f"{{type: {sampler}}}"), "WITNESS": WITNESS, "ISOLATION": isolation, "EARLIER": os.path.abspath("earlier")}.items():
        filled = filled.replace(key, str(value))
    return filled


samplers = [line.split()[0] for line in umbra("list", "samplers").splitlines() if line and not line.startswith(" ")]
isolations = ("none", "process")


def job(sampler, isolation):
    return lambda chance, whole=text(sampler, isolation, "SEED"): whole.replace("SEED", str(chance.randrange(1000)))


with Folder():
    finish(write("earlier.yaml", text("random", "none", 1)), "earlier", 2)  # what `rerun` evaluates again
    kinds = [Kind(s, job(s, i), 3e-3, i == "process") for n, s in enumerate(samplers) for i in (isolations if NIGHTLY else (isolations[n % 2],))]
    kill_campaigns(kinds, 600 if NIGHTLY else 36)
