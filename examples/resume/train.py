"""Logistic regression by stochastic gradient descent, which can be interrupted at any moment.

What makes that possible is small: all that the next step depends on (weights, the state of the random
numbers, the step) goes into one file, which is put into its place whole, and is read at the start.
"""

import json
import math
import os
import random
import sys
import time
from pathlib import Path

STATE = Path("state/state.json")
RESULT = Path("result.json")
FEATURES = 8


def load():
    """The state to go on from: the saved one, or the first."""
    if STATE.is_file():
        state = json.loads(STATE.read_text())
        version, internal, gauss = state["random"]
        state["random"] = (version, tuple(internal), gauss)
        return state
    return {"step": 0, "weights": [0.0] * FEATURES, "random": random.Random(17).getstate()}


def save(state):
    """Written beside its place first: whoever copies the file sees the old one or the new one."""
    STATE.parent.mkdir(exist_ok=True)
    part = STATE.with_suffix(".part")
    part.write_text(json.dumps(state))
    os.replace(part, STATE)


def step(weights, numbers):
    """One row, drawn at random, and one step down its gradient."""
    row = [numbers.gauss(0, 1) for _ in range(FEATURES)]
    truth = 1.0 if row[0] - 0.5 * row[1] + 0.1 * numbers.gauss(0, 1) > 0 else 0.0
    odds = sum(weight * value for weight, value in zip(weights, row))
    error = 1 / (1 + math.exp(-odds)) - truth
    return [weight - 0.05 * error * value for weight, value in zip(weights, row)]


def main(steps, pause):
    state = load()
    numbers = random.Random()
    numbers.setstate(state["random"])
    print(f"starting at step {state['step']}", flush=True)
    while state["step"] < steps:
        for _ in range(100):
            state["weights"] = step(state["weights"], numbers)
        state["step"] += 100
        state["random"] = numbers.getstate()
        save(state)
        # Stands in for work that takes longer than this.
        time.sleep(pause)
    RESULT.write_text(json.dumps({"steps": state["step"], "weights": state["weights"]}) + "\n")
    print(f"done after {state['step']} steps", flush=True)


if __name__ == "__main__":
    main(steps=int(sys.argv[1]), pause=float(sys.argv[2]))
