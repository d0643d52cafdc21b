package oauth

import (
	"sync/atomic"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// held is a token that a client has, and what its server's answers have shown of its
// worth.
type held struct {
	*token
	// renewed: got for an older one, and not by asking anew.
	renewed bool
	// proven: the server took it.
	proven atomic.Bool
	since  time.Time
}

func hold(t *token, renewed bool) *held { return &held{token: t, renewed: renewed, since: time.Now()} }

// isHopeless tells whether it was got by asking anew a moment ago, and never taken:
// another one is worth no try yet.
func (h *held) isHopeless() bool {
	return !h.renewed && !h.proven.Load() && time.Since(h.since) < protocol.LoginPause
}

// isRenewable tells whether renewing it is worth a try.
func (h *held) isRenewable() bool {
	return h.refresh.isSet() && (!h.renewed || h.proven.Load())
}
