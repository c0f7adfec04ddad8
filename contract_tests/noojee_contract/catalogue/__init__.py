"""The catalogue of clauses: sentences, severities and sources as TOML, read by `clauses`."""
