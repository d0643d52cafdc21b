package isogloss

import (
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

func TestResultsOfTasksHaveABoundEachAndTogetherAndThoseThatAreForgottenMakeRoom(t *testing.T) {
	all := newTasks(TaskOptions{})
	const most = protocol.MaxTaskResult
	refuses := func(bytes int, limit string) {
		t.Helper()
		if err := all.admit(bytes); err == nil || !strings.Contains(err.Error(), limit) {
			t.Errorf("%d bytes: got %v, want %s", bytes, err, limit)
		}
	}
	admits := func(bytes int) {
		t.Helper()
		if err := all.admit(bytes); err != nil {
			t.Errorf("%d bytes: %v", bytes, err)
		}
	}
	refuses(most+1, "MaxTaskResult")
	for range protocol.MaxTaskBytes / most {
		admits(most)
	}
	refuses(1, "MaxTaskBytes")
	all.release(most)
	admits(most)
	refuses(1, "MaxTaskBytes")
}
