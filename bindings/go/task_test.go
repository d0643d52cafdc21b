package isogloss_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Tools that run as tasks, as text on the wire: how they begin, ask, end, and are
// forgotten. Time is that of the test: it passes when everybody waits.

const (
	extension  = "io.modelcontextprotocol/tasks"
	knowsTasks = `{"elicitation":{},"extensions":{"` + extension + `":{}}}`
)

// taskClient has declared the extension.
type taskClient struct{ *rawClient }

// jobs connects to a server whose tasks end with the test.
func jobs(t *testing.T, s *isogloss.Server) taskClient {
	t.Helper()
	c := taskClient{rawTo(t, s, knowsTasks)}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// said is JSON that is looked into.
type said map[string]any

// in is what stands at a path; nil if nothing does.
func (s said) in(path ...string) any {
	var at any = map[string]any(s)
	for _, name := range path {
		members, _ := at.(map[string]any)
		at = members[name]
	}
	return at
}

func (s said) keys(member string) []string {
	members, _ := s[member].(map[string]any)
	keys := []string{}
	for key := range members {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// is checks what stands at a path.
func (s said) is(t *testing.T, want any, path ...string) {
	t.Helper()
	if n, isInt := want.(int); isInt {
		want = float64(n)
	}
	if got := s.in(path...); got != want {
		t.Errorf("%s: got %v, want %v in %v", strings.Join(path, "."), got, want, s)
	}
}

func (c *rawClient) heard() (message said) {
	c.t.Helper()
	text, err := c.transport.Receive()
	if err == nil {
		err = json.Unmarshal(text, &message)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return message
}

// says makes a request, and gives the whole response.
func (c *rawClient) says(method, params string) said {
	c.t.Helper()
	c.send(`{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + c.meta + "," + params + `}}`)
	return c.heard()
}

// result makes a request, and gives its result, but for what every result says.
func (c *rawClient) result(method, params string) said {
	c.t.Helper()
	response := c.says(method, params)
	result, ok := response["result"].(map[string]any)
	if !ok {
		c.t.Fatalf("%s: %v", method, response)
	}
	delete(result, "_meta")
	return result
}

func (c taskClient) tool(name string) said {
	c.t.Helper()
	return c.result("tools/call", `"name":"`+name+`","arguments":{}`)
}

// begin calls a tool that becomes a task, and gives its id.
func (c taskClient) begin(name string) string {
	c.t.Helper()
	created := c.tool(name)
	id, ok := created["taskId"].(string)
	if !ok || created["resultType"] != "task" {
		c.t.Fatalf("%s is no task: %v", name, created)
	}
	return id
}

func about(id string) string { return `"taskId":"` + id + `"` }

func (c taskClient) get(id string) said {
	c.t.Helper()
	return c.result("tasks/get", about(id))
}

// until looks at a task again and again until it is so.
func (c taskClient) until(id, status string) said {
	c.t.Helper()
	for range 1000 {
		if task := c.get(id); task["status"] == status {
			return task
		}
		time.Sleep(time.Second)
	}
	c.t.Fatal("the task does not become " + status)
	return nil
}

func (c taskClient) update(id, answers string) said {
	c.t.Helper()
	return c.says("tasks/update", about(id)+`,"inputResponses":{`+answers+`}`)
}

func (c taskClient) cancel(id string) said {
	c.t.Helper()
	return c.says("tasks/cancel", about(id))
}

// acknowledges checks a response that says nothing.
func acknowledges(t *testing.T, response said) {
	t.Helper()
	result, _ := response["result"].(map[string]any)
	delete(result, "_meta")
	if len(result) != 1 || result["resultType"] != "complete" {
		t.Errorf("got %v", response)
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func offer[Out any](s *isogloss.Server, name string, how isogloss.AsTask, run func(context.Context) (Out, error)) {
	isogloss.ToolWith(s, name, "", &isogloss.ToolOptions{Task: &how}, func(ctx context.Context, _ struct{}) (Out, error) { return run(ctx) })
}

// slow takes a minute.
func slow(ctx context.Context) (string, error) { return "done", pause(ctx, time.Minute) }

// endings are the ways in which handlers were ended that never end.
type endings struct {
	mu   sync.Mutex
	whys []string
}

func (e *endings) endless(ctx context.Context) (int, error) {
	<-ctx.Done()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.whys = append(e.whys, context.Cause(ctx).Error())
	return 0, ctx.Err()
}

func (e *endings) all() []string {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.whys)
}

func TestCallBecomesATaskForAClientThatKnowsTasksAndAResultForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		offer(s, "slow", isogloss.AsTask{PollInterval: 250 * time.Millisecond}, slow)
		c := jobs(t, s)
		created := c.tool("slow")
		created.is(t, "task", "resultType")
		created.is(t, "working", "status")
		created.is(t, 3_600_000, "ttlMs")
		created.is(t, 250, "pollIntervalMs")
		created.is(t, "2000-01-01T00:00:00.010Z", "createdAt")
		id, _ := created["taskId"].(string)
		if len(id) != 32 {
			t.Errorf("got the id %q", id)
		}
		working := c.get(id)
		working.is(t, "complete", "resultType")
		working.is(t, "working", "status")
		c.until(id, "completed").is(t, "done", "result", "structuredContent", "result")

		plain := rawTo(t, s, "{}").result("tools/call", `"name":"slow","arguments":{}`)
		plain.is(t, "complete", "resultType")
		old := connect(t, s, &isogloss.ClientOptions{Era: isogloss.LegacyOnly, Timeout: time.Hour})
		done, err := isogloss.Call[string](t.Context(), old, "slow", nil, nil)
		if err != nil || done != "done" || s.TaskCount() != 1 {
			t.Errorf("got %q, %v and %d tasks", done, err, s.TaskCount())
		}
	})
}

func TestToolThatIsATaskAloneRefusesWhoKnowsNoTasks(t *testing.T) {
	s := isogloss.New("jobs", "1")
	offer(s, "slow", isogloss.AsTask{Required: true}, slow)
	refused := rawTo(t, s, "{}").says("tools/call", `"name":"slow","arguments":{}`)
	refused.is(t, -32021, "error", "code")
	if refused.in("error", "data", "requiredCapabilities", "extensions", extension) == nil {
		t.Errorf("got %v", refused)
	}
	result, err := connect(t, s, &isogloss.ClientOptions{Era: isogloss.LegacyOnly}).CallTool(t.Context(), "slow", nil, nil)
	if err != nil || result.IsError == nil || !*result.IsError || !strings.Contains(isogloss.TextOf(result), extension) {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestWhatIsDoneAtOnceIsNoTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		options := &isogloss.ToolOptions{Task: &isogloss.AsTask{Required: true}}
		isogloss.ToolWith(s, "quick", "", options, func(_ context.Context, in place) (string, error) { return in.City, nil })
		c := jobs(t, s)
		for range 100 {
			c.result("tools/call", `"name":"quick","arguments":{"city":"Oslo"}`).is(t, "Oslo", "structuredContent", "result")
		}
		wrong := c.tool("quick")
		wrong.is(t, true, "isError")
		wrong.is(t, "complete", "resultType")
		if s.TaskCount() != 0 {
			t.Errorf("there are %d tasks", s.TaskCount())
		}
	})
}

func TestExtensionIsThereIfAToolRunsAsATask(t *testing.T) {
	for _, there := range []bool{true, false} {
		s := isogloss.New("jobs", "1")
		isogloss.Tool(s, "add", "", nothing)
		if there {
			offer(s, "slow", isogloss.AsTask{}, slow)
		}
		knows, others := rawTo(t, s, knowsTasks), rawTo(t, s, "{}")
		discovered := knows.result("server/discover", `"x":0`)
		if found := discovered.in("capabilities", "extensions", extension); (found != nil) != there {
			t.Errorf("got %v", discovered)
		}
		for _, method := range []string{"tasks/get", "tasks/cancel", "tasks/update"} {
			known, unknown := -32601, -32601
			if there {
				known, unknown = -32602, -32021
			}
			params := `"taskId":"none","inputResponses":{}`
			knows.says(method, params).is(t, known, "error", "code")
			others.says(method, params).is(t, unknown, "error", "code")
		}
		for _, method := range []string{"tasks/list", "tasks/result"} {
			knows.says(method, `"taskId":"none"`).is(t, -32601, "error", "code")
		}
	}
}

// asker asks two things at once, and then a third; it tells how often it ran.
func asker(s *isogloss.Server, runs *int) {
	offer(s, "ask", isogloss.AsTask{}, func(ctx context.Context) (string, error) {
		*runs++
		var asking sync.WaitGroup
		var first, second place
		var notFirst, notSecond error
		asking.Go(func() { first, notFirst = isogloss.Ask(ctx, where.WithKey("first")) })
		asking.Go(func() { second, notSecond = isogloss.Ask(ctx, where.WithKey("second")) })
		asking.Wait()
		third, notThird := isogloss.Ask(ctx, where)
		return fmt.Sprint(first.City, " ", second.City, " ", third.City), errors.Join(notFirst, notSecond, notThird)
	})
}

func TestTaskAsksWithoutRunningAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		s := isogloss.New("jobs", "1")
		asker(s, &runs)
		c := jobs(t, s)
		created := c.tool("ask")
		created.is(t, "input_required", "status")
		created.is(t, nil, "inputRequests")
		id, _ := created["taskId"].(string)
		synctest.Wait()

		asked := c.get(id)
		asked.is(t, "elicitation/create", "inputRequests", "first", "method")
		equal(t, "questions", asked.keys("inputRequests"), []string{"first", "second"})
		acknowledges(t, c.update(id, yes("first", `{"city":"A"}`)+`,"nobody":{"asked":1}`))
		asked = c.get(id)
		asked.is(t, "input_required", "status")
		equal(t, "questions", asked.keys("inputRequests"), []string{"second"})

		wrong := c.update(id, `"second":{"what":1}`)
		wrong.is(t, -32602, "error", "code")
		if why, _ := wrong.in("error", "message").(string); !strings.HasPrefix(why, "params.inputResponses.second: ") {
			t.Errorf("got %v", wrong)
		}
		c.says("tasks/update", about(id)).is(t, "params.inputResponses: required member is missing", "error", "message")
		c.says("tasks/update", `"taskId":1,"inputResponses":{}`).is(t, "params.taskId: expected string, found number", "error", "message")

		acknowledges(t, c.update(id, yes("second", `{"city":"B"}`)))
		third := c.until(id, "input_required").keys("inputRequests")
		equal(t, "questions", third, []string{"question-1"})
		acknowledges(t, c.update(id, yes(third[0], `{"city":"C"}`)))
		c.until(id, "completed").is(t, "A B C", "result", "structuredContent", "result")
		if runs != 1 {
			t.Errorf("it ran %d times", runs)
		}
		acknowledges(t, c.update(id, ""))
	})
}

func TestKeyNamesOneQuestionOfATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		offer(s, "twice", isogloss.AsTask{}, func(ctx context.Context) (string, error) {
			if _, err := isogloss.Ask(ctx, where.WithKey("k")); err != nil {
				return "", err
			}
			_, err := isogloss.Ask(ctx, where.WithKey("k"))
			return "", err
		})
		c := jobs(t, s)
		id := c.begin("twice")
		acknowledges(t, c.update(id, yes("k", `{"city":"A"}`)))
		end := c.until(id, "completed")
		end.is(t, true, "result", "isError")
	})
}

func TestTaskFailsClosedWhereTheClientCannotBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		offer(s, "ask", isogloss.AsTask{}, func(ctx context.Context) (place, error) {
			if err := pause(ctx, time.Second); err != nil {
				return place{}, err
			}
			return isogloss.Ask(ctx, where)
		})
		c := jobs(t, s)
		c.rawClient = rawTo(t, s, `{"extensions":{"`+extension+`":{}}}`)
		c.until(c.begin("ask"), "failed").is(t, -32021, "error", "code")
	})
}

func TestQuestionThatNobodyWaitsForAnyMoreIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		offer(s, "impatient", isogloss.AsTask{}, func(ctx context.Context) (string, error) {
			short, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			if _, err := isogloss.Ask(short, where); !errors.Is(err, context.DeadlineExceeded) {
				return "", fmt.Errorf("got %w", err)
			}
			return "without an answer", pause(ctx, time.Minute)
		})
		c := jobs(t, s)
		id := c.begin("impatient")
		c.get(id).is(t, "input_required", "status")
		c.until(id, "working").is(t, nil, "inputRequests")
		c.until(id, "completed").is(t, "without an answer", "result", "structuredContent", "result")
	})
}

func TestTaskSaysHowFarItHasGot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		offer(s, "work", isogloss.AsTask{}, func(ctx context.Context) (string, error) {
			about := isogloss.FromContext(ctx)
			if err := pause(ctx, 10*time.Second); err != nil {
				return "", err
			}
			if about.Logs(protocol.LoggingLevelEmergency) || !about.WantsProgress() {
				return "", errors.New("a task has no log, and wants to tell how far it has got")
			}
			progress := &protocol.ProgressNotificationParams{ProgressToken: protocol.ProgressTokenString("t"), Progress: 1}
			if err := protocol.NotifyProgress(ctx, about, progress); !errors.Is(err, isogloss.ErrEncode) {
				return "", fmt.Errorf("got %w", err)
			}
			if err := about.Progress(ctx, 1, 2, "half of it"); err != nil {
				return "", err
			}
			return "all of it", pause(ctx, 10*time.Second)
		})
		c := jobs(t, s)
		id := c.begin("work")
		c.get(id).is(t, nil, "statusMessage")
		time.Sleep(15 * time.Second)
		c.get(id).is(t, "half of it", "statusMessage")
		done := c.until(id, "completed")
		done.is(t, nil, "statusMessage")
		done.is(t, "all of it", "result", "structuredContent", "result")
	})
}

func TestTaskThatIsCancelledEndsItsHandlersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended endings
		s := isogloss.New("jobs", "1")
		offer(s, "endless", isogloss.AsTask{}, ended.endless)
		c := jobs(t, s)
		id := c.begin("endless")
		s.RemoveTool("endless")
		c.get(id).is(t, "working", "status")
		acknowledges(t, c.cancel(id))
		cancelled := c.get(id)
		cancelled.is(t, "cancelled", "status")
		cancelled.is(t, "cancelled by the client", "statusMessage")
		equal(t, "endings", ended.all(), []string{"cancelled by the client"})
		acknowledges(t, c.cancel(id))
		acknowledges(t, c.update(id, yes("late", "{}")))
		c.get(id).is(t, "cancelled", "status")
	})
}

func TestCallThatIsCancelledBeforeItIsATaskEndsItsHandlersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended endings
		s := isogloss.New("jobs", "1")
		offer(s, "endless", isogloss.AsTask{Later: true}, ended.endless)
		c := jobs(t, s)
		c.send(`{"jsonrpc":"2.0","id":"call","method":"tools/call","params":{` + c.meta + `,"name":"endless","arguments":{}}}`)
		synctest.Wait()
		c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"call"}}`)
		equal(t, "endings", ended.all(), []string{"cancelled by the other side"})
		if s.TaskCount() != 0 {
			t.Errorf("there are %d tasks", s.TaskCount())
		}
	})
}

func TestTaskEndsAsItsHandlerDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		later := func(name string, end func() (string, error)) {
			offer(s, name, isogloss.AsTask{}, func(ctx context.Context) (string, error) {
				if err := pause(ctx, time.Second); err != nil {
					return "", err
				}
				return end()
			})
		}
		later("said", func() (string, error) { return "", errors.New("boom") })
		later("refused", func() (string, error) { return "", isogloss.ProtocolError(-32001, "not now") })
		later("panics", func() (string, error) { panic("a secret") })
		later("large", func() (string, error) { return strings.Repeat("x", protocol.MaxTaskResult), nil })
		c := jobs(t, s)
		end := c.until(c.begin("said"), "completed")
		end.is(t, true, "result", "isError")
		if text, _ := json.Marshal(end.in("result", "content")); !strings.Contains(string(text), "boom") {
			t.Errorf("got %v", end)
		}
		for _, want := range []struct {
			tool    string
			code    int
			message string
		}{{"refused", -32001, "not now"}, {"panics", -32603, "internal error"}, {"large", -32603, "MaxTaskResult"}} {
			end := c.until(c.begin(want.tool), "failed")
			end.is(t, want.code, "error", "code")
			end.is(t, nil, "result")
			end.is(t, end.in("error", "message"), "statusMessage")
			if message, _ := end.in("error", "message").(string); !strings.Contains(message, want.message) {
				t.Errorf("got %v", end)
			}
		}
	})
}

