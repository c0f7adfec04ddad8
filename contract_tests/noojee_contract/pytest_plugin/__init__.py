"""The pytest plugin that runs the suite on targets and writes its reports."""
