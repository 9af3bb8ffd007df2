"""One file per thing that a user wants: the only place where the parts of emel meet."""
