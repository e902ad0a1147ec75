"""A likelihood of a user's own for toys: fitted right, the same on any number of ranks, and its crashes are statuses of toys."""
import os
import shutil
import subprocess

import numpy

from campaigns import SOURCE, Folder, assert_same, check, run, summary, table, umbra, write

INCLUDE = f"{SOURCE}/jobs/simulators"
MODEL = "model: {{type: library, file: {}, data: unbinned_search.txt{}}}"


def compile_library(name, *more, source=f"{SOURCE}/examples/unbinned_search.c"):
    check(subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{INCLUDE}", *more, "-o", name, source, "-lm"], capture_output=True, text=True), 0)


def job(name, library, rest, more=""):
    write(name, f"name: {os.path.splitext(name)[0]}\nseed: 8\nworkflow: toys\n{MODEL.format(library, more)}\n{rest}")


with Folder():
    shutil.copy(f"{SOURCE}/examples/unbinned_search.txt", ".")
    compile_library("unbinned_search.so")

    # pulls of the fitted signal strength where one is true: the signed root of tmu has mean 0 and width 1
    job("pulls.yaml", "unbinned_search.so", "statistic: tmu\nhypotheses: [1]\nblock: 100\nstop: {toys: 600}\noutput: {directory: one}\n")
    run("pulls.yaml", 1)
    one = table("one", "toys")
    own = one["side"] == 0
    assert (one["status"] == 0).all() and (one["distance"] < 1e-6).all()
    pulls = numpy.sign(one["poi_hat"] - 1) * numpy.sqrt(one["statistic"])
    pulls = pulls[own]
    assert len(pulls) == 600
    assert abs(pulls.mean()) < 4 / numpy.sqrt(600), pulls.mean()
    assert abs(pulls.std() - 1) < 4 / numpy.sqrt(1200), pulls.std()
    hats = one["poi_hat"][own]
    assert abs(hats.mean() - 1) < 4 * hats.std() / numpy.sqrt(600) + 0.02, hats.mean()
    hats = one["poi_hat"][~own]  # made without a signal
    assert abs(hats.mean()) < 4 * hats.std() / numpy.sqrt(600) + 0.02, hats.mean()

    # the same on any number of ranks, with a process for the library and without
    run("pulls.yaml", 3, "output.directory=three")
    assert_same(one, table("three", "toys"), "3 ranks")
    run("pulls.yaml", 2, "output.directory=inside", "model.isolation=none")
    assert_same(one, table("inside", "toys"), "without a process of its own")

    # the example, as it stands
    shutil.copy(f"{SOURCE}/examples/unbinned_search.yaml", ".")
    run("unbinned_search.yaml", 2, "block=100", "stop.toys=200")
    found = summary("runs/unbinned-search")["hypotheses"]
    assert [h["mu"] for h in found] == [0.5, 1] and all(0 <= h["CLs"] <= 1 and h["unresolved"] == 0 and "asymptotic" not in h for h in found)
    run("unbinned_search.yaml", 2, "hypotheses=[]", "discovery=true", "statistic=q0", "block=100", "stop.toys=200", "output.directory=discovery")
    assert 0 <= summary("discovery")["discovery"]["p0"] < 0.5 and summary("discovery")["discovery"]["toys"] == 200

    # a crash and an endless loop in some toys: their rows say so, all others are as they were
    write("evil.c", f'#include <stdlib.h>\n#define umbra_toys_nll good_nll\n#include "{SOURCE}/examples/unbinned_search.c"\n#undef umbra_toys_nll\n'
          + "double umbra_toys_nll(const double* x, const double* data, size_t size, double* g) {\n"
          + "  if (data[0] > 1.2) abort();\n  if (data[0] < 0.76) for (;;) { static volatile int turn; ++turn; }\n  return good_nll(x, data, size, g);\n}\n")
    compile_library("evil.so", source="evil.c")
    run("pulls.yaml", 2, "output.directory=evil", "model.file=evil.so", "model.timeout=0.4s", "stop.toys=300")
    evil, good = table("evil", "toys"), table("one", "toys")
    same = good["toy"] < 300
    good = {c: v[same] for c, v in good.items()}
    order = lambda t: numpy.lexsort((t["toy"], t["side"]))
    a, b = order(evil), order(good)
    bad = evil["status"][a] >= 5
    assert 0 < (evil["status"] == 5).sum() < 40 and 0 < (evil["status"] == 6).sum() < 20, numpy.unique(evil["status"], return_counts=True)
    for c in ("toy", "statistic", "poi_hat", "free_nll", "fixed_nll"):
        assert evil[c][a][~bad].tobytes() == good[c][b][~bad].tobytes(), c
    assert numpy.isnan(evil["statistic"][a][bad]).all()
    assert summary("evil")["hypotheses"][0]["unresolved"] == bad.sum()
    assert "not resolved" in summary("evil")["warnings"][0]

    # a process that dies of what was before costs no toy: here each makes three data sets, and crashes at the fourth
    write("tired.c", f'#include <stdlib.h>\n#define umbra_toys_nll good_nll\n#include "{SOURCE}/examples/unbinned_search.c"\n#undef umbra_toys_nll\n'
          + "double umbra_toys_nll(const double* x, const double* data, size_t size, double* g) {\n"
          + "  static double last; static int sets;\n  if (data[0] != last && ++sets > 4) abort();\n  last = data[0];\n  return good_nll(x, data, size, g);\n}\n")
    compile_library("tired.so", source="tired.c")
    run("pulls.yaml", 2, "output.directory=tired", "model.file=tired.so", "stop.toys=100")
    tired = table("tired", "toys")
    assert (tired["status"] == 0).all() and len(tired["toy"]) == 200 and numpy.sort(tired["statistic"]).tobytes() == numpy.sort(one["statistic"][one["toy"] < 100]).tobytes()

    # a library that cannot be used is told of before anything runs
    compile_library("never.so", "-Dumbra_toys_nll=something_else")
    write("crash.c", f'#include <stdlib.h>\n#define umbra_toys_nll good_nll\n#include "{SOURCE}/examples/unbinned_search.c"\n#undef umbra_toys_nll\n'
          + "double umbra_toys_nll(const double* x, const double* data, size_t size, double* g) { abort(); }\n")
    compile_library("crash.so", source="crash.c")
    for library, words in (("never.so", "does not define umbra_toys_nll"), ("crash.so", "was ended by signal 6"), ("nowhere.so", "there is no file"), ("crash.c", "cannot load the library")):
        text = umbra("run", "pulls.yaml", f"model.file={library}", "output.directory=none", expect=2)
        assert words in text and text.startswith("override model.file: "), text
    write("numbers.txt", "1.0 125\n130 x4\n")
    assert "numbers.txt:2: 'x4' is no number" in umbra("run", "pulls.yaml", "model.data=numbers.txt", "output.directory=none", expect=2)

    # a library whose toys are all unresolved gives no limit and no interval, and ends in good order
    write("only.c", f'#include <math.h>\n#define umbra_toys_nll good_nll\n#include "{SOURCE}/examples/unbinned_search.c"\n#undef umbra_toys_nll\n'
          + "static double first = 0; double umbra_toys_nll(const double* x, const double* data, size_t size, double* g) {\n"
          + "  if (first == 0) first = data[0];\n  return data[0] == first ? good_nll(x, data, size, g) : NAN;\n}\n")
    compile_library("only.so", source="only.c")
    job("only.yaml", "only.so", "limit: {pilot: 100}\nblock: 50\nstop: {precision: {quantity: upper_limit, relative: 0.1}, max_toys: 200}\noutput: {directory: only}\n", ", isolation: none")
    run("only.yaml", 1)
    assert "upper_limit" not in summary("only") and "there is no limit" in summary("only")["warnings"][1], summary("only")
    run("only.yaml", 1, "limit=null", "interval={range: [0, 2], points: 3}", "stop={toys: 100}", "output.directory=only-interval")
    assert summary("only-interval")["interval"]["low"] is None and summary("only-interval")["interval"]["high"] is None, summary("only-interval")
    # beside a model of another kind a crash is still that of its own toys
    library = "type: library, file: evil.so, data: unbinned_search.txt, timeout: 0.4s"
    counting = "type: counting, signal: 3, background: 2, observed: 4"
    write("both.yaml", f"name: both\nseed: 8\nworkflow: toys\nmodel: [{{name: a, {library}}}, {{name: b, {counting}}}]\nhypotheses: [1]\nstatistic: tmu\nblock: 50\nstop: {{toys: 300}}\n"
          "output: {directory: both}\n")
    run("both.yaml", 2)
    both = table("both", "toys")
    bad = both["status"] >= 5
    assert 0 < bad.sum() < 60 and set(both["model"][bad]) == {0} and (both["model"] == 1).sum() == 600 and numpy.isnan(both["statistic"][bad]).all(), both["model"][bad]
    assert [m["hypotheses"][0]["unresolved"] for m in summary("both")["models"]] == [bad.sum(), 0]

    # beyond the ends between which the library is defined nothing is tested; a block takes 10 s at most, by the time that a toy may take
    assert "is above" in umbra("run", "pulls.yaml", "hypotheses=[1, 1000]", "output.directory=none", expect=2)
    job("small.yaml", "unbinned_search.so", "hypotheses: [1]\nstop: {toys: 20}\noutput: {directory: small}\n")
    for more, blocks in (([], 40), (["model.timeout=1s"], 4), (["model.timeout=4s"], 20), (["model.isolation=none"], 4)):
        run("small.yaml", 1, "output.directory=small", "--fresh", *more)
        assert summary("small")["evaluations"] == blocks, (more, summary("small"))
