"""Progress: one line that renews itself on a terminal, plain lines in a batch log, and the summary at the end of both."""
import os
import pty
import subprocess

from campaigns import Folder, UMBRA, write

JOB = """
name: shown
seed: 1
workflow: scan
parameters: [{name: x, prior: flat, range: [-5, 5]}, {name: y, prior: flat, range: [-5, 5]}]
model: {type: sleep, mean: 10ms, inner: {type: fail, shares: {timeout: 0.1}, inner: {type: rosenbrock}}}
sampler: {type: random}
stop: {evaluations: 160}
output: {directory: out}
"""


def on_terminal(*words):
    """What the program shows on a terminal."""
    near, far = pty.openpty()
    process = subprocess.Popen([UMBRA, *words], stdout=far, stderr=far)
    os.close(far)
    shown = b""
    while True:
        try:
            piece = os.read(near, 65536)
        except OSError:  # Linux says so where the other side has gone
            break
        if not piece:
            break
        shown += piece
    os.close(near)
    assert process.wait() == 0, shown.decode()
    return shown.decode()


with Folder():
    write("job.yaml", JOB)
    shown = on_terminal("run", "job.yaml")
    lines = shown.split("\r\x1b[K")[1:]
    assert len(lines) >= 3, shown
    for word in (" / 160", "/s", "best", "failed", "busy", "left"):
        assert word in lines[1], f"{word!r} is not in {lines[1]!r}"
    assert "100.0 %" in lines[-1] and "left" not in lines[-1].splitlines()[0], lines[-1]

    logged = subprocess.run([UMBRA, "run", "job.yaml", "output.directory=logged"], capture_output=True, text=True, check=True, timeout=120).stdout
    assert "\r" not in logged and "\x1b" not in logged, logged
    assert "100.0 %  160 / 160" in logged, logged
    for text in (shown, logged):
        for word in ("timeout", "ok", "best points: id", "busy share", "results: "):
            assert word in text, f"{word!r} is not in the summary:\n{text}"
    assert subprocess.run([UMBRA, "run", "job.yaml", "output.directory=silent", "--quiet"], capture_output=True, text=True, check=True, timeout=120).stdout == ""
