"""Every job file of examples/ runs as it stands, made shorter only."""
import glob
import os

from campaigns import SOURCE, Folder, run, summary

# what makes an example short; by workflow
SHORTER = {
    "scan": ["stop.evaluations=300"],
    "learn": ["start.evaluations=300", "query.batch=50", "query.candidates=2000", "stop.evaluations=450", "test.evaluations=1000", "committee.trees=20"],
    "toys": ["stop={toys: 200}"],
}

with Folder():
    files = sorted(glob.glob(os.path.join(SOURCE, "examples", "*.yaml")))
    assert len(files) >= 3
    for file in files:
        text = open(file).read()
        if not text.lstrip("#").strip() or "workflow:" not in text:
            continue
        workflow = text.split("workflow:")[1].split()[0]
        name = os.path.splitext(os.path.basename(file))[0]
        run(file, 2, *SHORTER[workflow], f"output.directory={name}", timeout=300)
        assert summary(name)["ending"] == "complete", name
        print(name, "runs")
