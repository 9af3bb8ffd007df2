"""The command line: options in, workflow out. The only place that prints or exits."""
