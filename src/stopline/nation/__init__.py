"""A simulated country with its own ground truth; it knows only the centre's public doors."""
