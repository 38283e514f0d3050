"""Back-tests: what a pack would have changed, on files and on what the centre keeps."""