func TestTaskIsForgottenWhenItsTimeIsOverDoneOrNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ttl = 100 * time.Second
		var ended endings
		s := isogloss.NewServer(protocol.Implementation{Name: "jobs", Version: "1"}, &isogloss.ServerOptions{Tasks: isogloss.TaskOptions{TTL: ttl}})
		offer(s, "endless", isogloss.AsTask{}, ended.endless)
		offer(s, "slow", isogloss.AsTask{TTL: ttl}, slow)
		c := jobs(t, s)
		for round := range 3 {
			var ids []string
			for range 100 {
				ids = append(ids, c.begin("endless"), c.begin("slow"))
			}
			if s.TaskCount() != 200 {
				t.Errorf("there are %d tasks", s.TaskCount())
			}
			c.until(ids[1], "completed")
			time.Sleep(ttl)
			if s.TaskCount() != 0 {
				t.Errorf("there are %d tasks", s.TaskCount())
			}
			if whys := ended.all(); len(whys) != 100*(round+1) || whys[0] != "the task's time is over" {
				t.Errorf("%d handlers ended: %s", len(whys), whys[:1])
			}
			for _, id := range ids[:2] {
				c.says("tasks/get", about(id)).is(t, -32602, "error", "code")
			}
		}
	})
}

func TestWhereThereIsNoRoomACallIsAnsweredAsEverOrRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.NewServer(protocol.Implementation{Name: "jobs", Version: "1"}, &isogloss.ServerOptions{Tasks: isogloss.TaskOptions{Max: 1}})
		offer(s, "may", isogloss.AsTask{}, slow)
		offer(s, "must", isogloss.AsTask{Required: true}, slow)
		c := jobs(t, s)
		c.begin("must")
		c.tool("may").is(t, "done", "structuredContent", "result")
		refused := c.says("tools/call", `"name":"must","arguments":{}`)
		refused.is(t, -32603, "error", "code")
		if why, _ := refused.in("error", "message").(string); !strings.Contains(why, "MaxTasks") {
			t.Errorf("got %v", refused)
		}
		time.Sleep(time.Hour)
		c.begin("must")
	})
}

