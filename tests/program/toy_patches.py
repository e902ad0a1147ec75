"""Many signals over one background, and p-values of five standard deviations: the same bits on any number of ranks, and when extended."""
import math

import h5py

from campaigns import SOURCE, Folder, assert_same, run, summary, table, write

SEARCH = f"{SOURCE}/examples/resonance_search.json"
SIGNALS = f"patch: {SOURCE}/examples/resonance_patches.json"
PATCHES = f"""
name: patches
seed: 3
workflow: toys
model: {{type: histfactory, workspace: {SEARCH}, {SIGNALS}, patch_names: [resonance_280, resonance_360, resonance_440]}}
block: 100
"""
FIVE_SIGMA = """
name: five-sigma
seed: 5
workflow: toys
model: {type: counting, signal: 10, background: 10, observed: 30}
discovery: true
block: 500
"""


def poisson_tail(n, rate):
    return sum(math.exp(k * math.log(rate) - rate - math.lgamma(k + 1)) for k in range(n, n + 300))


with Folder():
    # one background toy is searched everywhere
    write("scan.yaml", PATCHES + "discovery: true\nstop: {toys: 600}\n")
    run("scan.yaml", 1, "output.directory=one")
    run("scan.yaml", 4, "output.directory=four")
    one, s = table("one", "toys"), summary("one")
    assert_same(one, table("four", "toys"), "4 ranks")
    assert s["patches"] == summary("four")["patches"] and s["global"] == summary("four")["global"]
    assert [p["name"] for p in s["patches"]] == ["resonance_280", "resonance_360", "resonance_440"] and [p["mass"] for p in s["patches"]] == [280, 360, 440]
    assert len(one["toy"]) == 600 * 3 and sorted(set(one["patch"])) == [0, 1, 2]
    best = [[q for q, t in zip(one["statistic"], one["toy"]) if t == toy] for toy in range(600)]
    q = [p["discovery"]["q0"] for p in s["patches"]]
    extreme = sum(max(b) >= max(q) - 1e-6 for b in best)
    found = s["global"]
    assert found["p"] == extreme / 600 and found["q0"] == max(q) and found["patch"] == s["patches"][q.index(max(q))]["name"], found
    local = s["patches"][q.index(max(q))]["discovery"]
    assert abs(found["trials_factor"] - found["p"] / local["p0"]) < 1e-9 and 1 <= found["trials_factor_low"] <= found["trials_factor"] <= found["trials_factor_high"]
    assert found["p_low"] < found["p"] < found["p_high"] and found["asymptotic"]["p_local"] < found["asymptotic"]["p_line"]
    with h5py.File("one/results.h5") as f:
        assert [n.decode() for n in f["summary/patches/name"]] == [p["name"] for p in s["patches"]]
        assert list(f["summary/patches/discovery_p0"]) == [p["discovery"]["p0"] for p in s["patches"]]
        assert f["summary/global"].attrs["trials_factor"] == found["trials_factor"]
    # extended
    run("scan.yaml", 2, "output.directory=one", "stop.toys=900")
    run("scan.yaml", 3, "output.directory=fresh", "stop.toys=900")
    assert_same(table("one", "toys"), table("fresh", "toys"), "extended")
    assert summary("one")["global"] == summary("fresh")["global"]

    # limits of all signals from one campaign
    write("limits.yaml", PATCHES + "limit: {confidence: 0.95, pilot: 200}\nstop: {toys: 500}\n")
    run("limits.yaml", 1, "output.directory=limits-1")
    run("limits.yaml", 4, "output.directory=limits-4")
    assert_same(table("limits-1", "toys"), table("limits-4", "toys"), "limits on 4 ranks")
    for patch in summary("limits-1")["patches"]:
        limit = patch["upper_limit"]
        assert abs(limit["observed"] - limit["asymptotic"]["observed"]) < 0.15 * limit["observed"] + 4 * limit["error"], patch["name"]
        assert len(patch["hypotheses"]) >= 4
    with h5py.File("limits-1/results.h5") as f:
        table_of_tests = f["summary/patches_hypotheses"]
        assert len(table_of_tests["mu"]) == sum(len(p["hypotheses"]) for p in summary("limits-1")["patches"]) and set(table_of_tests["patch"]) == {0, 1, 2}

    # five standard deviations
    write("five.yaml", FIVE_SIGMA + "stop: {precision: {quantity: p0, relative: 0.02}, max_toys: 100000}\n")
    run("five.yaml", 1, "output.directory=five-1")
    run("five.yaml", 3, "output.directory=five-3")
    assert_same(table("five-1", "toys"), table("five-3", "toys"), "5 sigma on 3 ranks")
    p = summary("five-1")["discovery"]
    assert p == summary("five-3")["discovery"]
    exact = poisson_tail(30, 10)
    assert abs(p["p0"] - exact) < 4 * p["p0_error"] and p["p0_error"] < 0.021 * p["p0"] and p["effective_toys"] > 1000, (p, exact)
    assert 5 < p["significance_low"] < p["significance"] < p["significance_high"] < 5.05
    toys = table("five-1", "toys")
    weights = [math.exp(w) for w in toys["log_weight"]]
    assert max(weights) <= 5.0 and abs(sum(w for w, q in zip(weights, toys["statistic"]) if q >= p["q0"] - 1e-6) / len(weights) - p["p0"]) < 1e-12
    # plain toys find nothing there, and say so
    run("five.yaml", 2, "importance=false", "stop={toys: 1000}", "output.directory=plain")
    plain = summary("plain")
    assert plain["discovery"]["p0"] == 0 and plain["discovery"]["p0_high"] > exact and any("importance: true" in w for w in plain["warnings"]), plain

    # bounds that give way are told
    write("bounds.yaml", f"name: bounds\nworkflow: toys\nmodel: {{type: histfactory, workspace: {SOURCE}/tests/data/on_off.json}}\nstatistic: qmu\nhypotheses: [1, 12]\nstop: {{toys: 200}}\n")
    run("bounds.yaml", 1, "output.directory=bounds")
    said = " ".join(summary("bounds")["warnings"])
    assert "lower bound 0 of the parameter of interest was relaxed to -2" in said and "upper bound 10" in said and "widened to 12" in said, said
    # codes of interpolation are the job's to choose
    for codes in ("normsys: code1", "histosys: code0", "histosys: code2"):
        write("codes.yaml", f"name: codes\nworkflow: toys\nmodel: {{type: histfactory, workspace: {SEARCH}, {codes}}}\nhypotheses: [2]\nstop: {{toys: 50}}\nblock: 50\n")
        run("codes.yaml", 1, f"output.directory={codes[-5:]}")
    q = {c: summary(c)["hypotheses"][0]["q"] for c in ("code1", "code0", "code2")}
    assert len(set(q.values())) == 3, q
