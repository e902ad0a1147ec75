"""Every shell script is clean to shellcheck."""
import glob
import os
import shutil
import subprocess
import sys

from campaigns import SOURCE

if not shutil.which("shellcheck"):
    print("SKIPPED: shellcheck is not installed")
    sys.exit(77)
# templates are checked once they are filled in (slurm.py)
scripts = [f for pattern in ("scripts/*", ".ci/run", "slurm/cluster-in-a-box") for f in glob.glob(os.path.join(SOURCE, pattern)) if os.path.isfile(f)]
assert len(scripts) >= 5, scripts
subprocess.run(["shellcheck", *scripts], check=True)
