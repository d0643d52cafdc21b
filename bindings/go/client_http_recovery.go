package isogloss

import (
	"errors"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What becomes of a call that was broken off: the table of protocol.Recovery, put
// into practice.

// fitting is what is to be done in a case; nil if nothing can be.
func fitting(failed protocol.Failed, sent, isRepeatable bool) *protocol.RecoveryRow {
	fits := func(wanted protocol.When, is bool) bool {
		return wanted == protocol.Always || (wanted == protocol.IfSo) == is
	}
	for _, row := range protocol.Recovery() {
		if row.Failed == failed && fits(row.Sent, sent) && fits(row.Repeatable, isRepeatable) {
			return &row
		}
	}
	return nil
}

// recovering sends a request until it is answered, or nothing more is to be done
// about it.
func (l *httpLink) recovering(d *deadline, o *outgoing) (wire.Raw, error) {
	var happened map[protocol.Failed]int
	for {
		session := l.legacy.current.Load()
		var result wire.Raw
		var err error
		if session != nil && session.lost.Load() && o.rev.Era() == protocol.Legacy {
			err = session.knownToBeLost()
		} else {
			result, err = l.attempt(d, o)
		}
		var b *broken
		if !errors.As(err, &b) {
			return result, err
		}
		if happened == nil {
			happened = map[protocol.Failed]int{}
		}
		times := happened[b.failed]
		happened[b.failed]++
		if err := l.recover(d, o, b, times, session); err != nil {
			return nil, err
		}
	}
}

// recover does what has to be done before the request is sent again. If it is not to
// be, the error is how the call ends.
func (l *httpLink) recover(d *deadline, o *outgoing, b *broken, times int, session *legacyOpened) error {
	row := fitting(b.failed, b.sent, o.repeatable)
	if row == nil {
		return b.err
	}
	ending := b.err
	if row.OutcomeUnknown {
		ending = outcomeUnknown(o.method.Name, b.err)
	}
	if times >= row.AtMost {
		return ending
	}
	switch row.Action {
	case protocol.ActionSendAgain:
		if b.failed != protocol.FailedUnreachable {
			return nil
		}
		// A server that is being started is there soon.
		return d.pause(protocol.ConnectPause << min(times, 8))
	case protocol.ActionOpenSession, protocol.ActionOnlyOpenSession:
		if session != nil {
			session.lost.Store(true)
			if err := l.reopen(d, session); err != nil {
				return err
			}
		}
		if row.Action == protocol.ActionOpenSession {
			return nil
		}
	case protocol.ActionListTools:
		return l.relist(d, o)
	}
	// A stream is resumed where it is read, and a call is cancelled where it is over.
	return ending
}

// relist lists the tools, to learn which of their arguments the headers repeat.
func (l *httpLink) relist(d *deadline, about *outgoing) error {
	text, err := about.params(nil)
	if err != nil {
		return encodeError("", err)
	}
	meta, _ := wire.Raw(text).Get("_meta")
	var cursor wire.Raw
	list := &outgoing{
		method:     protocol.FindMethod(protocol.MethodListTools, about.rev),
		rev:        about.rev,
		repeatable: true,
		params: func(dst []byte) ([]byte, error) {
			dst = append(append(dst, `{"_meta":`...), meta...)
			if cursor != nil {
				dst = append(append(dst, `,"cursor":`...), cursor...)
			}
			return append(dst, '}'), nil
		},
	}
	for range protocol.MaxPages {
		page, err := l.attempt(d, list)
		if err != nil {
			return err
		}
		next, _ := page.Get("nextCursor")
		// One that gives out the same cursor again is asked no more.
		if next == nil || next.Kind() == wire.KindNull || string(next) == string(cursor) {
			return nil
		}
		cursor = next
	}
	return nil
}
