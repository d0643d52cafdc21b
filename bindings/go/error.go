package isogloss

import (
	"errors"
	"fmt"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// ErrorKind tells what went wrong.
type ErrorKind uint8

// The kinds of errors.
const (
	// KindProtocol is a JSON-RPC error: the other side's, or one that a handler
	// returns to have it sent.
	KindProtocol ErrorKind = iota + 1
	// KindDecode is a message that is not what it should be.
	KindDecode
	// KindEncode is a value that the revision cannot express.
	KindEncode
	// KindTimeout is an answer that did not come in time.
	KindTimeout
	// KindClosed is a connection that has ended.
	KindClosed
	// KindNegotiation is two sides without a revision in common.
	KindNegotiation
	// KindUnreachable is a server to which there was no connection: nothing was sent.
	KindUnreachable
	// KindHTTP is an HTTP server that answered with a status that says no. Below 500
	// it did not do what it was asked for; from 500 on it may have begun to.
	KindHTTP
	// KindAuthorization is a server that asks for credentials that are not to be had.
	KindAuthorization
	// KindOutcomeUnknown is a request that was sent, or may have been, and of which
	// nothing says what became of it: the server may have done what it was asked for.
	// Whether to ask again is for the caller to judge.
	KindOutcomeUnknown
)

// For errors.Is: any error of the kind.
var (
	ErrProtocol       = &Error{Kind: KindProtocol}
	ErrDecode         = &Error{Kind: KindDecode}
	ErrEncode         = &Error{Kind: KindEncode}
	ErrTimeout        = &Error{Kind: KindTimeout}
	ErrClosed         = &Error{Kind: KindClosed}
	ErrNegotiation    = &Error{Kind: KindNegotiation}
	ErrUnreachable    = &Error{Kind: KindUnreachable}
	ErrHTTP           = &Error{Kind: KindHTTP}
	ErrAuthorization  = &Error{Kind: KindAuthorization}
	ErrOutcomeUnknown = &Error{Kind: KindOutcomeUnknown}
)

// The codes of JSON-RPC and of this protocol.
const (
	CodeParseError         = -32700
	CodeInvalidRequest     = -32600
	CodeMethodNotFound     = -32601
	CodeInvalidParams      = -32602
	CodeInternalError      = -32603
	CodeResourceNotFound   = -32002 // legacy revisions
	CodeHeaderMismatch     = -32020
	CodeMissingCapability  = -32021
	CodeUnsupportedVersion = -32022
)

// Error is the error type of this package.
type Error struct {
	Kind    ErrorKind
	Message string
	// Code and Data are those of a JSON-RPC error.
	Code int64
	Data wire.Raw
	// Status is that of an HTTP response.
	Status int
	// Err is what it came from, if anything.
	Err error
}

// Error says what happened.
func (e *Error) Error() string {
	switch {
	case e.Kind == KindProtocol:
		return fmt.Sprintf("%s (%d)", e.Message, e.Code)
	case e.Kind == KindOutcomeUnknown && e.Err != nil:
		return e.Err.Error() + ": " + e.Message
	case e.Err != nil && e.Message != "":
		return e.Message + ": " + e.Err.Error()
	case e.Err != nil:
		return e.Err.Error()
	}
	return e.Message
}

// Unwrap returns what the error came from.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the sentinel of the error's kind, or a protocol
// error with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Message == "" && (t.Code == 0 || t.Code == e.Code)
}

// ProtocolError returns an error that a handler can have sent as it is. Other
// errors of a handler tell the client nothing but that something failed, except
// a tool's, whose text is meant for the model.
func ProtocolError(code int64, message string) *Error {
	return &Error{Kind: KindProtocol, Code: code, Message: message}
}

func timeoutError(what string, after time.Duration) *Error {
	return &Error{Kind: KindTimeout, Message: fmt.Sprintf("no answer to %s within %s", what, after)}
}

// outcomeUnknown is what a call ends with that may have been carried out.
func outcomeUnknown(asked string, why error) *Error {
	return &Error{Kind: KindOutcomeUnknown, Message: "whether " + asked + " was carried out is not known", Err: why}
}

func decodeError(what string, err error) *Error {
	return &Error{Kind: KindDecode, Message: what, Err: err}
}

func encodeError(what string, err error) *Error {
	return &Error{Kind: KindEncode, Message: what, Err: err}
}

// answerable turns the error of a handler into what is sent. Whatever is not
// meant for the other side becomes `internal error`.
func answerable(method string, err error) *Error {
	var own *Error
	var wrong *wire.Error
	var lacking *InsufficientScope
	switch {
	case errors.As(err, &lacking):
		return &Error{Kind: KindProtocol, Code: CodeInvalidRequest, Message: lacking.Error(), Err: lacking}
	case errors.As(err, &own):
		if own.Kind == KindProtocol {
			return own
		}
	case errors.Is(err, protocol.ErrMethodNotFound):
		return ProtocolError(CodeMethodNotFound, "method not found: "+method)
	case errors.As(err, &wrong):
		return ProtocolError(CodeInvalidParams, wrong.Error())
	}
	return ProtocolError(CodeInternalError, "internal error")
}
