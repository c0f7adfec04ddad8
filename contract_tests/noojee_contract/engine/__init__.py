"""Runs clauses: planner, runner, subjects, generated calls, shrinking and retries."""