func TestToolMayAskFirstAndBecomeATaskThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		s := isogloss.New("jobs", "1")
		offer(s, "greet", isogloss.AsTask{Later: true}, func(ctx context.Context) (string, error) {
			runs++
			from, err := isogloss.Ask(ctx, where.WithKey("from"))
			if err != nil {
				return "", err
			}
			isTask, err := isogloss.FromContext(ctx).BeginTask(ctx)
			if err == nil {
				err = pause(ctx, time.Second)
			}
			if err != nil {
				return "", err
			}
			to, err := isogloss.Ask(ctx, where.WithKey("to"))
			return fmt.Sprint(from.City, " to ", to.City, ", ", isTask), err
		})
		c := jobs(t, s)
		asks := c.tool("greet")
		asks.is(t, "input_required", "resultType")
		asks.is(t, nil, "taskId")
		if s.TaskCount() != 0 {
			t.Error("it is a task")
		}
		again := fmt.Sprintf(`"name":"greet","arguments":{},"inputResponses":{%s},"requestState":%q`, yes("from", `{"city":"Oslo"}`), asks["requestState"])
		created := c.result("tools/call", again)
		created.is(t, "task", "resultType")
		created.is(t, nil, "requestState")
		id, _ := created["taskId"].(string)
		c.until(id, "input_required")
		acknowledges(t, c.update(id, yes("to", `{"city":"Bergen"}`)))
		c.until(id, "completed").is(t, "Oslo to Bergen, true", "result", "structuredContent", "result")
		if runs != 2 {
			t.Errorf("it ran %d times", runs)
		}
		// For a client without the extension it is a call as ever.
		plain := rawTo(t, s, `{"elicitation":{}}`)
		plain.result("tools/call", `"name":"greet","arguments":{},"inputResponses":{`+yes("from", `{"city":"Oslo"}`)+","+yes("to", `{"city":"Bergen"}`)+`}`).
			is(t, "Oslo to Bergen, false", "structuredContent", "result")
	})
}

