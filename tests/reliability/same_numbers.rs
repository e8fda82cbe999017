//! The same seed, the same numbers: on any number of threads, after a restart, on each path of the processor.
