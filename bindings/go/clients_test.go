package isogloss_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Several servers from a file, each by itself.

func parsed(t *testing.T, servers string) isogloss.Targets {
	t.Helper()
	targets, err := isogloss.ParseConfig("servers.json", []byte(`{"theme":"dark","mcpServers":`+servers+`}`))
	if err != nil {
		t.Fatal(err)
	}
	return targets
}

func TestToolsOfAllServersStandInOneListAndAServerThatFailsTakesDownNoOther(t *testing.T) {
	served := serve(t, weather())
	path := filepath.Join(t.TempDir(), "servers.json")
	text := fmt.Sprintf(`{"mcpServers":{
		"child": {"command": %q, "args": ["-test.run=none"], "env": {%q: "serve"}, "cwd": "/", "disabled": false},
		"gone": {"command": "/no/such/program"},
		"wrong": {"command": "x", "args": ["-v", 7]},
		"remote": {"type": "http", "url": %q, "headers": {"x-a": "b"}}
	}}`, os.Args[0], childMode, served.url)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	targets, err := isogloss.ReadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	here := isogloss.New("here", "1")
	isogloss.Tool(here, "now", "Now.", func(context.Context, struct{}) (string, error) { return "noon", nil })
	targets.Set("here", here)
	clients, err := isogloss.ConnectAll(t.Context(), targets, func(server string) *isogloss.ClientOptions {
		return &isogloss.ClientOptions{Info: protocol.Implementation{Name: "client of " + server, Version: "1"}}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := clients.Close(); err != nil {
			t.Error(err)
		}
	}()
	failed := clients.Failed()
	equal(t, "failed", slices.Sorted(maps.Keys(failed)), []string{"gone", "wrong"})
	if !errors.Is(failed["gone"], fs.ErrNotExist) {
		t.Errorf("got %v", failed["gone"])
	}
	check(t, failed["wrong"], path+`: server "wrong": args[1]: expected string, found number`)
	var servers []string
	for name := range clients.All() {
		servers = append(servers, name)
	}
	equal(t, "servers", servers, []string{"child", "remote", "here"})

	tools, unasked := clients.Tools(t.Context())
	if len(unasked) != 0 {
		t.Errorf("got %v", unasked)
	}
	var names []string
	for _, tool := range tools {
		names = append(names, tool.Name)
	}
	for _, name := range []string{"child_print", "remote_get_forecast", "here_now"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not among %v", name, names)
		}
	}
	for _, server := range []string{"child", "remote"} {
		found, err := isogloss.Call[forecast](t.Context(), clients, server+"_get_forecast", forecastIn{City: "Oslo", Days: 1}, nil)
		if err != nil || found.City != "Oslo" {
			t.Errorf("%s: got %+v, %v", server, found, err)
		}
	}
	if clients.Get("remote").Instructions() != "Ask about the weather." || clients.Get("gone") != nil {
		t.Error("a server is not found by its name")
	}
	_, err = clients.CallTool(t.Context(), "gone_add", nil, nil)
	check(t, err, `no server is connected to that has the tool "gone_add": expected the name of one of them, an underscore and the tool's name; `+
		"they are child, remote, here")

	if err := clients.Get("here").Close(); err != nil {
		t.Error(err)
	}
	tools, unasked = clients.Tools(t.Context())
	if len(tools) == 0 || !errors.Is(unasked["here"], isogloss.ErrClosed) || len(unasked) != 1 {
		t.Errorf("got %d tools, %v", len(tools), unasked)
	}
}

func TestNamesThatDoNotTellTheirToolsApartAreRefused(t *testing.T) {
	for servers, want := range map[string]string{
		`{"a":{"url":"http://x/"},"a_b":{"url":"http://y/"}}`: `"a" and "a_b"`,
		`{"a_":{"command":"x"},"a__b":{"command":"y"}}`:       `"a_" and "a__b"`,
	} {
		_, err := isogloss.ConnectAll(t.Context(), parsed(t, servers), nil)
		check(t, err, "the names of the servers "+want+" do not tell their tools apart: rename one of them")
	}
	twice := append(parsed(t, `{"a":{"command":"x"}}`), parsed(t, `{"a":{"command":"y"}}`)...)
	if _, err := isogloss.ConnectAll(t.Context(), twice, nil); err == nil {
		t.Error("two servers of one name are connected to")
	}
}

func TestWhatIsWrongWithAFileIsToldWithItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"{":                "servers.json: invalid JSON",
		"[]":               "servers.json: expected object, found array",
		"{}":               "servers.json: mcpServers: required member is missing",
		`{"mcpServers":1}`: "servers.json: mcpServers: expected object, found number",
		strings.Repeat(" ", protocol.MaxConfig) + "{}": "servers.json: larger than the limit of 1048576 bytes (max_config)",
	} {
		_, err := isogloss.ParseConfig("servers.json", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for server, want := range map[string]string{
		`1`:                               "expected object, found number",
		`{}`:                              `expected one of the members "command", "url"`,
		`{"command":1}`:                   "command: expected string, found number",
		`{"command":"x","args":"y"}`:      "args: expected array, found string",
		`{"command":"x","env":{"A":1}}`:   "env.A: expected string, found number",
		`{"type":"http","command":"x"}`:   "url: required member is missing",
		`{"type":"stdio","url":"x"}`:      "command: required member is missing",
		`{"type":"sse","url":"http://x"}`: `type: expected "stdio" or "http", found "sse"`,
		`{"url":"x","headers":["a"]}`:     "headers: expected object, found array",
	} {
		clients, err := isogloss.ConnectAll(t.Context(), parsed(t, `{"s":`+server+`}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, clients.Failed()["s"], `servers.json: server "s": `+want)
	}
	if _, err := isogloss.ReadConfig("/no/such/servers.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAConfigurationKeepsItsSecrets(t *testing.T) {
	targets := parsed(t, `{"s":{"url":"http://x/?key=secret","headers":{"authorization":"secret"}},"p":{"command":"x","env":{"KEY":"secret"}}}`)
	if shown := fmt.Sprintf("%v %+v %#v", targets, targets, targets); strings.Contains(shown, "secret") {
		t.Error(shown)
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"mcpServers":{"a":{"command":"x","args":["y"],"env":{"A":"b"}}}}`, `{"mcpServers":{"a":{"type":"http","url":"x"}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = isogloss.ParseConfig("servers.json", text) })
}
