"""The benchmarks of `e2e/bench`: one module each, which says what it measures and how to read it.

A benchmark module has:
  TITLE                      one line for `e2e/bench --help`
  add_arguments(parser)      its own options
  run(bench, options)        measures, prints its table, returns an Outcome

It is listed in `command.BENCHMARKS`. Java drivers are in `src/jmh/java`, peers in `e2e/peers/NAME`.
"""
