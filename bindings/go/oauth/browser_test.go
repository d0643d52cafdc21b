package oauth_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// The browser, and the place on this machine where its user comes back to.

// visited is a browser that does this with each address, in its own time.
func visited(t *testing.T, visit func(address string)) *oauth.Browser {
	var visits sync.WaitGroup
	t.Cleanup(visits.Wait)
	return &oauth.Browser{Open: func(_ context.Context, address string) error {
		visits.Go(func() { visit(address) })
		return nil
	}}
}

func TestTheBrowserComesBackToThisMachine(t *testing.T) {
	a, g := start(t, nil)
	done := make(chan struct{})
	browser := visited(t, func(address string) {
		defer close(done)
		sent, err := sentOn(t.Context(), address)
		if err != nil {
			t.Error(err)
			return
		}
		place, query, _ := strings.Cut(sent, "?")
		// Others who know the port, and then the user.
		var statuses []int
		for _, address := range []string{place + "?code=x&state=guessed", place + "x?" + query, place, sent} {
			status, text, cache, err := read(address)
			if err != nil || cache != "no-store" || strings.Contains(text, "code-") || strings.Contains(text, "guessed") {
				t.Errorf("%s: %s, %q (%v)", address, cache, text, err)
			}
			statuses = append(statuses, status)
		}
		equal(t, "statuses", statuses, 400, 404, 400, 200)
	})
	says(t, g.url, asks(t, g.url, browser, oauth.Options{}), "read", "a note")
	<-done
	redirect := a.values("/authorize", "redirect_uri")[0]
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/callback$`).MatchString(redirect) {
		t.Errorf("back to %s", redirect)
	}
	if _, _, _, err := read(redirect); err == nil {
		t.Error("somebody listens still")
	}
}

func TestTheBrowserComesBackToTheSamePlace(t *testing.T) {
	a, g := start(t, nil)
	browser := visited(t, func(address string) {
		if sent, err := sentOn(t.Context(), address); err != nil {
			t.Error(err)
		} else if _, _, _, err := read(sent); err != nil {
			t.Error(err)
		}
	})
	authorizer := asks(t, g.url, browser, oauth.Options{})
	says(t, g.url, authorizer, "write", "written")
	says(t, g.url, authorizer, "burn", "burnt")
	if asked := []int{a.count("/authorize"), a.count("/register")}; !slices.Equal(asked, []int{3, 1}) {
		t.Errorf("expected 3 visits of one client, found %v", asked)
	}
	places := a.values("/authorize", "redirect_uri")
	if slices.Sort(places); len(slices.Compact(places)) != 1 {
		t.Errorf("back to %v", places)
	}
}

func TestAPortThatIsTakenIsAnErrorOnlyIfItWasNamed(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	named := &oauth.Browser{Port: port}
	if visit, err := named.Begin(t.Context()); err == nil {
		t.Errorf("back to %s", visit.RedirectURI())
	}
	free := &oauth.Browser{}
	first, err := free.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The port of a visit that is under way is taken, too.
	second, err := free.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first.RedirectURI() == second.RedirectURI() {
		t.Error("two visits come back to one place")
	}
	for _, visit := range []oauth.Visit{first, second} {
		if err := visit.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhoeverKeepsConnectionsOpenKeepsNoUserAway(t *testing.T) {
	_, g := start(t, nil)
	var idle []net.Conn
	defer func() {
		for _, conn := range idle {
			_ = conn.Close()
		}
	}()
	browser := visited(t, func(address string) {
		sent, err := sentOn(t.Context(), address)
		if err != nil {
			t.Error(err)
			return
		}
		host := strings.Split(sent, "/")[2]
		for range protocol.MaxRedirects - 1 {
			conn, err := net.Dial("tcp4", host)
			if err != nil {
				t.Error(err)
				return
			}
			idle = append(idle, conn)
		}
		if status, _, _, err := read(sent); status != http.StatusOK {
			t.Errorf("found %d (%v)", status, err)
		}
	})
	says(t, g.url, asks(t, g.url, browser, oauth.Options{}), "read", "a note")
}

// read is the status and the text of an address, as a browser sees it.
func read(address string) (status int, text, cache string, err error) {
	response, err := sender.Get(address)
	if err != nil {
		return 0, "", "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), response.Header.Get("Cache-Control"), err
}
