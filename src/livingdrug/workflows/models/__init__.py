"""List or find models. `show`, `check`, `export`, `compare` or write a `new` one."""
