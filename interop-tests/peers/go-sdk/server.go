// The reference surface as a server made with the official Go SDK. Written the way the SDK's own
// documentation writes servers, with its defaults; client.go is the other side, README.md says what
// the SDK cannot do.

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const slowSteps = 3

var (
	names   = []string{"Alice", "Alan", "Bob"}
	stopped atomic.Int64
)

type addInput struct {
	A int `json:"a"`
	B int `json:"b"`
}

type addOutput struct {
	Sum int `json:"sum"`
}

type echoInput struct {
	Payload map[string]any `json:"payload"`
}

type echoOutput struct {
	Echo map[string]any `json:"echo"`
}

type slowInput struct {
	Ms int `json:"ms"`
}

type bigInput struct {
	N int `json:"n"`
}

func newServer() *mcp.Server {
	server := mcp.NewServer(
		&mcp.Implementation{Name: "go-sdk-peer", Version: "1"},
		&mcp.ServerOptions{CompletionHandler: complete},
	)
	mcp.AddTool(server, &mcp.Tool{Name: "add", Description: "Adds two integers."}, add)
	mcp.AddTool(server, &mcp.Tool{Name: "echo_any", Description: "Gives the payload back."}, echoAny)
	mcp.AddTool(server, &mcp.Tool{Name: "fail", Description: "Always a tool error."}, fail)
	mcp.AddTool(server, &mcp.Tool{Name: "slow", Description: "Works for so many milliseconds, reporting three steps."}, slow)
	mcp.AddTool(server, &mcp.Tool{Name: "cancels", Description: "How many slow calls were stopped by cancellation."}, cancels)
	mcp.AddTool(server, &mcp.Tool{Name: "ask_name", Description: "Asks the user for a name and greets."}, askName)
	mcp.AddTool(server, &mcp.Tool{Name: "big", Description: "A text of n KiB."}, big)

	server.AddResource(&mcp.Resource{Name: "greeting", URI: "text://greeting", MIMEType: "text/plain"}, greeting)
	server.AddResourceTemplate(&mcp.ResourceTemplate{Name: "item", URITemplate: "item://{id}"}, item)

	arguments := []*mcp.PromptArgument{{Name: "name", Required: true}}
	server.AddPrompt(&mcp.Prompt{Name: "greet", Arguments: arguments}, greet)
	server.AddPrompt(&mcp.Prompt{Name: "grüß 日本", Arguments: arguments}, greet)

	return server
}

func serveHTTP(server *mcp.Server, port string, options *mcp.StreamableHTTPOptions) error {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, options)
	mux := http.NewServeMux()
	mux.Handle("/mcp", handler)
	fmt.Printf("{\"url\":\"http://%s/mcp\"}\n", listener.Addr())
	return http.Serve(listener, mux)
}

func said(text string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}
}

func add(_ context.Context, _ *mcp.CallToolRequest, in addInput) (*mcp.CallToolResult, addOutput, error) {
	return nil, addOutput{Sum: in.A + in.B}, nil
}

func echoAny(_ context.Context, _ *mcp.CallToolRequest, in echoInput) (*mcp.CallToolResult, echoOutput, error) {
	return nil, echoOutput{Echo: in.Payload}, nil
}

func fail(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
	return nil, nil, errors.New("boom")
}

func slow(ctx context.Context, req *mcp.CallToolRequest, in slowInput) (*mcp.CallToolResult, any, error) {
	pause := time.Duration(in.Ms) * time.Millisecond / slowSteps
	for step := 1; step <= slowSteps; step++ {
		if token := req.Params.GetProgressToken(); token != nil {
			err := req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
				ProgressToken: token, Progress: float64(step), Total: slowSteps, Message: fmt.Sprintf("step %d", step),
			})
			if err != nil {
				return nil, nil, err
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			stopped.Add(1)
			return nil, nil, ctx.Err()
		}
	}
	return said("done"), nil, nil
}

func cancels(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
	return said(fmt.Sprint(stopped.Load())), nil, nil
}

func askName(_ context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
	response, answered := req.Params.InputResponses["name"]
	if !answered {
		return &mcp.CallToolResult{InputRequests: mcp.InputRequestMap{"name": &mcp.ElicitParams{
			Message: "Your name?",
			RequestedSchema: &jsonschema.Schema{
				Type:       "object",
				Properties: map[string]*jsonschema.Schema{"name": {Type: "string"}},
				Required:   []string{"name"},
			},
		}}}, nil, nil
	}
	answer, ok := response.(*mcp.ElicitResult)
	if !ok || answer.Action != "accept" {
		return nil, nil, errors.New("no name was given")
	}
	return said(fmt.Sprintf("Hello, %v!", answer.Content["name"])), nil, nil
}

func big(_ context.Context, _ *mcp.CallToolRequest, in bigInput) (*mcp.CallToolResult, any, error) {
	return said(strings.Repeat("x", in.N*1024)), nil, nil
}

func greeting(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{
		{URI: req.Params.URI, MIMEType: "text/plain", Text: "héllo wörld ✓"},
	}}, nil
}

// item takes the id out of the URI itself: the SDK matches a template, but hands the URI over whole.
func item(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	id, err := url.PathUnescape(strings.TrimPrefix(req.Params.URI, "item://"))
	if err != nil {
		return nil, mcp.ResourceNotFoundError(req.Params.URI)
	}
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{
		{URI: req.Params.URI, MIMEType: "text/plain", Text: "item " + id},
	}}, nil
}

func greet(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{
		{Role: "user", Content: &mcp.TextContent{Text: "Greet " + req.Params.Arguments["name"]}},
	}}, nil
}

func complete(_ context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	values := []string{}
	if req.Params.Ref.Name == "greet" && req.Params.Argument.Name == "name" {
		for _, name := range names {
			if strings.HasPrefix(name, req.Params.Argument.Value) {
				values = append(values, name)
			}
		}
	}
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: values}}, nil
}
