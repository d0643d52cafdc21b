package isogloss

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The envelope: one JSON text to a request, a notification, a response, or
// something invalid, and back. Params and results stay raw.

// messageKind is what a message turned out to be.
type messageKind uint8

const (
	invalidMessage messageKind = iota
	requestMessage
	notificationMessage
	responseMessage
	// invalidResponse is reported and never answered.
	invalidResponse
)

// message is a parsed envelope. What is raw shares the memory of its text.
type message struct {
	kind   messageKind
	id     wire.Raw // as it came; nil if there is none
	method string
	params wire.Raw
	result wire.Raw
	// failure is a response's error, or what is wrong with an invalid message.
	failure *Error
}

// envelope is what the members of a message are, before they are judged.
type envelope struct {
	version, id, method, params, result, failure wire.Raw
}

func readEnvelope(d *wire.Decoder) (e envelope) {
	for d.BeginObject(); d.NextMember(); {
		var member *wire.Raw
		switch string(d.Name()) {
		case "jsonrpc":
			member = &e.version
		case "id":
			member = &e.id
		case "method":
			member = &e.method
		case "params":
			member = &e.params
		case "result":
			member = &e.result
		case "error":
			member = &e.failure
		default:
			d.Raw()
			continue
		}
		*member = d.Raw()
	}
	return e
}

// parseMessage never fails: what is no message is an invalid one, with its id
// where there is one to be read.
func parseMessage(text []byte) message {
	e, err := wire.Decode(text, wire.Always, readEnvelope)
	if err != nil {
		return unreadable(text, err)
	}
	m := message{id: e.id, params: e.params, result: e.result}
	if e.method == nil && (e.result != nil || e.failure != nil) {
		return response(m, e)
	}
	var wrong string
	if m.id, wrong = readID(e.id); wrong != "" {
		return invalid(m, "id: "+wrong)
	}
	switch {
	case string(e.version) != `"2.0"`:
		return invalid(m, `jsonrpc: expected "2.0"`)
	case e.method == nil:
		return invalid(m, "method: required member is missing")
	case e.method.Kind() != wire.KindString:
		return invalid(m, "method: expected string, found "+e.method.Kind().String())
	case e.params != nil && e.params.Kind() != wire.KindObject:
		return invalid(m, "params: expected object, found "+e.params.Kind().String())
	}
	m.method = methodOf(e.method)
	m.kind = requestMessage
	if e.id == nil {
		m.kind = notificationMessage
	}
	return m
}

func unreadable(text []byte, err error) message {
	var wrong *wire.Error
	code := int64(CodeInvalidRequest)
	if errors.As(err, &wrong) && wrong.Path == "" && strings.HasPrefix(wrong.Message, "invalid JSON") {
		code = CodeParseError
	}
	m := message{failure: ProtocolError(code, err.Error())}
	if code != CodeParseError {
		m.id = idIn(text)
	}
	return m
}

func invalid(m message, what string) message {
	m.kind = invalidMessage
	m.failure = ProtocolError(CodeInvalidRequest, what)
	return m
}

func response(m message, e envelope) message {
	m.kind = invalidResponse
	switch {
	case e.result != nil && e.failure != nil:
		m.failure = ProtocolError(CodeInvalidRequest, "a response with both a result and an error")
	case string(e.version) != `"2.0"`:
		m.failure = ProtocolError(CodeInvalidRequest, `jsonrpc: expected "2.0"`)
	case e.failure != nil:
		failure, err := wire.Decode(e.failure, wire.Always, readFailure)
		if err != nil {
			m.failure = ProtocolError(CodeInvalidRequest, "error: "+err.Error())
			return m
		}
		m.kind = responseMessage
		m.failure = failure
	default:
		m.kind = responseMessage
	}
	return m
}

func readFailure(d *wire.Decoder) *Error {
	failure := &Error{Kind: KindProtocol}
	var seen uint64
	at := d.BeginObject()
	for d.NextMember() {
		switch string(d.Name()) {
		case "code":
			seen |= 1
			failure.Code = d.Int()
		case "message":
			seen |= 2
			failure.Message = d.String()
		case "data":
			failure.Data = d.Raw()
		default:
			d.Raw()
		}
	}
	if seen != 3 {
		d.Missing(at, seen, "code", "message")
	}
	return failure
}

// methodOf is a method's name; of those that there are, without making a string.
func methodOf(raw wire.Raw) string {
	if known, ok := methodNames[string(raw)]; ok {
		return known
	}
	name, _ := raw.Text()
	return name
}

// methodNames are the names by their JSON.
var methodNames = func() map[string]string {
	names := map[string]string{}
	for _, method := range protocol.Methods() {
		names[`"`+method.Name+`"`] = method.Name
	}
	return names
}()

