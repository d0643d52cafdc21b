// Package wire turns JSON into the types of package protocol and back.
//
// It is the whole contract between generated and hand-written code: a pull
// decoder over one complete message, an encoder that appends to one buffer,
// members that are kept as they came, and errors that say where. It knows no
// type of MCP; a revision of the protocol is one bit to it.
//
// Neither direction builds a tree, uses reflection or computes a path before
// something is wrong: paths are found again from the byte offset of the
// failure, so that the usual message pays nothing for them.
package wire
