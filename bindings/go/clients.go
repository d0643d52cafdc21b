package isogloss

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Several servers at once, whose tools stand in one list: get_forecast of the server
// weather is weather_get_forecast. A server that fails takes down no other.

// Clients are connections to several servers.
type Clients struct {
	clients wire.Map[*Client]
	failed  map[string]error
}

// ConnectAll connects to several servers at the same time. Those that cannot be
// connected to are among the [Clients.Failed]. Options gives each client its own, by
// the server's name; nil gives all of them the defaults. The context bounds the
// connecting; the clients live until Close.
//
// It is an error if a tool's name would not tell which server it belongs to.
func ConnectAll(ctx context.Context, targets Targets, options func(server string) *ClientOptions) (*Clients, error) {
	if err := unambiguous(targets); err != nil {
		return nil, err
	}
	if options == nil {
		options = func(string) *ClientOptions { return nil }
	}
	clients, errs := atOnce(targets, func(name string, target Target) (*Client, error) {
		return Connect(ctx, target, options(name))
	})
	all := &Clients{failed: map[string]error{}}
	for i, target := range targets {
		if errs[i] != nil {
			all.failed[target.Name] = errs[i]
			continue
		}
		all.clients.Set(target.Name, clients[i])
	}
	return all, nil
}

// atOnce does something with all members of a map at the same time, and returns what
// comes of it in their order.
func atOnce[T, R any](members wire.Map[T], do func(name string, member T) (R, error)) ([]R, []error) {
	results, errs := make([]R, len(members)), make([]error, len(members))
	var work sync.WaitGroup
	for i, member := range members {
		work.Go(func() { results[i], errs[i] = do(member.Name, member.Value) })
	}
	work.Wait()
	return results, errs
}

// unambiguous refuses names with which a tool of one server could be one of
// another's: a_b_c where there are a and a_b.
func unambiguous(targets Targets) error {
	for i, one := range targets {
		for j, other := range targets {
			_, isIts := strings.CutPrefix(other.Name, one.Name+"_")
			if isIts || i < j && one.Name == other.Name {
				return fmt.Errorf("the names of the servers %q and %q do not tell their tools apart: rename one of them", one.Name, other.Name)
			}
		}
	}
	return nil
}

// Failed are the servers that could not be connected to, and why.
func (c *Clients) Failed() map[string]error { return c.failed }

// All goes through the connections, by the servers' names and in their order.
func (c *Clients) All() iter.Seq2[string, *Client] {
	return func(yield func(string, *Client) bool) {
		for _, client := range c.clients {
			if !yield(client.Name, client.Value) {
				return
			}
		}
	}
}

// Get is the connection to the server of this name, for all that is not said here;
// nil if there is none.
func (c *Clients) Get(server string) *Client {
	client, _ := c.clients.Get(server)
	return client
}

// Tools are those of all servers, each under server_tool, and the servers that could
// not be asked, with why.
func (c *Clients) Tools(ctx context.Context) ([]protocol.Tool, map[string]error) {
	lists, errs := atOnce(c.clients, func(_ string, client *Client) ([]protocol.Tool, error) {
		return Collect(client.Tools(ctx))
	})
	var tools []protocol.Tool
	failed := map[string]error{}
	for i, client := range c.clients {
		if errs[i] != nil {
			failed[client.Name] = errs[i]
			continue
		}
		for _, tool := range lists[i] {
			tool.Name = client.Name + "_" + tool.Name
			tools = append(tools, tool)
		}
	}
	return tools, failed
}

// CallTool calls the tool server_tool, as [Client.CallTool] does; [Call] gives its
// result a type.
func (c *Clients) CallTool(ctx context.Context, name string, arguments any, options *CallOptions) (*protocol.CallToolResult, error) {
	var servers []string
	for _, client := range c.clients {
		if tool, ok := strings.CutPrefix(name, client.Name+"_"); ok {
			return client.Value.CallTool(ctx, tool, arguments, options)
		}
		servers = append(servers, client.Name)
	}
	what := "no server is connected to that has the tool %q: expected the name of one of them, an underscore and the tool's name; they are %s"
	return nil, &Error{Kind: KindUnreachable, Message: fmt.Sprintf(what, name, strings.Join(servers, ", "))}
}

// Close closes all connections. Nothing of the clients goes on then.
func (c *Clients) Close() error {
	_, errs := atOnce(c.clients, func(_ string, client *Client) (struct{}, error) { return struct{}{}, client.Close() })
	return errors.Join(errs...)
}
