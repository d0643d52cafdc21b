package isogloss

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Lines of the log, to the client for whom a handler works: as the protocol has
// them, and for programs that log with log/slog. Only what the client asked for is
// sent.
// https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/logging

// The levels that log/slog has no name for.
const (
	LevelNotice    = slog.Level(2)
	LevelCritical  = slog.Level(12)
	LevelAlert     = slog.Level(16)
	LevelEmergency = slog.Level(20)
)

// levels are all of them, from the least serious on: syslog's order, RFC 5424.
var levels = []struct {
	level protocol.LoggingLevel
	slog  slog.Level
}{
	{protocol.LoggingLevelDebug, slog.LevelDebug},
	{protocol.LoggingLevelInfo, slog.LevelInfo},
	{protocol.LoggingLevelNotice, LevelNotice},
	{protocol.LoggingLevelWarning, slog.LevelWarn},
	{protocol.LoggingLevelError, slog.LevelError},
	{protocol.LoggingLevelCritical, LevelCritical},
	{protocol.LoggingLevelAlert, LevelAlert},
	{protocol.LoggingLevelEmergency, LevelEmergency},
}

func severity(level protocol.LoggingLevel) int {
	for i, known := range levels {
		if known.level == level {
			return i
		}
	}
	return -1
}

// levelOf is the most serious level that a record's reaches.
func levelOf(reached slog.Level) protocol.LoggingLevel {
	for _, known := range slices.Backward(levels) {
		if reached >= known.slog {
			return known.level
		}
	}
	return protocol.LoggingLevelDebug
}

// Log sends the client a line of the log: any value that has a JSON form, and the
// part of the program that tells it, if it has a name. Only what the client asked
// for is sent: a modern request says so itself, a legacy client with
// logging/setLevel; until it does, from info on. A task has no log.
func (c *Context) Log(ctx context.Context, level protocol.LoggingLevel, logger string, data any) error {
	if !c.Logs(level) {
		return nil
	}
	text, err := json.Marshal(data)
	if err != nil {
		return encodeError("a line of the log", err)
	}
	return protocol.NotifyLoggingMessage(ctx, c, &protocol.LoggingMessageNotificationParams{
		Level: level, Logger: optional(logger), Data: wire.Raw(text),
	})
}

// Logs reports whether a line of this level would be sent.
func (c *Context) Logs(level protocol.LoggingLevel) bool {
	if c.task.isTask() {
		return false
	}
	if c.legacy != nil {
		return severity(level) >= severity(c.legacy.wants.logLevel())
	}
	raw, _ := c.request.params.Get("_meta", "io.modelcontextprotocol/logLevel")
	text, asked := raw.Text()
	least := severity(protocol.LoggingLevel(text))
	return asked && least >= 0 && severity(level) >= least
}

// Logger returns a logger whose records are lines of the client's log, under the
// name of a part of the program, which may be empty; their data is an object of the
// message, msg, and the attributes. ctx is the handler's: nothing is sent once it
// is over.
func (c *Context) Logger(ctx context.Context, name string) *slog.Logger {
	out := &logLine{about: c, ctx: ctx, name: name}
	options := &slog.HandlerOptions{Level: slog.Level(-1 << 20), ReplaceAttr: withoutLevel}
	return slog.New(logHandler{slog.NewJSONHandler(&out.text, options), out})
}

// withoutLevel leaves out what a line says beside its data.
func withoutLevel(groups []string, a slog.Attr) slog.Attr {
	if _, is := a.Value.Any().(slog.Level); is && len(groups) == 0 && a.Key == slog.LevelKey {
		return slog.Attr{}
	}
	return a
}

// logLine is where the handlers of a logger write the line that is being told.
type logLine struct {
	about *Context
	ctx   context.Context
	name  string
	mu    sync.Mutex
	text  bytes.Buffer
}

// logHandler writes with log/slog's own handler, and sends what that has written.
type logHandler struct {
	slog.Handler
	out *logLine
}

// Enabled implements [slog.Handler].
func (h logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return h.out.about.Logs(levelOf(level))
}

// Handle implements [slog.Handler].
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	h.out.text.Reset()
	r.Time = time.Time{} // lines have none
	if err := h.Handler.Handle(ctx, r); err != nil {
		return err
	}
	return h.out.about.Log(h.out.ctx, levelOf(r.Level), h.out.name, wire.Raw(h.out.text.Bytes()))
}

// WithAttrs implements [slog.Handler].
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs), h.out}
}

// WithGroup implements [slog.Handler].
func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name), h.out}
}
