package main

import (
	"context"
	"errors"
	"iter"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What is done in each scenario, once there is a connection.

type play func(ctx context.Context, c *isogloss.Client, with known) error

func scenario(name string) play {
	switch name {
	case "initialize", "request-metadata", "json-schema-ref-no-deref":
		return list
	case "elicitation-sep1034-client-defaults":
		return calling("test_client_elicitation_defaults")
	case "sse-retry":
		return calling("test_reconnection")
	case "sep-2322-client-request-state":
		return calling("test_mrtr_echo_state", "test_mrtr_no_state", "test_mrtr_no_result_type")
	case "http-standard-headers":
		return useAll
	case "http-custom-headers":
		return marked
	case "http-invalid-tool-headers":
		return callListed
	case "json-schema-2020-12-preservation":
		return echoSchema
	}
	return useFirst
}

// all is a whole list.
func all[T any](items iter.Seq2[T, error]) (found []T, err error) {
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		found = append(found, item)
	}
	return found, nil
}

func list(ctx context.Context, c *isogloss.Client, _ known) error {
	_, err := all(c.Tools(ctx))
	return err
}

// calling lists the tools, and calls these.
func calling(names ...string) play {
	return func(ctx context.Context, c *isogloss.Client, with known) error {
		if err := list(ctx, c, with); err != nil {
			return err
		}
		for _, name := range names {
			if _, err := c.CallTool(ctx, name, nil, nil); err != nil {
				return err
			}
		}
		return nil
	}
}

// useFirst is `tools_call`, and whatever is about the way to a server: list the tools,
// and call the first.
func useFirst(ctx context.Context, c *isogloss.Client, _ known) error {
	tools, err := all(c.Tools(ctx))
	if err != nil || len(tools) == 0 {
		return err
	}
	arguments := map[string]int{}
	if tools[0].Name == "add_numbers" {
		arguments = map[string]int{"a": 2, "b": 3}
	}
	_, err = c.CallTool(ctx, tools[0].Name, arguments, nil)
	return err
}

// useAll uses whatever the server has.
func useAll(ctx context.Context, c *isogloss.Client, _ known) error {
	tools, err := all(c.Tools(ctx))
	for _, tool := range tools {
		_, failed := c.CallTool(ctx, tool.Name, nil, nil)
		err = errors.Join(err, failed)
	}
	resources, failed := all(c.Resources(ctx))
	err = errors.Join(err, failed)
	for _, resource := range resources {
		_, failed := c.ReadResource(ctx, resource.URI, nil)
		err = errors.Join(err, failed)
	}
	prompts, failed := all(c.Prompts(ctx))
	err = errors.Join(err, failed)
	for _, prompt := range prompts {
		_, failed := c.GetPrompt(ctx, prompt.Name, nil, nil)
		err = errors.Join(err, failed)
	}
	return err
}

// marked calls tools some of whose arguments headers repeat.
func marked(ctx context.Context, c *isogloss.Client, with known) error {
	if err := list(ctx, c, with); err != nil {
		return err
	}
	for _, call := range with.ToolCalls {
		if _, err := c.CallTool(ctx, call.Name, call.Arguments, nil); err != nil {
			return err
		}
	}
	return nil
}

func callListed(ctx context.Context, c *isogloss.Client, _ known) error {
	tools, err := all(c.Tools(ctx))
	for _, tool := range tools {
		_, failed := c.CallTool(ctx, tool.Name, map[string]string{"region": "us-east1"}, nil)
		err = errors.Join(err, failed)
	}
	return err
}

// echoSchema gives a schema back as it came.
func echoSchema(ctx context.Context, c *isogloss.Client, _ known) error {
	tools, err := all(c.Tools(ctx))
	if err != nil {
		return err
	}
	for _, tool := range tools {
		if tool.Name == "json_schema_2020_12_tool" {
			schema, err := protocol.Encode(nil, c.Revision(), &tool.InputSchema)
			if err != nil {
				return err
			}
			_, err = c.CallTool(ctx, "json_schema_echo", map[string]wire.Raw{"schema": schema.Data}, nil)
			return err
		}
	}
	return errors.New("there is no json_schema_2020_12_tool")
}