func TestTaskThatWantsToBeConfirmedBeginsWhenItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		options := &isogloss.ToolOptions{Task: &isogloss.AsTask{Required: true}, Confirm: "Wipe it all?"}
		isogloss.ToolWith(s, "wipe", "", options, func(ctx context.Context, _ struct{}) (string, error) { return slow(ctx) })
		c := jobs(t, s)
		asks := c.tool("wipe")
		asks.is(t, "Wipe it all?", "inputRequests", "confirm", "params", "message")
		for confirm, becomes := range map[bool]string{true: "task", false: "complete"} {
			given := yes("confirm", fmt.Sprintf(`{"confirm":%t}`, confirm))
			again := fmt.Sprintf(`"name":"wipe","arguments":{},"inputResponses":{%s},"requestState":%q`, given, asks["requestState"])
			c.result("tools/call", again).is(t, becomes, "resultType")
		}
	})
}

func TestWhoeverListensToATaskIsToldHowItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		offer(s, "ask", isogloss.AsTask{}, func(ctx context.Context) (place, error) { return isogloss.Ask(ctx, where.WithKey("place")) })
		c := jobs(t, s)
		id := c.begin("ask")
		wanted := fmt.Sprintf(`"notifications":{"taskIds":[%q,"none",%q]}`, id, id)
		rawTo(t, s, "{}").says("subscriptions/listen", wanted).is(t, -32021, "error", "code")
		c.says("subscriptions/listen", `"notifications":{"taskIds":[1]}`).
			is(t, "params.notifications.taskIds[0]: expected string, found number", "error", "message")
		old := rawTo(t, s, "{}")
		old.send(hello)
		old.heard()
		old.send(initialized)

		listener := rawTo(t, s, knowsTasks)
		opened := listener.says("subscriptions/listen", wanted)
		opened.is(t, "notifications/subscriptions/acknowledged", "method")
		same(t, fmt.Sprint(opened.in("params", "notifications")), "map[taskIds:["+id+"]]")
		now := listener.heard()
		now.is(t, "notifications/tasks", "method")
		now.is(t, "input_required", "params", "status")
		now.is(t, 1, "params", "_meta", "io.modelcontextprotocol/subscriptionId")
		now.is(t, "elicitation/create", "params", "inputRequests", "place", "method")
		acknowledges(t, c.update(id, yes("place", `{"city":"Oslo"}`)))
		for {
			told := listener.heard()
			told.is(t, id, "params", "taskId")
			if told.in("params", "status") == "completed" {
				told.is(t, "Oslo", "params", "result", "structuredContent", "city")
				break
			}
		}
		// A legacy client hears nothing of it.
		old.send(ping)
		old.heard().is(t, "ping", "id")
	})
}

