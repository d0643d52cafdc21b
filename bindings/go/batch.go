package isogloss

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Batches, which revision 2025-03-26 has: messages that come in one array, and whose
// answers go out in one. Over HTTP they are in http_legacy.go.
// https://modelcontextprotocol.io/specification/2025-03-26/basic#batching

// batcher is a handler that may have agreed on a revision with batches.
type batcher interface{ hasBatches() bool }

// hasBatches implements batcher.
func (c *connection) hasBatches() bool {
	agreed := c.legacy.Load()
	return agreed != nil && agreed.rev == protocol.Revision20250326
}

func isBatch(text []byte) bool {
	begin := bytes.TrimLeft(text, " \t\r\n")
	return len(begin) > 0 && begin[0] == '['
}

// takeBatch takes a batch, or refuses it as a whole.
func (in *intake) takeBatch(text []byte) {
	parts, err := wire.Decode(text, wire.Always, func(d *wire.Decoder) []wire.Raw { return wire.List(d, (*wire.Decoder).Raw) })
	b, knows := in.handler.(batcher)
	var why *Error
	if err != nil {
		why = unreadable(text, err).failure
	}
	switch {
	case err != nil && why.Code == CodeParseError:
	case !knows || !b.hasBatches():
		why = ProtocolError(CodeInvalidRequest, "expected object, found array: only revision 2025-03-26 has batches, send one message alone")
	case err != nil:
	case len(parts) == 0 || len(parts) > protocol.MaxBatch:
		why = ProtocolError(CodeInvalidRequest, fmt.Sprintf("expected a batch of 1 to %d messages, found %d (MaxBatch)", protocol.MaxBatch, len(parts)))
	}
	if why != nil {
		in.log.Warn("refused a batch", "why", why.Message)
		in.sendFailure(in.ctx, nil, why)
		return
	}
	in.answerTogether(parts)
}

// answerTogether begins with all requests of a batch, and has the other messages
// heard, in order.
func (in *intake) answerTogether(parts []wire.Raw) {
	messages := make([]message, len(parts))
	all := &together{over: in.transport}
	for i, part := range parts {
		messages[i] = parseMessage(part)
		if kind := messages[i].kind; kind == requestMessage || kind == invalidMessage {
			all.missing++
		}
	}
	all.answers = make([][]byte, 0, all.missing)
	for _, m := range messages {
		switch m.kind {
		case requestMessage:
			in.serve(in.ctx, newRequest(in.ctx, m, all.next()))
		case invalidMessage:
			all.next().Answer(in.ctx, appendFailure(nil, m.id, m.failure))
		default:
			in.hear(m)
		}
	}
}

// together are the answers to a batch, in the order of what they answer.
type together struct {
	over    sender
	mu      sync.Mutex
	answers [][]byte // nil for those that are missing
	missing int
}

// next is the way of the next request.
func (t *together) next() oneOf {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers = append(t.answers, nil)
	return oneOf{t, len(t.answers) - 1}
}

// oneOf is the way of one request of a batch.
type oneOf struct {
	*together
	at int
}

// Send implements sender: what is told on the way is no part of the answers.
func (o oneOf) Send(ctx context.Context, message []byte) error { return o.over.Send(ctx, message) }

// Answer implements way. Who gives the last answer sends them all.
func (o oneOf) Answer(ctx context.Context, message []byte) {
	o.mu.Lock()
	o.answers[o.at] = bytes.Clone(message)
	o.missing--
	done := o.missing == 0
	o.mu.Unlock()
	if !done {
		return
	}
	var given [][]byte
	for _, answer := range o.answers {
		if answer != nil {
			given = append(given, answer)
		}
	}
	if len(given) > 0 {
		_ = o.over.Send(ctx, joined(given)) // an end of the connection is seen by who reads
	}
}
