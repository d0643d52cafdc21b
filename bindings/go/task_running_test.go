package isogloss

import (
	"strings"
	"testing"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

func TestResultsOfTasksHaveABoundEachAndTogetherAndThoseThatAreForgottenMakeRoom(t *testing.T) {
	all := newTasks(TaskOptions{}, nil)
	const most = protocol.MaxTaskResult
	one := func() string {
		id := taskID()
		all.kept[id] = &keptTask{forgetting: time.NewTimer(time.Hour)}
		return id
	}
	refuses := func(bytes int, limit string) {
		t.Helper()
		if err := all.admit(one(), bytes); err == nil || !strings.Contains(err.Error(), limit) {
			t.Errorf("%d bytes: got %v, want %s", bytes, err, limit)
		}
	}
	admits := func(bytes int) (id string) {
		t.Helper()
		id = one()
		if err := all.admit(id, bytes); err != nil {
			t.Errorf("%d bytes: %v", bytes, err)
		}
		return id
	}
	refuses(most+1, "MaxTaskResult")
	last := ""
	for range protocol.MaxTaskBytes / most {
		last = admits(most)
	}
	refuses(1, "MaxTaskBytes")
	all.release(last)
	last = admits(most)
	refuses(1, "MaxTaskBytes")
	all.forget(last)
	admits(most)
	refuses(1, "MaxTaskBytes")
	if err := all.admit(last, 1); err != errTaskOverdue {
		t.Errorf("a task that is forgotten: %v", err)
	}
}
