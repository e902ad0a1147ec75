"""A program of the protocol with every vice:  evil_program.py VICE. Its vice shows at x = 5; elsewhere it answers 2 x."""
import json
import os
import signal
import subprocess
import sys
import time

vice = sys.argv[1]
if vice == "dumb":
    time.sleep(1000)
if vice == "banner":
    print("Welcome to the simulator")
if vice == "stillborn":
    sys.exit("no licence found")
hello = json.loads(sys.stdin.readline())
print(json.dumps({"umbra": 2 if vice == "future" else 1, "columns": ["double", {"name": "pid", "unit": "1"}]}), flush=True)
answered = 0
for line in sys.stdin:
    point = json.loads(line)
    x = point["theta"][0]
    bad = x == 5
    answer = {"id": point["id"], "values": [2 * x, os.getpid()]}
    if bad and vice == "unphysical":
        answer = {"id": point["id"], "status": "unphysical", "message": "a tachyon"}
    if bad and vice == "nan":
        answer["values"][0] = float("nan")
    if bad and vice == "wrong_id":
        answer["id"] += 1
    if bad and vice == "few":
        answer["values"].pop()
    if bad and vice == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if bad and vice == "exit":
        print("giving up", file=sys.stderr)
        sys.exit(3)
    if vice == "burn" and x > 3:
        end = time.process_time() + (100 if bad else 0.1)
        while time.process_time() < end:
            pass
    if bad and vice == "once" and not os.path.exists(sys.argv[2]):
        open(sys.argv[2], "w").close()
        sys.exit(3)
    if bad and vice == "leave":
        sys.exit(0)
    if bad and vice == "deaf":
        for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(s, signal.SIG_IGN)
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", "1000." + sys.argv[2]], start_new_session=True)
        time.sleep(1000)
    if bad and vice == "late":
        time.sleep(2)
    if bad and vice == "close":
        os.close(1)
        time.sleep(1000)
    if bad and vice == "garbage":
        print("Segmentation fault (just kidding)")
    if bad and vice == "flood":
        while True:
            sys.stdout.write("x" * 65536)
    if bad and vice == "eat":
        hoard = []
        while True:
            hoard.append(bytearray(1 << 22))
    text = json.dumps(answer)
    if bad and vice == "half":
        print(text[: len(text) // 2], end="", flush=True)
        sys.exit(0)
    if bad and vice == "twice":
        text += "\n" + text
    print(text, flush=True)
    answered += 1
    if vice == "late_twin" and bad:
        time.sleep(0.02)
        print(text, flush=True)
    if vice == "mortal" and answered == 3:
        sys.exit(1)
