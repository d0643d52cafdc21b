package main

import (
	"context"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The mode `bench`: its two tools, as anybody would write them.

type addends struct {
	A int `json:"a" doc:"The first number."`
	B int `json:"b" doc:"The second number."`
}

type payload struct {
	Payload map[string]wire.Raw `json:"payload" doc:"Any object."`
}

func newBench() *isogloss.Server {
	s := isogloss.New("isogloss-go-bench", "0.1.0")
	isogloss.Tool(s, "add", "Adds two integers.", func(_ context.Context, in addends) (int, error) {
		return in.A + in.B, nil
	})
	isogloss.Tool(s, "echo", "Gives the payload back.", func(_ context.Context, in payload) (map[string]wire.Raw, error) {
		return in.Payload, nil
	})
	return s
}
