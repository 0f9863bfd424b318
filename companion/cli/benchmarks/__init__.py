"""The measurements of `companion bench`; each returns plain values with n, p50 and p95."""
