package oauth_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// What is kept from one run to the next.

func TestWhatIsKeptIsUsedInTheNextRun(t *testing.T) {
	a, g := start(t, nil)
	folder := filepath.Join(t.TempDir(), "of", "desk")
	for run, asked := range []int{1, 1, 2} {
		authorizer := desk(t, g, oauth.Options{Store: &oauth.FileStore{Folder: folder}})
		says(t, g.url, authorizer, "read", "a note")
		if found := a.count("/authorize"); found != asked {
			t.Errorf("run %d: the user was asked %d times", run, found)
		}
		if found := a.count("/register"); found != 1 {
			t.Errorf("run %d: registered %d times for one redirect address", run, found)
		}
		if run == 1 {
			authorizer.Forget(t.Context())
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 2 {
		t.Fatalf("found %v (%v)", files, err)
	}
	for _, file := range files {
		if info, err := file.Info(); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v (%v)", file.Name(), info.Mode(), err)
		}
	}
}

func TestAStoreKeepsWhatWasSavedLast(t *testing.T) {
	for name, store := range map[string]oauth.TokenStore{"memory": &oauth.MemoryStore{}, "files": &oauth.FileStore{Folder: t.TempDir()}} {
		load := func(key, expected string) {
			t.Helper()
			if found, err := store.Load(t.Context(), key); err != nil || found != expected {
				t.Errorf("%s: expected %q, found %q (%v)", name, expected, found, err)
			}
		}
		save := func(key, value string) {
			t.Helper()
			if err := store.Save(t.Context(), key, value); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		load("../a", "")
		save("../a", "")
		save("../a", "one")
		save("b", "other")
		save("../a", "two")
		load("../a", "two")
		load("b", "other")
		save("../a", "")
		load("../a", "")
		var savers sync.WaitGroup
		for i := range 20 {
			savers.Go(func() { save("c", strings.Repeat(fmt.Sprint(i%10), 5000)) })
		}
		savers.Wait()
		// Whichever was last: it is whole.
		found, err := store.Load(t.Context(), "c")
		if err != nil || len(found) != 5000 || strings.Trim(found, found[:1]) != "" {
			t.Errorf("%s: %d bytes (%v)", name, len(found), err)
		}
	}
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store := &oauth.FileStore{Folder: filepath.Join(file, "below")}
	if err := store.Save(t.Context(), "a", "b"); err == nil || !strings.HasPrefix(err.Error(), "the token store: ") {
		t.Errorf("found %v", err)
	}
}
