package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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

func TestWhatIsKeptAndCannotBeUsedIsAsIfItWereNotThere(t *testing.T) {
	a, g := start(t, nil)
	key := "token " + g.url
	store := &oauth.MemoryStore{}
	says(t, g.url, desk(t, g, oauth.Options{Store: store}), "read", "a note")
	text, _ := store.Load(t.Context(), key)
	changed := func(change func(kept, client document)) string {
		var kept document
		_ = json.Unmarshal([]byte(text), &kept)
		change(kept, kept["client"].(map[string]any))
		spoilt, _ := json.Marshal(kept)
		return string(spoilt)
	}
	for _, spoilt := range []string{
		"{", "null", "[]", "{}", `{"access":7}`,
		changed(func(kept, _ document) { kept["access"] = "a\nb" }),
		changed(func(_, client document) { client["given"] = true }),
		changed(func(_, client document) { client["method"] = "tls_client_auth" }),
	} {
		store := &oauth.MemoryStore{}
		if err := store.Save(t.Context(), key, spoilt); err != nil {
			t.Fatal(err)
		}
		before := a.count("/authorize")
		says(t, g.url, desk(t, g, oauth.Options{Store: store}), "read", "a note")
		if asked := a.count("/authorize") - before; asked != 1 {
			t.Errorf("%s: the user was asked %d times", spoilt, asked)
		}
	}
}

// odd is a store that fails.
type odd struct{ load, save error }

func (o odd) Load(context.Context, string) (string, error) { return "", o.load }
func (o odd) Save(context.Context, string, string) error   { return o.save }

func TestAStoreThatKeepsNothingIsToldOfAndOneThatCannotBeReadEndsTheCall(t *testing.T) {
	_, g := start(t, nil)
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	says(t, g.url, desk(t, g, oauth.Options{Store: odd{save: errors.New("the disk is full")}, Logger: logger}), "read", "a note")
	if !strings.Contains(log.String(), "the disk is full") {
		t.Errorf("found %q", log.String())
	}
	locked := errors.New("the keychain is locked")
	_, err := call(t, g.url, desk(t, g, oauth.Options{Store: odd{load: locked}}), "read")
	if told(t, err, locked.Error()); !errors.Is(err, locked) {
		t.Errorf("%v is not the store's error", err)
	}
}
