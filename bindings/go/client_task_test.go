package isogloss_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A client whose server answers with tasks: followed to their end, answered, given up,
// or held. Time is that of the test: it passes when everybody waits.

// slowJobs has slow tools that are tasks, and how its endless ones ended.
func slowJobs(t *testing.T) (*isogloss.Server, *endings) {
	s, ended := isogloss.New("jobs", "1"), &endings{}
	how := isogloss.AsTask{PollInterval: 5 * time.Second}
	offer(s, "slow", how, func(ctx context.Context) (string, error) {
		if err := pause(ctx, 30*time.Second); err != nil {
			return "", err
		}
		if err := isogloss.FromContext(ctx).Progress(ctx, 1, 0, "half"); err != nil {
			return "", err
		}
		return "done", pause(ctx, 30*time.Second)
	})
	offer(s, "ask", how, func(ctx context.Context) (string, error) {
		var cities []string
		for range 2 {
			if err := pause(ctx, 10*time.Second); err != nil {
				return "", err
			}
			at, err := isogloss.Ask(ctx, where)
			if err != nil {
				return "", err
			}
			cities = append(cities, at.City)
		}
		return strings.Join(cities, " "), nil
	})
	offer(s, "boom", how, func(ctx context.Context) (int, error) {
		return 0, errors.Join(pause(ctx, time.Second), errors.New("boom"))
	})
	offer(s, "refused", how, func(ctx context.Context) (int, error) {
		return 0, errors.Join(pause(ctx, time.Second), isogloss.ProtocolError(-32001, "not now"))
	})
	offer(s, "endless", how, ended.endless)
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s, ended
}

// following are options of a client that knows tasks.
func following() *isogloss.ClientOptions {
	return &isogloss.ClientOptions{Era: isogloss.ModernOnly, Tasks: true}
}

// begun begins a tool that becomes a task.
func begun(t *testing.T, c *isogloss.Client, tool string) *isogloss.TaskHandle {
	t.Helper()
	task, result, err := c.BeginTool(t.Context(), tool, nil, nil)
	if err != nil || task == nil {
		t.Fatalf("no task: %+v, %v", result, err)
	}
	return task
}

func TestCallWaitsForTheEndOfItsTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := slowJobs(t)
		for _, c := range []struct {
			options isogloss.ClientOptions
			tasks   int
		}{
			{isogloss.ClientOptions{Era: isogloss.ModernOnly, Tasks: true}, 1},
			{isogloss.ClientOptions{Era: isogloss.ModernOnly}, 0},
			{isogloss.ClientOptions{Era: isogloss.LegacyOnly, Tasks: true}, 0},
		} {
			client := connect(t, s, &c.options)
			before, began := s.TaskCount(), time.Now()
			done, err := isogloss.Call[string](t.Context(), client, "slow", nil, &isogloss.CallOptions{Timeout: 100 * time.Second})
			if err != nil || done != "done" || s.TaskCount()-before != c.tasks {
				t.Errorf("got %q, %v and %d tasks", done, err, s.TaskCount()-before)
			}
			// At the pace that the server asks for.
			if took := time.Since(began); took < time.Minute || took > 66*time.Second {
				t.Errorf("it took %s", took)
			}
		}
	})
}

func TestWhatATaskAsksIsAnsweredOnceEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := slowJobs(t)
		options, asked := following(), 0
		options.OnElicit = func(context.Context, *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
			asked++
			return isogloss.Accept(place{fmt.Sprint("Oslo", asked)})
		}
		said, err := isogloss.Call[string](t.Context(), connect(t, s, options), "ask", nil, nil)
		if err != nil || said != "Oslo1 Oslo2" || asked != 2 {
			t.Errorf("got %q, %v after %d questions", said, err, asked)
		}
	})
}

func TestTaskThatAsksWhomNobodyAnswersIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := slowJobs(t)
		options := following()
		options.Capabilities.Elicitation = &protocol.ElicitationCapability{}
		client := connect(t, s, options)
		_, err := client.CallTool(t.Context(), "ask", nil, nil)
		if err == nil || !strings.Contains(err.Error(), "elicitation/create") {
			t.Errorf("got %v", err)
		}
		if err := s.EndTasks(t.Context()); err != nil {
			t.Errorf("it goes on: %v", err)
		}
		// One that was handed out is left alone.
		task := begun(t, client, "ask")
		if _, err := task.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "elicitation/create") {
			t.Errorf("got %v", err)
		}
		state, err := task.State(t.Context())
		if _, asks := state.(*protocol.InputRequiredTaskResult); !asks {
			t.Errorf("got %T, %v", state, err)
		}
	})
}

func TestTaskThatFailsIsTheCallsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := slowJobs(t)
		client := connect(t, s, following())
		var failed *isogloss.ToolError
		if _, err := isogloss.Call[int](t.Context(), client, "boom", nil, nil); !errors.As(err, &failed) || failed.Error() != "boom" {
			t.Errorf("got %v", err)
		}
		_, err := client.CallTool(t.Context(), "refused", nil, nil)
		var own *isogloss.Error
		if !errors.As(err, &own) || own.Kind != isogloss.KindProtocol || own.Code != -32001 || own.Message != "not now" {
			t.Errorf("got %v", err)
		}
	})
}

func TestCallThatIsGivenUpCancelsItsTaskAndAHandleDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ended := slowJobs(t)
		client := connect(t, s, following())
		const why = "cancelled by the client"
		_, err := client.CallTool(t.Context(), "endless", nil, &isogloss.CallOptions{Timeout: 20 * time.Second})
		if !errors.Is(err, isogloss.ErrTimeout) || err.Error() != "no answer to tools/call within 20s" {
			t.Errorf("got %v", err)
		}
		equal(t, "endings", ended.all(), []string{why})

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Second, cancel)
		if _, err := client.CallTool(ctx, "endless", nil, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		equal(t, "endings", ended.all(), []string{why, why})

		ctx, cancel = context.WithCancel(t.Context())
		task, _, err := client.BeginTool(ctx, "endless", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := task.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		time.Sleep(20 * time.Second)
		equal(t, "endings", ended.all(), []string{why, why})

		task = client.Task(task.ID())
		var told []string
		for state, err := range task.States(t.Context()) {
			told = append(told, fmt.Sprintf("%T", state))
			if _, runs := state.(*protocol.WorkingTaskResult); runs {
				err = task.Cancel(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		equal(t, "told", told, []string{"*protocol.WorkingTaskResult", "*protocol.CancelledTaskResult"})
		equal(t, "endings", ended.all(), []string{why, why, why})
		for state, err := range task.States(t.Context()) {
			t.Errorf("told once more: %T, %v", state, err)
		}
		if _, err := task.Wait(t.Context()); !errors.Is(err, isogloss.ErrTaskCancelled) || err.Error() != "the task was cancelled: "+why {
			t.Errorf("got %v", err)
		}
	})
}

func TestTaskCanBeHeldWatchedAndAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := slowJobs(t)
		options := following()
		options.Capabilities.Elicitation = &protocol.ElicitationCapability{}
		client := connect(t, s, options)
		task, asked, result := begun(t, client, "ask"), 0, ""
		for state, err := range task.States(t.Context()) {
			switch state := state.(type) {
			case *protocol.InputRequiredTaskResult:
				asked++
				var given protocol.InputResponses
				for _, question := range state.InputRequests {
					answer, err := isogloss.Accept(place{"Oslo"})
					if err != nil {
						t.Fatal(err)
					}
					given.Set(question.Name, answer)
				}
				err = task.Answer(t.Context(), given)
			case *protocol.CompletedTaskResult:
				content, _ := state.Result.Get("structuredContent", "result")
				result, _ = content.Text()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if asked != 2 || result != "Oslo Oslo" {
			t.Errorf("got %q after %d questions", result, asked)
		}
		task = begun(t, client, "slow")
		time.Sleep(40 * time.Second)
		state, err := task.State(t.Context())
		if working, ok := state.(*protocol.WorkingTaskResult); !ok || working.StatusMessage == nil || *working.StatusMessage != "half" {
			t.Errorf("got %+v, %v", state, err)
		}
		done, err := task.Wait(t.Context())
		if err != nil || isogloss.TextOf(done) != `{"result":"done"}` {
			t.Errorf("got %+v, %v", done, err)
		}
		// What is no task is a result.
		isogloss.Tool(s, "plain", "", func(context.Context, struct{}) (string, error) { return "done", nil })
		if task, done, err := client.BeginTool(t.Context(), "plain", nil, nil); err != nil || task != nil || done == nil {
			t.Errorf("got %v, %+v, %v", task, done, err)
		}
		var own *isogloss.Error
		if _, err := client.Task("none").State(t.Context()); !errors.As(err, &own) || own.Code != isogloss.CodeInvalidParams {
			t.Errorf("got %v", err)
		}
	})
}

// neverEnding answers tool calls with a task that never ends, of which it says this.
func neverEnding(members string) (*scriptedServer, isogloss.Target) {
	task := `"taskId":"t","status":"working","createdAt":"2026-07-28T00:00:00Z","lastUpdatedAt":"2026-07-28T00:00:00Z",` + members
	return scripted(func(h heard) []string {
		switch h.Method {
		case "tools/call":
			return []string{h.result(`{"resultType":"task",` + task + `}`)}
		case "tasks/get":
			return []string{h.result(`{"resultType":"complete",` + task + `}`)}
		case "tasks/cancel":
			return []string{h.result(`{"resultType":"complete"}`)}
		}
		return nil
	})
}

func TestServerIsLookedAtWithinBoundsAndNotForEver(t *testing.T) {
	const day = protocol.MaxTaskTTL
	for _, c := range []struct {
		members string
		within  time.Duration
		most    int
	}{
		{`"ttlMs":10000,"pollIntervalMs":0`, 10 * time.Second, 100},
		{`"ttlMs":600000,"pollIntervalMs":9007199254740991`, 600 * time.Second, 10},
		{`"ttlMs":10000,"pollIntervalMs":-5`, 10 * time.Second, 100},
		{`"ttlMs":null,"pollIntervalMs":60000`, day, 1440},
		{`"ttlMs":9007199254740991,"pollIntervalMs":60000`, day, 1440},
		{`"ttlMs":-1,"pollIntervalMs":60000`, 0, 0},
		{`"ttlMs":10000`, 10 * time.Second, 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			server, target := neverEnding(c.members)
			client := connectTo(t, target, following())
			_, err := client.CallTool(t.Context(), "job", nil, nil)
			if want := "the task did not end within " + c.within.String(); !errors.Is(err, isogloss.ErrTimeout) || err.Error() != want {
				t.Errorf("%s: got %v", c.members, err)
			}
			if looks := server.count("tasks/get"); looks < c.most/2 || looks > c.most {
				t.Errorf("%s: %d looks", c.members, looks)
			}
			if n := server.count("tasks/cancel"); n != 1 {
				t.Errorf("%s: cancelled %d times", c.members, n)
			}
		})
	}
}

