"""Export the numbers as metrics: by a text file, a collector, or a listener of `cli/`.

    collect   the samples of this user's accounts
    text      samples as Prometheus text, by prometheus_client
    textfile  the file for node_exporter's textfile collector
    otlp      the points for an OpenTelemetry collector; otlp_sdk has the SDK's part
    headers   the file with the headers of that request
    publish   what a refresh exports after it has published

Nothing here is imported unless it is configured.
"""
