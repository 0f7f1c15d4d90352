"""Speed, as ratios against a named baseline measured in the same run: machines differ, ratios hold.

make bench                       all of them, each in a process of its own
python -m benchmarks rendering   one of them
"""
