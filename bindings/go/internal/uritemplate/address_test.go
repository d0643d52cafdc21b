package uritemplate_test

import (
	"net/url"
	"strings"
	"testing"
	"testing/quick"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/uritemplate"
)

func TestWhatNeedsNoEncodingIsDecodedAndWhatCannotBeThereIsEncoded(t *testing.T) {
	for address, want := range map[string]string{
		"text://a-b_c.d~e/f?g#h": "text://a-b_c.d~e/f?g#h",
		"text://café":            "text://caf%C3%A9",
		"text://caf%c3%a9":       "text://caf%C3%A9",
		"text://%61%2f%2D":       "text://a%2F-",
		`text://a b"<>`:          "text://a%20b%22%3C%3E",
		"text://😀":               "text://%F0%9F%98%80",
	} {
		if got, ok := uritemplate.Settled(address); !ok || got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
	for _, wrong := range []string{"text://100%", "text://%4", "text://%4g", "text://\xff"} {
		if got, ok := uritemplate.Settled(wrong); ok {
			t.Errorf("%q was settled as %s", wrong, got)
		}
	}
}

func TestSettledAddressStaysAsItIs(t *testing.T) {
	stays := func(text string) bool {
		for _, address := range []string{text, strings.ToValidUTF8(text, "?"), url.PathEscape(text)} {
			once, ok := uritemplate.Settled(address)
			if twice, still := uritemplate.Settled(once); ok && (!still || twice != once) {
				return false
			}
		}
		return true
	}
	if err := quick.Check(stays, nil); err != nil {
		t.Error(err)
	}
}

func TestEncodedAddressIsTheOneThatItWas(t *testing.T) {
	same := func(text string) bool {
		text = strings.ToValidUTF8(text, "?")
		one, _ := uritemplate.Settled(url.PathEscape(text))
		// PathEscape encodes reserved letters, too, and those mean something else then.
		other, _ := uritemplate.Settled(strings.NewReplacer("%", "%25", "/", "%2F", "?", "%3F", "#", "%23", "[", "%5B", "]", "%5D",
			"!", "%21", "'", "%27", "(", "%28", ")", "%29", "*", "%2A", ",", "%2C", ";", "%3B").Replace(text))
		return one == other
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}
