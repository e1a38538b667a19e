"""The one exception a user sees."""


class UserError(Exception):
    """Something the user can mend: one line that names the file or argument, what is allowed, and what came.

    Every command prints it as `error: …` on standard error and exits with code 2.
    """
