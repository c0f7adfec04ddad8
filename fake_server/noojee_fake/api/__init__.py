"""The vendor's API as a pure function from request to response."""
