"""Export the numbers as metrics: by a text file, a collector, or a listener of `cli/`.

    publish   the samples of this user's accounts, and what a refresh exports
    text      samples as Prometheus text, by prometheus_client
    otlp      the points for an OpenTelemetry collector
    otlp_sdk  the part that the SDK does

Nothing here is imported unless it is configured.
"""
