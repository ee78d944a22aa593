"""Turn snapshots into metrics. Pure.

    table    every metric: name, labels, help, and its name in OpenTelemetry
    labels   which texts may become the value of a label
    values   the samples of a snapshot and of local usage

`refresh/metrics/` reads the snapshots, and exports the samples.
"""
