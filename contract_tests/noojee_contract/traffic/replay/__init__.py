"""Replays exchange files: selects the recorded answer to a request, and sends its bytes."""
