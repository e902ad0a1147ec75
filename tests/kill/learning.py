"""Learning is killed at random instants and goes on with other numbers of ranks: no point is lost, and points, test set, curve and model are those of
the undisturbed run. 12 kills, or 200 with UMBRA_NIGHTLY."""
from harness import NIGHTLY, WITNESS, Kind, kill_campaigns

JOB = """
name: killed
seed: SEED
workflow: learn
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: library, file: WITNESS, columns: [r], isolation: ISOLATION}
target: {class: "r < 3"}
start: {evaluations: 200}
committee: COMMITTEE
query: {candidates: 2000, batch: 50, slice: 500, lag: LAG}
test: {evaluations: 300}
stop: {evaluations: 600}
output: {directory: out, save_every: 0.1s}
"""
COMMITTEES = {"forest": "{type: forest, trees: 20}", "networks": "{type: networks, members: 3, hidden: [16, 16], epochs: 20, learning_rate: 0.005}"}


def job(committee, lag, isolation):
    def fill(chance):
        text = JOB
        for key, value in {"SEED": chance.randrange(1000), "WITNESS": WITNESS, "COMMITTEE": COMMITTEES[committee], "LAG": lag, "ISOLATION": isolation}.items():
            text = text.replace(key, str(value))
        return text

    return fill


kinds = [Kind(f"{committee}, lag {lag}", job(committee, lag, isolation), 5e-3, isolation == "process")
         for committee, lag, isolation in (("forest", 1, "none"), ("networks", 0, "process"), ("networks", 1, "none"), ("forest", 0, "process"))]
kill_campaigns(kinds, 200 if NIGHTLY else 12, first_seed=8000)
