package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"

	"isogloss/steps"
)

// How this SDK's client does what the steps of interop-tests/steps/go ask for.

// caller is a client of one server.
type caller struct {
	era    string
	server isogloss.Target
	client *isogloss.Client
}

// server is what the words after `client <transport> <era>` name.
func server(transport string, words []string) (isogloss.Target, bool) {
	switch {
	case transport == "stdio":
		return isogloss.Command(words[0], words[1:]...), true
	case transport == "http" && len(words) == 1:
		return isogloss.HTTP(words[0], nil), true
	}
	return nil, false
}

func (c *caller) Connect(ctx context.Context) (steps.Connected, error) {
	options := &isogloss.ClientOptions{
		Info:     protocol.Implementation{Name: "isogloss-go-peer", Version: "0.1.0"},
		Era:      map[string]isogloss.EraMode{"legacy": isogloss.LegacyOnly, "modern": isogloss.ModernOnly}[c.era],
		OnElicit: asUser,
	}
	if rev, ok := protocol.ParseRevision(os.Getenv("ISOGLOSS_REVISION")); ok && c.era == "legacy" {
		options.Revision = &rev
	}
	client, err := isogloss.Connect(ctx, c.server, options)
	if err != nil {
		return steps.Connected{}, err
	}
	c.client = client
	return steps.Connected{Revision: client.Revision().String(), Server: client.Server().Name}, nil
}

func (c *caller) Close() error {
	if c.client == nil {
		return nil
	}
	return c.client.Close()
}

func (c *caller) Ping(ctx context.Context) error {
	_, err := c.client.Ping(ctx)
	return err
}

func (c *caller) Tools(ctx context.Context) (names []string, err error) {
	for tool, err := range c.client.Tools(ctx) {
		if err != nil {
			return nil, err
		}
		names = append(names, tool.Name)
	}
	return names, nil
}

func (c *caller) CallTool(ctx context.Context, name string, arguments any, told func(steps.Progress)) (steps.Result, error) {
	options := &isogloss.CallOptions{}
	if told != nil {
		options.OnProgress = func(p *protocol.ProgressNotificationParams) {
			told(steps.Progress{Done: p.Progress, Total: value(p.Total), Message: value(p.Message)})
		}
	}
	result, err := c.client.CallTool(ctx, name, arguments, options)
	if err != nil {
		return steps.Result{}, err
	}
	found := steps.Result{Text: isogloss.TextOf(result), IsError: value(result.IsError)}
	if result.StructuredContent != nil {
		err = json.Unmarshal(result.StructuredContent, &found.Structured)
	}
	return found, err
}

func (c *caller) ReadResource(ctx context.Context, uri string) (text, mediaType string, err error) {
	result, err := c.client.ReadResource(ctx, uri, nil)
	if err != nil {
		return "", "", err
	}
	for _, contents := range result.Contents {
		if contents, ok := contents.(*protocol.TextResourceContents); ok {
			return contents.Text, value(contents.MIMEType), nil
		}
	}
	return "", "", errors.New("no text")
}

func (c *caller) GetPrompt(ctx context.Context, name string, arguments map[string]string) (messages []steps.Message, err error) {
	result, err := c.client.GetPrompt(ctx, name, arguments, nil)
	if err != nil {
		return nil, err
	}
	for _, message := range result.Messages {
		if text, ok := message.Content.(*protocol.TextContent); ok {
			messages = append(messages, steps.Message{Role: string(message.Role), Text: text.Text})
		}
	}
	return messages, nil
}

func (c *caller) Complete(ctx context.Context, prompt, argument, value string) ([]string, error) {
	result, err := c.client.Complete(ctx, &protocol.CompleteRequestParams{
		Ref:      &protocol.PromptReference{Name: prompt},
		Argument: protocol.CompletionArgument{Name: argument, Value: value},
	}, nil)
	if err != nil {
		return nil, err
	}
	return result.Completion.Values, nil
}

func (c *caller) Code(err error) (int64, bool) {
	var failure *isogloss.Error
	if errors.As(err, &failure) && failure.Kind == isogloss.KindProtocol {
		return failure.Code, true
	}
	return 0, false
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// asUser is the user, who answers with a name.
func asUser(context.Context, *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
	return isogloss.Accept(map[string]string{"name": steps.User})
}
