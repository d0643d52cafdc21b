// Package steps goes through the steps of PEER.md for every peer in this language: what each asks for and
// expects is in steps.go; here are its time, its line of output, and what a peer brings along. It checks what
// came back, not how it came: the wire is the SDK's business.
package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	stepTime    = 5 * time.Second
	connectTime = 30 * time.Second // connecting starts a program, on a machine that may be busy
)

// User is what the user answers who is asked for a name.
const User = "Zoë"

// Caller is an SDK's client, as the steps use it.
type Caller interface {
	// Connect answers the revision agreed on and the server's name. ctx ends with the step.
	Connect(ctx context.Context) (Connected, error)
	// Close is called after Connect failed, too.
	Close() error
	// Tools answers the names of all tools.
	Tools(ctx context.Context) ([]string, error)
	// CallTool calls a tool; arguments is nil where it takes none, told where nobody listens.
	CallTool(ctx context.Context, name string, arguments any, told func(Progress)) (Result, error)
	// ReadResource answers the first of the contents.
	ReadResource(ctx context.Context, uri string) (text, mediaType string, err error)
	GetPrompt(ctx context.Context, name string, arguments map[string]string) ([]Message, error)
	// Complete answers the values for a prompt's argument.
	Complete(ctx context.Context, prompt, argument, value string) ([]string, error)
	// Code is the code of an error of JSON-RPC; false where it is none.
	Code(err error) (int64, bool)
}

// Pinger is a Caller whose peer has the step `ping`.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Connected is what was agreed on with whom.
type Connected struct {
	Revision string `json:"revision"`
	Server   string `json:"server"`
}

// Result is what a tool gave, as far as the steps look at it.
type Result struct {
	Text       string
	Structured any // as encoding/json decodes it; nil without
	IsError    bool
}

// Progress is how far a call has got.
type Progress struct {
	Done, Total float64
	Message     string
}

// Message is one of a prompt's.
type Message struct {
	Role, Text string
}

// GoThrough connects, goes through the steps that are asked for, and closes. The exit status: 0 when it got to
// the end, whatever failed, and 1 when it could not connect.
func GoThrough(ctx context.Context, caller Caller) int {
	walk := &walk{caller: caller}
	if !report(ctx, "connect", connectTime, walk.connect) {
		within(ctx, stepTime, walk.close)
		return 1
	}
	only, some := os.LookupEnv("ISOGLOSS_STEPS")
	for _, step := range walk.steps() {
		if (some && slices.Contains(strings.Split(only, ","), step.name)) || (!some && step.name != "ping") {
			report(ctx, step.name, stepTime, step.run)
		}
	}
	report(ctx, "close", stepTime, walk.close)
	return 0
}

// run is a step: whether it went as the reference surface says, and what was seen.
type run func(ctx context.Context) (ok bool, detail any, err error)

// report runs a step within its time and prints its line.
func report(ctx context.Context, name string, limit time.Duration, run run) bool {
	ok, detail := within(ctx, limit, run)
	line := json.NewEncoder(os.Stdout)
	line.SetEscapeHTML(false)
	err := line.Encode(struct {
		Step   string `json:"step"`
		Ok     bool   `json:"ok"`
		Detail any    `json:"detail"`
	}{name, ok, detail})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return ok
}

// within does not wait longer, whether the SDK heeds the context or not.
func within(ctx context.Context, limit time.Duration, run run) (bool, any) {
	type outcome struct {
		ok     bool
		detail any
	}
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	done := make(chan outcome, 1)
	go func() {
		ok, detail, err := run(ctx)
		if err != nil {
			ok, detail = false, err.Error()
		}
		done <- outcome{ok, detail}
	}()
	select {
	case seen := <-done:
		return seen.ok, seen.detail
	case <-ctx.Done():
		return false, fmt.Sprintf("no answer within %s", limit)
	}
}
