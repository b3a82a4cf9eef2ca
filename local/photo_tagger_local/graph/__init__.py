"""The workflow as a graph: its arrows, and a drawing of them."""
