"""Papers reproduced with livingdrug."""
