package isogloss

import (
	"context"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Coercion is whether arguments of the wrong kind are taken for what they were
// meant to be: models send a number, a truth value, an object or an array as a
// string that spells it. Only strings are looked into, and only where none is
// wanted.
type Coercion uint8

const (
	// CoercionOff refuses them, and tells the model.
	CoercionOff Coercion = iota
	// CoercionOn takes them for what they spell.
	CoercionOn
	// CoercionReport does the same, and the server's Logger is told of each.
	CoercionReport
)

// coercionOf is that of the server that a handler's context belongs to.
func coercionOf(ctx context.Context) Coercion {
	if about := FromContext(ctx); about != nil {
		return about.coercion
	}
	return CoercionOff
}

// report tells the log what was taken for something else.
func report(ctx context.Context, tool string, mended []*wire.Error) {
	for _, one := range mended {
		FromContext(ctx).session.log.Info("arguments: "+one.Error(), "tool", tool)
	}
}