// readID returns an id in the spelling in which it is answered, or what is wrong
// with it: a number that is no integer of 64 bits, nor any that a double holds,
// would answer nobody.
func readID(raw wire.Raw) (id wire.Raw, wrong string) {
	switch {
	case raw == nil || isPlain(raw):
		return raw, ""
	case raw.Kind() == wire.KindString:
		return raw, ""
	case raw.Kind() != wire.KindNumber:
		return nil, "expected string or number, found " + raw.Kind().String()
	}
	integer, whole := int64(0), false
	number, err := wire.Decode(raw, wire.Always, func(d *wire.Decoder) (number float64) {
		integer, number, whole = d.IntOrNumber()
		return number
	})
	switch {
	case whole:
		return strconv.AppendInt(nil, integer, 10), ""
	case err != nil || number == math.Trunc(number):
		return nil, "integer out of range"
	}
	return wire.AppendNumber(nil, number), ""
}

// idIn is the id of a message of which only this can be read; nil if it has none.
func idIn(text wire.Raw) wire.Raw {
	raw, _ := text.Get("id")
	id, _ := readID(raw)
	return id
}

// whose is the id of a message that was left out, nil if it cannot be read, and
// whether the message is a request.
func whose(long *TooLong) (id wire.Raw, isRequest bool) {
	begins := wire.Raw(long.Start)
	_, isRequest = begins.Get("method")
	id, known := begins.Get("id")
	if known {
		return id, isRequest
	}
	rest := endingOf(long.End)
	return rest.id, isRequest || rest.method != nil
}

// endingOf is what the end of a message says from its id on. In JSON an `"id"` right
// after a comma is a name, for within a string a backslash is before each quotation
// mark; and if with it the rest of one object begins, with nothing after it, then of
// the outermost.
func endingOf(text []byte) envelope {
	name := []byte(`"id"`)
	for at := bytes.LastIndex(text, name); at >= 0; at = bytes.LastIndex(text[:at], name) {
		if !bytes.HasSuffix(bytes.TrimRight(text[:at], " \t\r\n"), []byte{','}) {
			continue
		}
		rest := append([]byte{'{'}, text[at:]...)
		if e, err := wire.Decode(rest, wire.Always, readEnvelope); err == nil {
			return e
		}
	}
	return envelope{}
}

// isPlain reports whether an id is a number in its usual spelling.
func isPlain(raw wire.Raw) bool {
	if len(raw) == 0 || len(raw) > 15 || len(raw) > 1 && raw[0] == '0' {
		return false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// isID reports whether a value can be an id.
func isID(raw wire.Raw) bool {
	id, wrong := readID(raw)
	return id != nil && wrong == ""
}

// idKey is an id in one spelling, to find what it belongs to.
func idKey(raw wire.Raw) string {
	if raw.Kind() == wire.KindString {
		text, _ := raw.Text()
		return "s" + text
	}
	if isPlain(raw) {
		return string(raw)
	}
	n, err := wire.Decode(raw, wire.Always, (*wire.Decoder).Int)
	if err != nil {
		return string(raw)
	}
	return strconv.FormatInt(n, 10)
}

// The texts around what a message carries.

func appendRequest(dst []byte, id int64, method string) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	dst = strconv.AppendInt(dst, id, 10)
	return appendMethod(append(dst, ','), method)
}

func appendNotification(dst []byte, method string) []byte {
	return appendMethod(append(dst, `{"jsonrpc":"2.0",`...), method)
}

func appendMethod(dst []byte, method string) []byte {
	dst = append(dst, `"method":`...)
	return append(wire.AppendString(dst, method), `,"params":`...)
}

func appendResult(dst []byte, id wire.Raw) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	dst = append(dst, id...)
	return append(dst, `,"result":`...)
}

// appendFailure writes a whole error response; an id that could not be read is null.
func appendFailure(dst []byte, id wire.Raw, failure *Error) []byte {
	if id == nil {
		id = wire.Raw("null")
	}
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	dst = append(dst, id...)
	return appendError(append(dst, ','), failure)
}

// appendUnidentified is the error response to what could not be read as a request:
// over HTTP it has no id at all.
func appendUnidentified(dst []byte, failure *Error) []byte {
	return appendError(append(dst, `{"jsonrpc":"2.0",`...), failure)
}

// cut is as much of an error's text as is sent: errors like to say what they were
// given.
func cut(text string) string {
	if len(text) <= protocol.MaxErrorText {
		return text
	}
	end := protocol.MaxErrorText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

func appendError(dst []byte, failure *Error) []byte {
	dst = append(dst, `"error":{"code":`...)
	dst = strconv.AppendInt(dst, failure.Code, 10)
	dst = append(dst, `,"message":`...)
	dst = wire.AppendString(dst, cut(failure.Message))
	if data, err := wire.AppendRaw(nil, failure.Data); err == nil {
		dst = append(dst, `,"data":`...)
		dst = append(dst, data...)
	}
	return append(dst, "}}"...)
}
