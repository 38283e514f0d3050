"""The inline path: columns of calls in, verdicts out, in compiled kernels over flat arrays."""
