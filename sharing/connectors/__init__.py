"""The kit a network module is built from. Plain Python: no models, no settings."""
