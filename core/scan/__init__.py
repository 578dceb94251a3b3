"""One look at a target: fetch, parse, and say what is there as facts and samples."""
