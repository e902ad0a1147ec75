"""What umbra-spectrum writes keeps to the columns of the SUSY Les Houches Accord, so that any reader reads it: a strict one here, and a Fortran program."""
import os
import random
import re
import shutil
import subprocess

from campaigns import SOURCE, Folder

SPECTRUM = os.path.join(os.path.dirname(os.environ["UMBRA_PROGRAM"]), "umbra-spectrum")

# hep-ph/0311123, sections 3 and 4; 1P,E16.8 is right-aligned in 16 columns.
NUMBER = r"(?=.{16}   #) *(-?\d\.\d{8}E[+-]\d{2,3})   # \S.*"
GENERAL = (r" ([ \d]{5})   " + NUMBER, 1)
MATRIX = (r" ([ \d]{2}) ([ \d]{2})   " + NUMBER, 2)
COLUMNS = {"MASS": (r" ([ \d]{9})   " + NUMBER, 1), "ALPHA": (r" {9}" + NUMBER, 0), "SPINFO": (r" ([ \d]{5})   (\S.*)", 1), "MODSEL": (r" ([ \d]{5}) ([ \d]{5})   # \S.*", 1)}
COLUMNS.update(dict.fromkeys(("NMIX", "UMIX", "VMIX", "STOPMIX", "SBOTMIX", "STAUMIX"), MATRIX))
COLUMNS.update(dict.fromkeys(("MINPAR", "EXTPAR", "HMIX", "UMBRA"), GENERAL))
HEAD = r"Block ([A-Z]+)(?: Q= (?=.{16}   #) *-?\d\.\d{8}E[+-]\d{2})?(?:   # \S.*)?"


def read_strictly(text):
    """{(block, indices...): value}; raises where a line is not as the accord has it."""
    assert text.endswith("\n") and "\t" not in text and "\r" not in text
    entries, block = {}, None
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        head = re.fullmatch(HEAD, line)
        if head:
            block = head[1]
            assert not any(key[0] == block for key in entries), f"block {block} comes twice"
            continue
        pattern, num_indices = COLUMNS[block]
        match = re.fullmatch(pattern, line)
        assert match, f"{block}: {line!r} is not in its columns"
        key = (block, *(int(match[i + 1]) for i in range(num_indices)))
        assert key not in entries, f"{key} comes twice"
        entries[key] = match[num_indices + 1]
    return entries


def spectrum(changes):
    with open(os.path.join(SOURCE, "examples", "pmssm_base.slha")) as f:
        text = f.read()
    head, extpar = text.split("Block EXTPAR")
    for index, value in changes.items():
        extpar, done = re.subn(rf"(?m)^( +{index}) +[-+.\dEe]+ ", rf"\g<1>   {value:.8E} ", extpar)
        assert done == 1, index
    run = subprocess.run([SPECTRUM], input=head + "Block EXTPAR" + extpar, capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr
    return run


def fortran_reader():
    if not shutil.which("gfortran"):
        print("SKIPPED: no gfortran, so that no formatted READ of Fortran was tried", flush=True)
        return None
    subprocess.run(["gfortran", "-o", "slha_reader", os.path.join(SOURCE, "tests", "simulators", "slha_reader.f90")], check=True)
    return "./slha_reader"


def read_by_fortran(program, text):
    with open("out.slha", "w") as f:
        f.write(text)
    run = subprocess.run([program, "out.slha"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    words = [line.split() for line in run.stdout.splitlines()]
    return {(w[0], *map(int, w[1:-1])): float(w[-1]) for w in words}


with Folder():
    reader = fortran_reader()
    draw = random.Random(4)
    good = bad = 0
    for _ in range(40):
        run = spectrum({1: draw.uniform(-4000, 4000), 2: draw.uniform(-4000, 4000), 23: draw.uniform(-2000, 2000), 11: draw.uniform(-7000, 7000), 26: draw.uniform(100, 4000), 43: draw.uniform(100, 2000), 46: draw.uniform(100, 2000)})
        entries = read_strictly(run.stdout)
        assert entries["SPINFO", 1].startswith("umbra-spectrum")
        if run.returncode == 1:
            bad += 1
            assert ("SPINFO", 4) in entries and not any(key[0] == "MASS" for key in entries)
            continue
        good += 1
        assert ("SPINFO", 4) not in entries
        # No zero column, masses of all particles, unitary mixing matrices.
        assert sum(key[0] == "MASS" for key in entries) == 33, sum(key[0] == "MASS" for key in entries)
        for block, n in (("NMIX", 4), ("UMIX", 2), ("VMIX", 2), ("STOPMIX", 2), ("SBOTMIX", 2), ("STAUMIX", 2)):
            for i in range(1, n + 1):
                assert abs(sum(float(entries[block, i, k]) ** 2 for k in range(1, n + 1)) - 1) < 1e-6, (block, i)
        if reader:
            read = read_by_fortran(reader, run.stdout)
            wanted = {key: float(value) for key, value in entries.items() if key[0] not in ("SPINFO", "MODSEL")}
            assert read == wanted, {k: (read.get(k), wanted.get(k)) for k in read.keys() | wanted.keys() if read.get(k) != wanted.get(k)}
    assert good >= 15 and bad >= 1, (good, bad)

    # What the embedded pMSSM cannot do is refused or told, never passed over.
    with open(os.path.join(SOURCE, "examples", "pmssm_base.slha")) as f:
        text = f.read()
    refused = subprocess.run([SPECTRUM], input=re.sub(r"(?m)^    42 .*$", "    42    3500", text), capture_output=True, text=True)
    assert refused.returncode == 2 and "EXTPAR 42 is 3500" in refused.stderr and "make them equal" in refused.stderr, refused.stderr
    told = subprocess.run([SPECTRUM], input=text.replace("173.1 ", "172.5 "), capture_output=True, text=True)
    assert told.returncode == 0 and read_strictly(told.stdout)["SPINFO", 3] == "SMINPUTS 6 is 172.5, used is 173.1   # warning", told.stdout[:400]
    assert ("SPINFO", 3) not in read_strictly(spectrum({}).stdout)
print("slha: passed")
