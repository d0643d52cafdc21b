package isogloss

import (
	"context"
	"errors"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

func TestNobodyIsToldOfWhatIsHiddenHoweverItsAddressIsSpelled(t *testing.T) {
	s := NewServer(protocol.Implementation{Name: "s", Version: "1"}, &ServerOptions{Policy: func(_ context.Context, item Item) Access {
		switch {
		case item.HasTag("secret"):
			return Hide
		case item.HasTag("closed"):
			return Refuse("closed")
		}
		return Allow
	}})
	text := func(context.Context, struct{}) (string, error) { return "", nil }
	ResourceWith(s, "text://caf%C3%A9", "", &ResourceOptions{Tags: []string{"secret"}}, text)
	ResourceWith(s, "text://closed", "", &ResourceOptions{Tags: []string{"closed"}}, text)
	Resource(s, "text://open", "", text)
	ResourceWith(s, "secret://{id}", "", &ResourceOptions{Tags: []string{"secret"}}, func(context.Context, struct {
		ID string `json:"id"`
	}) (string, error) {
		return "", nil
	})
	for uri, want := range map[string]bool{
		"text://café":      false,
		"text://caf%c3%a9": false,
		"secret://1":       false,
		"text://open":      true,
		"text://nowhere":   true, // as what is not there at all: nothing is ever told of it
	} {
		if got, err := s.tellsOf(t.Context(), uri); got != want || err != nil {
			t.Errorf("%s: got %v, %v", uri, got, err)
		}
	}
	_, err := s.tellsOf(t.Context(), "text://closed")
	if !errors.Is(err, &Error{Kind: KindProtocol, Code: CodeInvalidParams}) {
		t.Errorf("got %v", err)
	}
}
