"""The figures of a benchmark that have a target: each is printed beside it, and the exit code is 1 where one misses it."""
import sys


class Targets:
    def __init__(self):
        self.missed = False

    def at_least(self, value, wanted):
        """The words to print after a figure."""
        return self.judged(value >= wanted, f"at least {wanted}")

    def holds(self, condition, wanted):
        return self.judged(condition, wanted)

    def judged(self, met, wanted):
        self.missed = self.missed or not met
        return f"(wanted: {wanted}{'' if met else ': MISSED'})"

    def exit(self):
        sys.exit(1 if self.missed else 0)
