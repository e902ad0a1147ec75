"""One job on 1, 2, 3 and 5 ranks, with random sleeps and failures in the model: identical tables, but for rank, host and times."""
import os

from campaigns import Folder, assert_same, run, summary, table, write

JOB = """
name: invariant
seed: 17
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: normal, mean: 0, sigma: 2}
  - {name: z, prior: flat, range: [-5, 5]}
require: "x + y > -4"
model: {type: sleep, mean: 1ms, distribution: log_normal, sigma: 1, inner: {type: fail, shares: {timeout: 0.05, unphysical: 0.1, nan: 0.02}, inner: {type: rastrigin}}}
constraints:
  - {column: z, type: normal, value: 1, sigma: 2}
sampler: {type: SAMPLER}
stop: {evaluations: EVALUATIONS}
failures: {budget: 0.5, after: 50}
output: {directory: out, save_every: 0.5s}
"""

with Folder():
    for sampler in ("random", "sobol", "differential_evolution", "particle_swarm"):
        write("job.yaml", JOB.replace("SAMPLER", sampler).replace("EVALUATIONS", "1500"))
        first = None
        for ranks in (1, 2, 3, 5):
            run("job.yaml", ranks, f"output.directory={sampler}-{ranks}")
            points = table(f"{sampler}-{ranks}")
            s = summary(f"{sampler}-{ranks}")
            if first is None:
                first, statuses, best = points, s["statuses"], s["best"]
                assert len(points["id"]) == 1500 and {"timeout", "unphysical", "not_finite", "skipped", "ok"} <= statuses.keys(), statuses
            assert_same(first, points, f"{sampler} on {ranks} ranks")
            assert s["statuses"] == statuses and s["best"] == best
            if ranks > 1:
                assert len(set(points["rank"])) == ranks, "a rank did nothing"

    # the failure budget stops at the same point, and what was finished beyond it is kept apart
    write("job.yaml", JOB.replace("SAMPLER", "random").replace("EVALUATIONS", "1500").replace("timeout: 0.05", "timeout: 0.7"))
    ends = []
    for ranks in (1, 3):
        text = run("job.yaml", ranks, f"output.directory=hopeless-{ranks}", expect=1)
        assert "budget" in text, text
        ends.append(table(f"hopeless-{ranks}"))
    assert 50 < len(ends[0]["id"]) < 300
    assert_same(ends[0], ends[1], "a hopeless campaign")
