"""Benchmarks that anyone can repeat: each figure stands beside a baseline of the same run."""
