// Goes through the reference surface of any server with the official Go SDK's client. One JSON line
// a step on stdout; 0 when it got to the end, whatever failed, and 1 when it could not connect. It
// checks what came back, not how it came: the wire is the SDK's business.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	stepTimeout    = 5 * time.Second
	connectTimeout = 30 * time.Second // connecting starts a program, on a machine that may be busy
	modernRevision = "2026-07-28"
	legacyRevision = "2025-11-25"
)

type outcome struct {
	ok     bool
	detail any
}

type line struct {
	Step   string `json:"step"`
	Ok     bool   `json:"ok"`
	Detail any    `json:"detail"`
}

// check is one step: what it saw, or the error that it met instead of an answer.
type check func(ctx context.Context) (outcome, error)

// runStep runs one step within its time and prints its line.
func runStep(ctx context.Context, name string, run check) bool {
	limit := stepTimeout
	if name == "connect" {
		limit = connectTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan outcome, 1)
	go func() {
		result, err := run(ctx)
		if err != nil {
			result = outcome{false, err.Error()}
		}
		done <- result
	}()
	var result outcome
	select {
	case result = <-done:
	case <-ctx.Done():
		result = outcome{false, fmt.Sprintf("no answer within %s", limit)}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line{name, result.ok, result.detail}); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return result.ok
}

// revisionFor is what the client offers first: of the modern era, or of the legacy one alone.
func revisionFor(era string) string {
	if era != "legacy" {
		return modernRevision
	}
	if forced := os.Getenv("ISOGLOSS_REVISION"); forced != "" {
		return forced
	}
	return legacyRevision
}

func runClient(ctx context.Context, transport, era string, target []string) int {
	steps := &steps{}
	client := mcp.NewClient(&mcp.Implementation{Name: "go-sdk-peer", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": "Zoë"}}, nil
		},
		ProgressNotificationHandler: steps.noteProgress,
	})

	command := exec.Command(target[0], target[1:]...)
	connected := runStep(ctx, "connect", func(context.Context) (outcome, error) {
		var wire mcp.Transport = &mcp.CommandTransport{Command: command}
		if transport == "http" {
			wire = &mcp.StreamableClientTransport{Endpoint: target[0]}
		}
		// The session outlives the step, so its context must too.
		session, err := client.Connect(ctx, wire, &mcp.ClientSessionOptions{ProtocolVersion: revisionFor(era)})
		if err != nil {
			return outcome{}, err
		}
		steps.session = session
		seen := session.InitializeResult()
		detail := map[string]any{"revision": seen.ProtocolVersion, "server": nil}
		if seen.ServerInfo != nil {
			detail["server"] = seen.ServerInfo.Name
		}
		// The SDK cannot be told not to fall back, so a legacy session in modern mode is a failure here.
		return outcome{era != "modern" || seen.ProtocolVersion == modernRevision, detail}, nil
	})
	if !connected {
		if command.Process != nil {
			_ = command.Process.Kill() // it may not heed the end of its stdin
		}
		return 1
	}
	only, subset := os.LookupEnv("ISOGLOSS_STEPS")
	for _, step := range steps.all() {
		if !subset || slices.Contains(strings.Split(only, ","), step.name) {
			runStep(ctx, step.name, step.run)
		}
	}
	runStep(ctx, "close", func(context.Context) (outcome, error) {
		return outcome{ok: true}, steps.session.Close()
	})
	return 0
}

// errorCode turns a JSON-RPC error into an outcome; any other error stays one.
func errorCode(err error, expected func(code int64) bool) (outcome, error) {
	var wire *jsonrpc.Error
	if errors.As(err, &wire) {
		return outcome{expected(wire.Code), wire.Code}, nil
	}
	return outcome{}, err
}
