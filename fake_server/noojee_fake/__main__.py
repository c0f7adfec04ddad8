"""Commands of the contracts; grows with the suite."""


def main() -> int:
    raise SystemExit("not built yet")
