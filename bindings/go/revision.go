package isogloss

import (
	"slices"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What both sides may speak.

// EraMode says how a client finds out what a server speaks.
type EraMode uint8

const (
	// Auto asks server/discover first, and opens with initialize if the answer
	// is an error, names legacy revisions only, or does not come.
	Auto EraMode = iota
	// LegacyOnly opens with initialize.
	LegacyOnly
	// ModernOnly never does.
	ModernOnly
)

// newest returns the newest revision of an era.
func newest(era protocol.Era) protocol.Revision {
	all := protocol.Revisions()
	for _, rev := range slices.Backward(all) {
		if rev.Era() == era {
			return rev
		}
	}
	return all[0]
}

// revisionNamed reads a revision's date.
func revisionNamed(raw wire.Raw) (protocol.Revision, bool) {
	for _, rev := range protocol.Revisions() {
		if date := rev.String(); len(raw) == len(date)+2 && raw[0] == '"' && string(raw[1:len(raw)-1]) == date {
			return rev, true
		}
	}
	date, isText := raw.Text()
	if !isText {
		return 0, false
	}
	return protocol.ParseRevision(date)
}

// supported names every revision, newest first.
func supported() []string {
	var names []string
	for _, rev := range slices.Backward(protocol.Revisions()) {
		names = append(names, rev.String())
	}
	return names
}

// best returns the newest revision of an era among those that the other side names.
func best(era protocol.Era, names []string) (protocol.Revision, bool) {
	for _, rev := range slices.Backward(protocol.Revisions()) {
		if rev.Era() == era && slices.Contains(names, rev.String()) {
			return rev, true
		}
	}
	return 0, false
}

// agreed is the revision with which a server answers a client's initialize: the
// one it asks for if it is a legacy one, the newest of those if not.
func agreed(asked string) protocol.Revision {
	if rev, ok := protocol.ParseRevision(asked); ok && rev.Era() == protocol.Legacy {
		return rev
	}
	return newest(protocol.Legacy)
}
