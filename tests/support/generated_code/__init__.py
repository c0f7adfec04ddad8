"""The files of the fake that follow from another file: the control client, and the types of the options."""
