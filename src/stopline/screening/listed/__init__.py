"""Number lists as flat arrays, and the kernel that asks them."""
