"""Recording and alert rules for Prometheus.

All machines of an account report the same limits, so every rule is over the account. A text file
keeps the numbers of a window that has ended until the next refresh, so the reset is compared, too.
A test runs the rules by promtool, and holds their names to the table of metrics.
"""

from __future__ import annotations

RULES = """\
# Rules for the metrics of usageline: add this file to rule_files in prometheus.yml.
groups:
  - name: usageline
    rules:
      # One series for each limit of an account, without windows that have ended.
      - record: account:usageline_limit_utilization_ratio:max
        expr: |
          max by (account, limit, scope) (
            usageline_limit_utilization_ratio
              unless (usageline_limit_reset_timestamp_seconds <= time())
          )

      # Only machines with recent numbers have a forecast that counts.
      - record: account:usageline_limit_exhaustion_timestamp_seconds:min
        expr: |
          min by (account, limit, scope) (
            (usageline_limit_exhaustion_timestamp_seconds > time())
              and on (account, instance, job)
            (time() - usageline_reading_timestamp_seconds < 3600)
          )

      - alert: UsagelineLimitNearlyReached
        expr: |
          account:usageline_limit_utilization_ratio:max >= 0.9
            and on (account, limit, scope)
          max by (account, limit, scope) (usageline_limit_reset_timestamp_seconds) - time() > 1800
        for: 5m
        labels:
          severity: warning
        annotations:
          summary: >-
            {{ $labels.limit }}{{ with $labels.scope }} {{ . }}{{ end }} of account
            {{ $labels.account }} is at {{ $value | humanizePercentage }}
          description: The limit resets in more than half an hour.

      - alert: UsagelineLimitWillBeReached
        expr: account:usageline_limit_exhaustion_timestamp_seconds:min - time() < 3600
        for: 5m
        labels:
          severity: warning
        annotations:
          summary: >-
            {{ $labels.limit }}{{ with $labels.scope }} {{ . }}{{ end }} of account
            {{ $labels.account }} will be reached in {{ $value | humanizeDuration }}
          description: At the recent use, the limit is reached before it resets.

      - alert: UsagelineCreditNearlySpent
        expr: |
          max by (account, label, currency) (usageline_credit_used)
            / (max by (account, label, currency) (usageline_credit_limit) > 0)
            >= 0.9
        for: 5m
        labels:
          severity: warning
        annotations:
          summary: >-
            {{ $labels.label }} of account {{ $labels.account }}:
            {{ $value | humanizePercentage }} spent

      # A machine that nobody uses has old numbers, too. It alerts only if its refreshes fail.
      - alert: UsagelineReadingOld
        expr: |
          time() - max by (account) (usageline_reading_timestamp_seconds) > 3600
            unless on (account)
          usageline_status{status="ok"} == 1
        for: 15m
        labels:
          severity: info
        annotations:
          summary: >-
            no machine has read the limits of account {{ $labels.account }} for
            {{ $value | humanizeDuration }}

      - alert: UsagelineSignInBroken
        expr: max by (account, status) (usageline_status{status=~"expired|no-scope"}) == 1
        for: 1h
        labels:
          severity: info
        annotations:
          summary: "a machine cannot read account {{ $labels.account }}: {{ $labels.status }}"
          description: Run `usageline doctor` there.
"""
