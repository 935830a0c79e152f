"""The JSON documents that cross a boundary, as typed classes: one module for each subject.

A document is written and read with the same class, so a misspelt key is a type error. ``lake/documents.py``
checks what is read from S3 against these classes.
"""
