package isogloss

import (
	"log/slog"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What is left out of messages, for the revision lacks it: each is reported once.

// omissions are those of a connection.
type omissions struct {
	log  *slog.Logger
	seen sync.Map
}

// omission is a member that the program sets and the revision lacks.
type omission struct {
	method, member string
	rev            protocol.Revision
}

// encoded writes params, with what fill puts into their `_meta`.
func (o *omissions) encoded(method string, rev protocol.Revision, params protocol.Encodable, fill func(*protocol.RequestMetaObject)) writer {
	return func(dst []byte) ([]byte, error) {
		if params == nil {
			return append(dst, "{}"...), nil
		}
		encoding, err := protocol.EncodeParams(dst, rev, params, fill)
		o.report(method, rev, encoding.Omitted)
		return encoding.Data, err
	}
}

// report says what was left out of a message, once.
func (o *omissions) report(method string, rev protocol.Revision, members []string) {
	for _, member := range members {
		if _, known := o.seen.LoadOrStore(omission{method, member, rev}, true); !known {
			o.log.Warn("left out a member that the revision lacks", "method", method, "member", member, "revision", rev.String())
		}
	}
}
