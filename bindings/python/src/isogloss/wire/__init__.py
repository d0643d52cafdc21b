"""How JSON becomes values and back: the whole contract between generated and hand-written code.

It knows no type of MCP. Generated classes derive from `value.Object`, generated tables are written in
the words of `shape`; `decoder` and `encoder` work on both, fast where they can and exactly where they
must (`reader`, and the writer in `encoder`). What decoding and encoding mean is in ARCHITECTURE.md.
"""
