"""Commands that are loaded when they are called: a module here is the command of its name.

The first line of its docstring is what the list of commands says of it, read without loading the module.
"""
