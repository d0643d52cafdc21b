package isogloss_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Tasks over HTTP: they outlive the request that began them, belong to who began them,
// and are named in headers.

const metaOfTasks = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":` + knowsTasks + `}`

// ofTasks is a request of a client that has declared the extension, and its headers.
func ofTasks(method, named, params string) (string, []string) {
	headers := []string{"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: " + method}
	if named != "" {
		headers = append(headers, "Mcp-Name: "+named)
	}
	return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + metaOfTasks + "," + params + `}}`, headers
}

func jsonOf(t *testing.T, text string) (message said) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &message); err != nil {
		t.Fatal(err)
	}
	return message
}

// asks makes a request of a client of tasks.
func (s *site) asks(method, named, params string, headers ...string) said {
	s.t.Helper()
	body, own := ofTasks(method, named, params)
	return jsonOf(s.t, s.body(s.send("POST", body, append(own, headers...)...)))
}

// begins calls the tool that is a task, and gives its id.
func (s *site) begins(headers ...string) string {
	s.t.Helper()
	created := s.asks("tools/call", "slow", `"name":"slow","arguments":{}`, headers...)
	id, ok := created.in("result", "taskId").(string)
	if !ok {
		s.t.Fatalf("no task: %v", created)
	}
	return id
}

func (s *site) gets(id string, headers ...string) said {
	s.t.Helper()
	return s.asks("tasks/get", id, about(id), headers...)
}

// siteOfTasks has a job that takes a minute.
func siteOfTasks(guard isogloss.Guard, options isogloss.ToolOptions) func() *isogloss.Site {
	return func() *isogloss.Site {
		s := isogloss.NewServer(protocol.Implementation{Name: "jobs", Version: "1"}, &isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{Guard: guard}})
		isogloss.ToolWith(s, "slow", "", &options, func(ctx context.Context, _ struct{}) (string, error) { return slow(ctx) })
		return isogloss.NewSite(s, &isogloss.SiteOptions{DrainTimeout: 2 * time.Minute})
	}
}

// byScopes believes whatever scopes alice says that she has.
type byScopes struct{ byName }

func (byScopes) Admit(r *http.Request) (*isogloss.Claims, error) {
	return &isogloss.Claims{Subject: "alice", Scopes: r.Header["X-Scopes"]}, nil
}

var (
	mayBeTask  = isogloss.ToolOptions{Task: &isogloss.AsTask{}}
	mustBeTask = isogloss.ToolOptions{Task: &isogloss.AsTask{Required: true}}
)

func TestTaskOutlivesTheRequestThatBeganIt(t *testing.T) {
	inTime(t, siteOfTasks(nil, mayBeTask), func(t *testing.T, s *timed) {
		id := s.begins()
		body, headers := ofTasks("subscriptions/listen", "", fmt.Sprintf(`"notifications":{"taskIds":[%q]}`, id))
		events := bufio.NewReader(s.send("POST", body, headers...).Body)
		for _, want := range []string{"", "working", "completed"} {
			data, _ := nextData(t, events)
			told := jsonOf(t, data)
			if status, _ := told.in("params", "status").(string); status != want {
				t.Errorf("got %v, want %s", told, want)
			}
		}
		s.gets(id).is(t, "done", "result", "result", "structuredContent", "result")
	})
}

func TestWhatAsksAboutATaskNamesItInAHeader(t *testing.T) {
	inTime(t, siteOfTasks(nil, mustBeTask), func(t *testing.T, s *timed) {
		id := s.begins()
		for _, method := range []string{"tasks/get", "tasks/update", "tasks/cancel"} {
			body, headers := ofTasks(method, id, about(id)+`,"inputResponses":{}`)
			for _, wrong := range [][]string{headers[:2], {headers[0], headers[1], "Mcp-Name: another"}, {headers[0], "Mcp-Method: tools/call", headers[2]}} {
				s.refused(400, `"code":-32020`, "POST", body, wrong...)
			}
			jsonOf(t, s.body(s.send("POST", body, headers...))).is(t, "complete", "result", "resultType")
		}
		for method, params := range map[string]string{"tasks/get": about(id), "tools/call": `"name":"slow","arguments":{}`} {
			body, headers := ofTasks(method, map[string]string{"tasks/get": id, "tools/call": "slow"}[method], params)
			s.refused(400, `"code":-32021`, "POST", strings.Replace(body, extension, "another/extension", 1), headers...)
		}
	})
}

func TestTaskBelongsToWhoBeganIt(t *testing.T) {
	inTime(t, siteOfTasks(byName{}, mayBeTask), func(t *testing.T, s *timed) {
		const alice, bob = "X-Name: alice", "X-Name: bob"
		id := s.begins(alice)
		s.gets(id, alice).is(t, "working", "result", "status")
		none := s.gets("none", bob)
		none.is(t, -32602, "error", "code")
		for _, who := range [][]string{{bob}, {"X-Name: nobody"}, {alice, "X-Client: another"}} {
			s.gets(id, who...).is(t, none.in("error", "message"), "error", "message")
		}
		for _, method := range []string{"tasks/update", "tasks/cancel"} {
			s.asks(method, id, about(id)+`,"inputResponses":{}`, bob).is(t, -32602, "error", "code")
		}
		body, headers := ofTasks("subscriptions/listen", "", fmt.Sprintf(`"notifications":{"taskIds":[%q]}`, id))
		data, _ := nextData(t, bufio.NewReader(s.send("POST", body, append(headers, bob)...).Body))
		same(t, fmt.Sprint(jsonOf(t, data).in("params", "notifications", "taskIds")), "[]")
		s.gets(id, alice).is(t, "working", "result", "status")
	})
}

func TestWhoMayNotCallAToolAnyMoreMayNotSeeWhatItGave(t *testing.T) {
	options := isogloss.ToolOptions{Task: &isogloss.AsTask{}, Scopes: []string{"jobs"}}
	inTime(t, siteOfTasks(byScopes{}, options), func(t *testing.T, s *timed) {
		const may, mayNot = "X-Scopes: jobs", "X-Scopes: others"
		id := s.begins(may)
		s.gets(id, may).is(t, "working", "result", "status")
		body, headers := ofTasks("tasks/get", id, about(id))
		s.refused(403, "ask for more", "POST", body, append(headers, mayNot)...)
	})
}

func TestSiteThatShutsDownWaitsForTasksToFinish(t *testing.T) {
	inTime(t, siteOfTasks(nil, mayBeTask), func(t *testing.T, s *timed) {
		began := time.Now()
		s.begins()
		s.stop()
		synctest.Wait()
		if _, err := s.listener.dial(t.Context(), "", ""); err == nil {
			t.Error("a connection is still accepted")
		}
		err := <-s.ended
		s.ended <- err
		took(t, began, time.Minute)
	})
}
