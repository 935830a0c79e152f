"""The forecast pages: all stations on a map and in a table, and a page for each."""
