package oauth

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestTheSystemsBrowserIsGivenTheAddressAsItIs(t *testing.T) {
	folder := t.TempDir()
	said := filepath.Join(folder, "said")
	if err := syscall.Mkfifo(said, 0o600); err != nil {
		t.Fatal(err)
	}
	// It stays, as a browser does that was not open before; nobody waits for it.
	script := "#!/bin/sh\nprintf %s \"$#$1\" >'" + said + "'\nread never <'" + said + "'\n"
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	const address = `https://a.example/authorize?a=$(exit)&b=';"` + "`exit`&c=%20 *"
	if err := openInBrowser(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	found, err := os.ReadFile(said)
	if err != nil || string(found) != "1"+address {
		t.Errorf("found %s (%v)", found, err)
	}
	// Lets it go.
	if err := os.WriteFile(said, []byte("\n"), 0o600); err != nil {
		t.Error(err)
	}
}

func TestASystemWithoutABrowserSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := openInBrowser(t.Context(), "https://a.example/?state=hunter2")
	if err == nil || !strings.Contains(err.Error(), "Browser.Open") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("found %v", err)
	}
}
