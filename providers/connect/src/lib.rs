//! Finds the platform and the stores a process runs on.
