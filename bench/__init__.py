"""What is measured, each file with a `run` that returns figures; `bin/bench` runs them all."""