func TestMiddlewareStandsAroundWhatIsAskedOfTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var seen []string
		s := isogloss.New("jobs", "1")
		s.Use(func(next isogloss.MethodHandler) isogloss.MethodHandler {
			return func(ctx context.Context, c *isogloss.Context) (protocol.Encodable, error) {
				result, err := next(context.WithValue(ctx, key{}, "known"), c)
				seen = append(seen, fmt.Sprintf("%s %T", c.Method(), result))
				return result, err
			}
		})
		offer(s, "ask", isogloss.AsTask{}, func(ctx context.Context) (string, error) {
			at, err := isogloss.Ask(ctx, where.WithKey("place"))
			return fmt.Sprint(at.City, " ", ctx.Value(key{}), " ", s.TaskCount()), err
		})
		c := jobs(t, s)
		id := c.begin("ask")
		acknowledges(t, c.update(id, yes("place", `{"city":"Oslo"}`)))
		synctest.Wait()
		c.get(id).is(t, "Oslo known 1", "result", "structuredContent", "result")
		equal(t, "seen", seen, []string{
			"tools/call *protocol.CreateTaskResult", "tasks/update *protocol.UpdateTaskResult", "tasks/get *protocol.CompletedTaskResult",
		})
	})
}

func TestMountedToolRunsAsATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner, s := isogloss.New("inner", "1"), isogloss.New("outer", "1")
		offer(inner, "slow", isogloss.AsTask{}, slow)
		s.Mount("in", inner)
		c := jobs(t, s)
		c.until(c.begin("in_slow"), "completed")
		if s.TaskCount() != 1 || inner.TaskCount() != 0 {
			t.Errorf("there are %d and %d tasks", s.TaskCount(), inner.TaskCount())
		}
	})
}
