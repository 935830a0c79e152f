"""``python -m authoring words``: words that the project doesn't use, and counts that keep its code readable.

``table.toml`` says of each word what to write instead, and how it is looked for:

anywhere
    In the whole text of every file, names, comments, strings and documents alike, and in the names of files.
prose
    In what people read: comments, docstrings and strings of Python, and the whole text of other files.
name
    As a name given in Python that is the word, whatever its case and leading underscores; a name that only
    contains the word, or a sentence with it, is allowed.
part
    As a name given in Python of which the word is one part, between underscores or capitals.
module
    As the name of a Python file or of a package.

Names are checked where they are given (functions, classes, arguments, fields, variables), not where they are
used: a name that the project uses without giving it belongs to a library. Keys of stored documents, columns
and XCom keys are strings, so only ``anywhere`` and ``prose`` see them; exceptions list those that must stay.

``structure`` counts what no linter in use counts: classes of the same name, names that hide one of the
standard library, ``dict[str, Any]``, and the length of files and functions.
"""
