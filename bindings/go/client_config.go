package isogloss

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Files that say which servers there are, as desktop programs write them:
// {"mcpServers": {"weather": {"command": …}}}. Members that are not known are passed
// over; what is wrong with one server is no matter of the others.

// Targets are servers by name, in an order.
type Targets = wire.Map[Target]

// ReadConfig reads a file of servers. A server has a "command" with "args", "env",
// which is added to the environment of this program, and "cwd", or a "url" with
// "headers". Its "type" may say which (stdio, http, streamable-http) where both are
// given. It is an error if the file cannot be read, is larger than
// protocol.MaxConfig, is no JSON, or has no "mcpServers"; what is wrong with a
// server is told when it is connected to.
func ReadConfig(path string) (Targets, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	text, err := io.ReadAll(io.LimitReader(file, protocol.MaxConfig+1))
	if err != nil {
		return nil, err
	}
	return ParseConfig(path, text)
}

// ParseConfig reads a text as [ReadConfig] does a file; errors call it by the name.
func ParseConfig(name string, text []byte) (Targets, error) {
	if len(text) > protocol.MaxConfig {
		return nil, fmt.Errorf("%s: larger than the limit of %d bytes (max_config)", name, protocol.MaxConfig)
	}
	servers, err := wire.Decode(text, wire.Always, readServers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	targets := make(Targets, 0, len(servers))
	for _, server := range servers {
		at, err := wire.Decode(server.Value, wire.Always, readEntry)
		if err == nil {
			err = at.check()
		}
		if err != nil {
			err = fmt.Errorf("%s: server %q: %w", name, server.Name, err)
		}
		targets = append(targets, wire.Member[Target]{Name: server.Name, Value: made(func() (Target, error) {
			if err != nil {
				return nil, err
			}
			return at.target(), nil
		})})
	}
	return targets, nil
}

func readServers(d *wire.Decoder) (servers wire.Extra) {
	var seen uint64
	at := d.BeginObject()
	for d.NextMember() {
		if string(d.Name()) != "mcpServers" {
			d.Raw()
			continue
		}
		seen = 1
		servers = wire.Object(d, (*wire.Decoder).Raw)
	}
	if seen == 0 {
		d.Missing(at, seen, "mcpServers")
	}
	return servers
}

// made is a target that is made when it is opened: an entry of a file may be
// connected to several times. Nothing of it is shown, for it may hold passwords.
type made func() (Target, error)

func (m made) open(o *opening) (link, error) {
	target, err := m()
	if err != nil {
		return nil, err
	}
	return target.open(o)
}

// configured is where a server is.
type configured struct {
	kind, command, url, cwd *string
	args                    []string
	env, headers            wire.Map[string]
}

func readEntry(d *wire.Decoder) (e configured) {
	text := func() *string { return wire.Ptr(d.String()) }
	texts := func() wire.Map[string] { return wire.Object(d, (*wire.Decoder).String) }
	for d.BeginObject(); d.NextMember(); {
		switch string(d.Name()) {
		case "type":
			e.kind = text()
		case "command":
			e.command = text()
		case "args":
			e.args = wire.List(d, (*wire.Decoder).String)
		case "env":
			e.env = texts()
		case "cwd":
			e.cwd = text()
		case "url":
			e.url = text()
		case "headers":
			e.headers = texts()
		default:
			d.Raw()
		}
	}
	return e
}

// isCommand reports whether the server is a program.
func (e *configured) isCommand() bool {
	if e.kind == nil {
		return e.command != nil
	}
	return *e.kind == "stdio"
}

func (e *configured) check() error {
	if e.kind == nil {
		if e.command == nil && e.url == nil {
			return errors.New(`expected one of the members "command", "url"`)
		}
		return nil
	}
	switch *e.kind {
	case "stdio":
		if e.command == nil {
			return errors.New("command: required member is missing")
		}
	case "http", "streamable-http", "streamableHttp":
		if e.url == nil {
			return errors.New("url: required member is missing")
		}
	default:
		return fmt.Errorf(`type: expected "stdio" or "http", found %q`, *e.kind)
	}
	return nil
}

func (e *configured) target() Target {
	if !e.isCommand() {
		header := http.Header{}
		for _, h := range e.headers {
			header.Add(h.Name, h.Value)
		}
		return HTTP(*e.url, &HTTPTargetOptions{Header: header})
	}
	command := exec.Command(*e.command, e.args...)
	command.Env = os.Environ()
	for _, variable := range e.env {
		command.Env = append(command.Env, variable.Name+"="+variable.Value)
	}
	if e.cwd != nil {
		command.Dir = *e.cwd
	}
	return Process(command)
}
