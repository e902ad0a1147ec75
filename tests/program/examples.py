"""Every job file of examples/ runs as it stands, made shorter only."""
import glob
import os
import subprocess

from campaigns import SOURCE, Folder, run, summary, table

# what makes an example short; by workflow
SHORTER = {
    "scan": ["stop.evaluations=300"],
    "learn": ["start.evaluations=300", "query.batch=50", "query.candidates=2000", "stop.evaluations=450", "test.evaluations=1000", "committee.trees=20"],
    "toys": ["stop={toys: 200}"],
}

def own_library(name, source):
    """Compiles the example of a library, which the job file looks for beside itself."""
    library = os.path.abspath(f"{name}.so")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{SOURCE}/jobs/simulators", "-o", library, source, "-lm"], check=True)
    return f"model.file={library}"

# ... and what makes single ones short
OWN = {"pmssm_posterior": ["sampler.live_points=44", "sampler.moves=8", "stop={remaining_evidence: 0.9}"]}

with Folder():
    files = sorted(glob.glob(os.path.join(SOURCE, "examples", "*.yaml")))
    assert len(files) >= 3
    for file in files:
        text = open(file).read()
        if not text.lstrip("#").strip() or "workflow:" not in text:
            continue
        workflow = text.split("workflow:")[1].split()[0]
        name = os.path.splitext(os.path.basename(file))[0]
        source = file.replace(".yaml", ".c")
        compiled = [own_library(name, source)] if os.path.exists(source) else []
        run(file, 2, *OWN.get(name, SHORTER[workflow]), *compiled, f"output.directory={name}", timeout=300)
        assert summary(name)["ending"] == "complete", name
        print(name, "runs")
    assert summary("pmssm_posterior")["ln_evidence"] < 0 and table("pmssm_posterior", "posterior")["weight"].sum() > 0.999
