"""The contract tests: one test a clause. Run them with `pytest --pyargs noojee_contract.suite`."""
