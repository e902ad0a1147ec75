"""Toys are killed at random instants and go on with other numbers of ranks: what is not in a segment is made again, bit for bit, and nothing is missing
at the end. 12 kills, or 200 with UMBRA_NIGHTLY."""
from harness import NIGHTLY, Kind, kill_campaigns
from campaigns import SOURCE

SEARCH = f"{{type: histfactory, workspace: {SOURCE}/tests/data/on_off.json}}"
COUNTING = "{type: counting, signal: 6, background: 4, observed: 5}"
GOALS = {
    "hypotheses": (SEARCH, "hypotheses: [0.5, 1.5, 2]\nblock: 50\nstop: {toys: 12000}"),
    "limit": (SEARCH, "limit: {confidence: 0.95, pilot: 500}\nblock: 50\nstop: {toys: 5000}"),
    "precision": (SEARCH, "hypotheses: [1.5]\nblock: 50\nstop: {precision: {quantity: CLs, relative: 0.03}, max_toys: 100000}"),
    "discovery": (COUNTING.replace("5}", "11}"), "discovery: true\nblock: 500\nstop: {precision: {quantity: p0, relative: 0.03}, max_toys: 1000000}"),
}


def job(goal):
    model, what = GOALS[goal]
    return lambda chance: f"name: killed\nseed: {chance.randrange(1000)}\nworkflow: toys\nmodel: {model}\n{what}\noutput: {{directory: out, save_every: 0.1s}}\n"


kill_campaigns([Kind("toys, " + goal, job(goal), 0.0, False) for goal in GOALS], 200 if NIGHTLY else 12, first_seed=5000)
