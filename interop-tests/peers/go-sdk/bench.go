package main

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The mode `bench`: its two tools, the way the SDK's own documentation writes them.

type sum struct {
	Result int `json:"result"`
}

func newBench() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "go-sdk-bench", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "add", Description: "Adds two integers."},
		func(_ context.Context, _ *mcp.CallToolRequest, in addInput) (*mcp.CallToolResult, sum, error) {
			return nil, sum{Result: in.A + in.B}, nil
		})
	mcp.AddTool(server, &mcp.Tool{Name: "echo", Description: "Gives the payload back."},
		func(_ context.Context, _ *mcp.CallToolRequest, in echoInput) (*mcp.CallToolResult, map[string]any, error) {
			return nil, in.Payload, nil
		})
	return server
}
