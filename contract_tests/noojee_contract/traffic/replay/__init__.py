"""Replays exchange files: finds the recorded answer to a request, and sends its bytes."""
