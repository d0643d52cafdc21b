package isogloss

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// What HTTP repeats of a message in headers: their names, and the texts that
// their values stand for. Which headers a message needs is for others to see.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata

// The names of headers, as net/http spells them.
const (
	headerRevision  = "Mcp-Protocol-Version"
	headerMethod    = "Mcp-Method"
	headerName      = "Mcp-Name"
	headerSession   = "Mcp-Session-Id"
	headerLastEvent = "Last-Event-Id"
)

// decodeHeader returns the text that the value of a header stands for. Its error
// is to be read after the header's name.
func decodeHeader(value string) (string, error) {
	value = strings.Trim(value, " \t")
	for i := range len(value) {
		if c := value[i]; c != '\t' && (c < ' ' || c > '~') {
			return "", fmt.Errorf("byte %d is 0x%02x: expected visible ASCII, or Base64 as =?base64?…?=", i, c)
		}
	}
	encoded, ok := strings.CutPrefix(value, "=?base64?")
	if ok {
		encoded, ok = strings.CutSuffix(encoded, "?=")
	}
	if !ok {
		return value, nil
	}
	text, err := base64.StdEncoding.Strict().DecodeString(encoded)
	switch {
	case err != nil:
		return "", errors.New("wrong Base64: expected the standard alphabet with its padding")
	case !utf8.Valid(text):
		return "", errors.New("Base64 of what is not UTF-8")
	}
	return string(text), nil
}

// encodeHeader is a text as the value of a header: as it is, or in Base64 where a
// header could not carry it.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#value-encoding
func encodeHeader(text string) string {
	if strings.Trim(text, " ") == text && isVisible(text) {
		encoded, begins := strings.CutPrefix(text, "=?base64?")
		if !begins || !strings.HasSuffix(encoded, "?=") {
			return text
		}
	}
	return "=?base64?" + base64.StdEncoding.EncodeToString([]byte(text)) + "?="
}

// isVisible reports whether a text is visible ASCII and spaces.
func isVisible(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// isHeaderValue reports whether HTTP can carry a text as it is.
func isHeaderValue(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
