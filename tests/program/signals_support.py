"""Campaigns that a test starts beside itself, to be stopped or killed."""
import os
import subprocess
import time


def state(directory):
    try:
        with open(directory + "/status.json") as f:
            return f.read()
    except OSError:
        return ""


def written(directory):
    try:
        return os.stat(directory + "/status.json").st_mtime_ns
    except OSError:
        return 0


def begin(words, directory):
    """Starts a campaign and waits until it evaluates."""
    earlier = written(directory)
    process = subprocess.Popen([*words, "output.directory=" + directory], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end = time.time() + 30
    while written(directory) == earlier and time.time() < end and process.poll() is None:
        time.sleep(0.02)
    time.sleep(0.2)
    assert process.poll() is None, process.stdout.read()
    return process
