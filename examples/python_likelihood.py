"""A likelihood in plain Python: reads points, answers values, one JSON line each (docs/program_protocol.md)."""
import json
import math
import sys

hello = json.loads(sys.stdin.readline())
names = hello["parameters"]
print(json.dumps({"umbra": 1, "columns": [{"name": "log_L", "label": "\\ln L"}, {"name": "radius", "unit": "GeV"}]}), flush=True)

for line in sys.stdin:
    point = json.loads(line)
    theta = dict(zip(names, point["theta"]))
    radius = math.hypot(theta["x"], theta["y"])
    if radius > 5:
        answer = {"id": point["id"], "status": "unphysical", "message": "outside the potential"}
    else:
        answer = {"id": point["id"], "values": [-0.5 * ((radius - 2) / 0.1) ** 2, radius]}
    print(json.dumps(answer), flush=True)
