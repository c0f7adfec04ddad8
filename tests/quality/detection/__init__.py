"""The detection rate: how many faulty servers the shipped suite catches."""
