"""A program in the place of the evaluator: answers something else."""

import sys

if __name__ == "__main__":
    sys.stdin.read()
    sys.stdout.write('{"values": []}')
