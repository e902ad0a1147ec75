"""Reads an SLHA spectrum and estimates the relic density of a neutralino that is nearly pure higgsino or wino (hep-ph/0601041):
Omega h^2 = 0.10 (mu / TeV)^2 or 0.13 (M_2 / 2.5 TeV)^2. Says so where it is neither: a bino-like one needs a real calculation."""
import sys

blocks = {}
for line in open(sys.argv[1]):
    words = line.split("#")[0].split()
    if words and words[0].lower() == "block":
        entries = blocks.setdefault(words[1].upper(), {})
    elif words:
        entries[" ".join(words[:-1])] = words[-1]

mass = abs(float(blocks["MASS"]["1000022"]))
bino, wino, down, up = (float(blocks["NMIX"][f"1 {k}"]) ** 2 for k in range(1, 5))
if down + up > 0.9:
    print("relic density: Omega h^2 =", 0.10 * (mass / 1000) ** 2)
elif wino > 0.9:
    print("relic density: Omega h^2 =", 0.13 * (mass / 2500) ** 2)
else:
    print("mixed or bino-like: no estimate")
