"""The chain of docs/simulators.md, taken from the page, with stand-ins that have the command-line habits of SOFTSUSY, SPheno and micrOMEGAs."""
import os
import re
import shutil

import numpy
from campaigns import SOURCE, Folder, run, summary, table, umbra, write

# The entry EXTPAR 23 or MINPAR 3 of an SLHA input, by awk.
ENTRY = r"""entry() { awk -v b="$1" -v i="$2" 'toupper($1) == "BLOCK" { on = toupper($2) == b; next } on && $1 == i { print $2; exit }'; }"""

# Reads standard input, prints the spectrum; no theory: exit code 255, SPINFO 4, and no masses.
SOFTSUSY = r"""#!/bin/sh
test "$1" = leshouches || { echo "unknown model $1" >&2; exit 1; }
cat > "$TMPDIR/given"
""" + ENTRY + r"""
tanb=$(entry MINPAR 3 < "$TMPDIR/given") mu=$(entry EXTPAR 23 < "$TMPDIR/given") m1=$(entry EXTPAR 1 < "$TMPDIR/given") at=$(entry EXTPAR 11 < "$TMPDIR/given")
printf '# SOFTSUSY4.1.20 SLHA compliant output\nBlock SPINFO          # Program information\n     1    SOFTSUSY    # spectrum calculator\n     2    4.1.20      # version number\n'
if awk "BEGIN { exit !($at > 4000) }"; then
  printf '     4   Point invalid: [ tachyon stop ]\n'
  exit 255
fi
awk "BEGIN { printf \"Block MASS                      # Mass spectrum\n#  PDG code     mass             particle\n        25     %.8e   # h0\n   1000022    %.8e   # ~neutralino(1)\n\", 120 + 2*log($tanb), $m1 < $mu ? $m1 : $mu }"
"""

# SPheno IN OUT: wants a scale and its tan beta in EXTPAR; no theory: exit code 0 and no file.
SPHENO = r"""#!/bin/sh
""" + ENTRY + r"""
echo "Message from routine SPheno" > Messages.out
test -n "$(entry EXTPAR 0 < "$1")" || { echo "no scale given in EXTPAR 0" > Messages.out; exit 0; }
tanb=$(entry EXTPAR 25 < "$1") at=$(entry EXTPAR 11 < "$1")
test -n "$tanb" || exit 0
awk "BEGIN { exit !($at < -4000) }" && exit 0
{ printf '# SUSY Les Houches Accord 2\nDECAY        25     4.10000000E-03   # h0\n#    BR                NDA      ID1      ID2\n'
  awk "BEGIN { if ($tanb > 5) printf \"     %.8E    2           5        -5  # BR(h -> b b)\n\", 0.5 + $tanb / 200 }"
  printf '     2.50000000E-02    3          23        11       -11\n'; } > "$2"
"""

# micrOMEGAs: works in its folder, keeps files there, prints a page.
MICROMEGAS = r"""#!/bin/sh
test -f work/models || { echo "compile first" >&2; exit 2; }
echo point >> work/so_generated
test "$OMP_NUM_THREADS" = 2 || exit 3
m=$(awk '$1 == 1000022 { print $2 + 0 }' "$1")
printf '==== Calculation of relic density =====\n'
awk "BEGIN { m = $m; if (m < 0) m = -m; printf \"Xf=2.53e+01 Omega=%.5E\n\", m / 5000 }"
printf '# Channels which contribute to 1/(omega) more than 1%%.\n'
"""


def program(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write(path, text)
    os.chmod(path, 0o755)


with Folder() as folder:
    with open(os.path.join(SOURCE, "docs", "simulators.md")) as f:
        job = re.search(r"```yaml\n(name: .*?)```", f.read(), re.S)[1]
    write("chain.yaml", job)
    for name in ("base.slha", "spheno.slha"):
        shutil.copy(os.path.join(SOURCE, "examples", "pmssm_base.slha"), name)
    program("bin/softpoint.x", SOFTSUSY)
    program("bin/SPheno", SPHENO)
    program("micromegas/MSSM/main", MICROMEGAS)
    os.makedirs("micromegas/MSSM/work")
    write("micromegas/MSSM/work/models", "MSSM\n")
    os.environ["PATH"] = os.path.join(folder.path, "bin") + ":" + os.environ["PATH"]

    said = umbra("check", "chain.yaml", "--points", "40")
    for words in ("spectrum: softpoint.x says in SPINFO 4: Point invalid: [ tachyon stop ]", "step spectrum: run at", "step relic: run at", "median", "points a second"):
        assert words in said, f"{words!r} is missing:\n{said}"
    assert "never found" not in said, said

    run("chain.yaml", 2, "stop.evaluations=120", "failures.after=20")
    t = table("runs/chain")
    ok, unphysical, skipped = (t["status"] == s for s in (0, 1, 15))
    assert (ok | unphysical | skipped).all(), summary("runs/chain")["statuses"]
    tachyon, required = t["At"] > 4000, abs(t["mu"]) > 80
    evaluated = required & ~tachyon
    assert (unphysical[required & tachyon]).all()
    assert numpy.allclose(t["m_h"][evaluated], 120 + 2 * numpy.log(t["tanb"][evaluated]), rtol=1e-7)
    near = evaluated & (abs(t["m_h"] - 125.2) < 3)
    silent = near & (t["At"] < -4000)  # SPheno's exit code 0 without a file
    assert silent.sum() >= 5 and unphysical[silent].all()
    branching = numpy.where(t["tanb"] > 5, 0.5 + t["tanb"] / 200, 0)
    good = near & ~silent
    assert good.sum() >= 20 and numpy.allclose(t["BR_bb"][good], branching[good], rtol=1e-7) and (t["width_h"][good] == 4.1e-3).all()
    assert (ok == (good & (branching > 0.3))).all()
    assert numpy.allclose(t["Omega"][ok], abs(numpy.minimum(t["M1"], t["mu"])[ok]) / 5000, rtol=1e-5)
    assert numpy.isnan(t["Omega"][~ok]).all() and skipped.sum() >= 10
    assert os.listdir("micromegas/MSSM/work") == ["models"], "the copies of the workers were not private"

    # A misspelt entry: every point fails for the same reason, and the check names it.
    write("misspelt.yaml", job.replace("MASS 1000022", "MASS 1000021"))
    said = umbra("check", "misspelt.yaml", "--points", "30", expect=1)
    assert "never found at any point: m_chi01" in said and "there is no entry MASS 1000021" in said, said
    # Too many failures stop the campaign with a table.
    said = umbra("run", "misspelt.yaml", "failures.after=20", "output.directory=misspelt", expect=1)
    assert "parse_error" in said and "there is no entry MASS 1000021 in out.slha of softpoint.x (point" in said, said
print("connection: passed")