func TestTaskThatWasNotAskedForIsNoResult(t *testing.T) {
	server, target := neverEnding(`"ttlMs":null`)
	client := connectTo(t, target, &isogloss.ClientOptions{Era: isogloss.ModernOnly})
	_, err := client.CallTool(t.Context(), "job", nil, nil)
	if !errors.Is(err, isogloss.ErrDecode) {
		t.Errorf("got %v", err)
	}
	if declared := server.all("tools/call")[0].param("_meta", "io.modelcontextprotocol/clientCapabilities", "extensions"); declared != "" {
		t.Errorf("declared %s", declared)
	}
}

func TestProgramsOwnExtensionsAreDeclaredBesideTasks(t *testing.T) {
	server, target := neverEnding(`"ttlMs":null`)
	options := following()
	options.Capabilities.Extensions.Set("a/b", protocol.JSONObject("{}"))
	client := connectTo(t, target, options)
	if task := begun(t, client, "job"); task.ID() != "t" {
		t.Errorf("got %q", task.ID())
	}
	var declared map[string]any
	text := server.all("tools/call")[0].param("_meta", "io.modelcontextprotocol/clientCapabilities", "extensions")
	if err := json.Unmarshal([]byte(text), &declared); err != nil || len(declared) != 2 || len(options.Capabilities.Extensions) != 1 {
		t.Errorf("declared %s, %v; the options have %v", text, err, options.Capabilities.Extensions)
	}
}

func TestTasksAreFollowedOverHTTP(t *testing.T) {
	s := isogloss.New("jobs", "1")
	offer(s, "ask", isogloss.AsTask{Required: true, PollInterval: time.Millisecond}, askWhere)
	options := following()
	options.OnElicit = func(context.Context, *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
		return isogloss.Accept(place{"Oslo"})
	}
	client := dial(t, serve(t, s).url, options)
	said, err := isogloss.Call[string](t.Context(), client, "ask", nil, nil)
	if err != nil || said != "Oslo" {
		t.Errorf("got %q, %v", said, err)
	}
}
