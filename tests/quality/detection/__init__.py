"""How much of what is wrong the shipped suite catches: every faulty server judged by every clause, and a table of it."""
