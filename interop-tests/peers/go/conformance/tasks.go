package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Tools that run as tasks, and one that never does: jobs that are done at once, later,
// badly, or not before the user has said something.

type (
	computation struct {
		Seconds int    `json:"seconds" min:"0"`
		Label   string `json:"label" default:"it"`
	}
	file struct {
		Filename string `json:"filename"`
	}
	confirmation struct {
		Confirm bool `json:"confirm"`
	}
	approval struct {
		Name    string `json:"name"`
		Confirm bool   `json:"confirm"`
	}
)

func greet(_ context.Context, in named) (protocol.ContentBlock, error) {
	return text("Hello, " + in.Name + "!"), nil
}

func compute(ctx context.Context, in computation) (protocol.ContentBlock, error) {
	err := wait(ctx, time.Duration(in.Seconds)*time.Second)
	return text(fmt.Sprintf("computed %s in %d s", in.Label, in.Seconds)), err
}

func failLater(ctx context.Context, _ none) (protocol.ContentBlock, error) {
	return nil, errors.Join(wait(ctx, time.Second), errors.New("the job failed"))
}

func refuseLater(ctx context.Context, _ none) (protocol.ContentBlock, error) {
	refusal := isogloss.ProtocolError(isogloss.CodeInternalError, "the job cannot be done")
	return nil, errors.Join(wait(ctx, 100*time.Millisecond), refusal)
}

func confirmDelete(ctx context.Context, in file) (protocol.ContentBlock, error) {
	question := isogloss.Form[confirmation]("Delete " + in.Filename + "?").WithKey("confirm")
	answer, err := isogloss.Ask(ctx, question)
	done := "kept "
	if answer.Confirm {
		done = "deleted "
	}
	return text(done + in.Filename), err
}

func askBoth(ctx context.Context, _ none) (protocol.ContentBlock, error) {
	var asking sync.WaitGroup
	var owner, auditor approval
	var noOwner, noAuditor error
	question := func(of string) isogloss.Question[approval] {
		return isogloss.Form[approval]("Does the " + of + " approve?").WithKey(of)
	}
	asking.Go(func() { owner, noOwner = isogloss.Ask(ctx, question("owner")) })
	asking.Go(func() { auditor, noAuditor = isogloss.Ask(ctx, question("auditor")) })
	asking.Wait()
	both := "refused"
	if owner.Confirm && auditor.Confirm {
		both = "approved"
	}
	return text(both + " by " + owner.Name + " and " + auditor.Name), errors.Join(noOwner, noAuditor)
}

func nameFirst(ctx context.Context, _ none) (protocol.ContentBlock, error) {
	user, err := isogloss.Ask(ctx, nameOf.WithKey("user_name"))
	if err != nil {
		return nil, err
	}
	if _, err := isogloss.FromContext(ctx).BeginTask(ctx); err != nil {
		return nil, err
	}
	return text("Hello, " + user.Name + "!"), wait(ctx, 100*time.Millisecond)
}

func offerTasks(s *isogloss.Server) {
	mayBe := &isogloss.ToolOptions{Task: &isogloss.AsTask{}}
	mustBe := &isogloss.ToolOptions{Task: &isogloss.AsTask{Required: true}}
	laterOn := &isogloss.ToolOptions{Task: &isogloss.AsTask{Required: true, Later: true}}
	isogloss.Tool(s, "greet", "Greets at once.", greet)
	isogloss.ToolWith(s, "slow_compute", "Takes so many seconds.", mayBe, compute)
	isogloss.ToolWith(s, "failing_job", "Fails after a second.", mustBe, failLater)
	isogloss.ToolWith(s, "protocol_error_job", "Cannot be done.", mayBe, refuseLater)
	isogloss.ToolWith(s, "confirm_delete", "Deletes, once confirmed.", mayBe, confirmDelete)
	isogloss.ToolWith(s, "multi_input", "Asks two things at once.", mayBe, askBoth)
	isogloss.ToolWith(s, "test_tool_with_task", "Asks for a name, then goes on as a task.", laterOn, nameFirst)
}
