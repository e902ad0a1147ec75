"""Scans with every sampler are killed at random instants and go on with other numbers of ranks: nothing finished is lost, and they end as if nothing
had happened. 60 kills, or 1000 with UMBRA_NIGHTLY."""
import random
import time

from harness import NIGHTLY, WITNESS, Folder, check_nothing_lost, check_readable, clear, compare, finish, strike, write
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
SHORT = {"nested": "{type: nested, live_points: 60}", "rerun": "{type: rerun, from: earlier}"}


def fill(text, values):
    for key, value in values.items():
        text = text.replace(key, str(value))
    return text


samplers = [line.split()[0] for line in umbra("list", "samplers").splitlines() if line and not line.startswith(" ")]
total = 1000 if NIGHTLY else 60
kills_in_all = again = 0
begin = time.time()
with Folder():
    # what is evaluated again
    job = {"SEED": 1, "SAMPLER": "{type: random}", "WITNESS": WITNESS, "ISOLATION": "none"}
    write("job.yaml", fill(JOB, job))
    finish("job.yaml", "earlier", 2)
    for seed, sampler in enumerate(samplers):
        chance = random.Random(1000 + seed)
        left = total * (seed + 1) // len(samplers) - kills_in_all
        rounds = 0
        while left > 0:
            job = {"SEED": chance.randrange(1000), "SAMPLER": SHORT.get(sampler, f"{{type: {sampler}}}"), "WITNESS": WITNESS, "ISOLATION": ("none", "process")[(seed + rounds) % 2]}
            write("job.yaml", fill(JOB, job))
            finish("job.yaml", "whole", 2)
            kills = []
            while len(kills) < min(left, 6):
                last = len(kills) >= min(left, 6) - 1
                whom = "simulator" if job["ISOLATION"] == "process" and not kills else chance.choice(("all", "all", "one"))
                instant = "merge" if last else chance.choice(("any", "any", "any", "drain", "checkpoint", "refresh"))
                if not strike("job.yaml", "killed", chance.choice((1, 2, 3)), instant, whom, chance, kills, delay=5e-4 if last else 3e-3):
                    break
            rounds += 1
            finish("job.yaml", "killed", chance.choice((1, 2)))
            again += check_nothing_lost("killed", kills)
            check_readable("killed")
            compare("whole", "killed", f"{sampler} after {len(kills)} kills")
            clear("whole", "killed")
            left -= max(1, len(kills))
            kills_in_all += len(kills)
        print(f"{sampler}: {kills_in_all} kills so far, {again} points made again, {time.time() - begin:.0f} s", flush=True)
assert kills_in_all >= 0.9 * total, f"only {kills_in_all} kills"
