"""Read Claude Code's transcripts: find the files, cut them into lines, take the usage from a line.

roots    which configuration directories count
files    which files there are
chunks   the lines with a mark of one file, from an offset on
records  the facts of one line, by `json`
structs  the same, by msgspec
facts    whether a single fact is valid
"""
