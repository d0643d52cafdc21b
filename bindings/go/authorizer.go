package isogloss

import (
	"context"
	"net/http"
)

// Authorizer gives the requests of an HTTP client their credentials. Package oauth
// has one. It is used by several goroutines.
type Authorizer interface {
	// Authorize puts credentials on a request, if it has any for its address. Its
	// time is not the call's: a user may be logging in. The error fails the call.
	Authorize(ctx context.Context, request *http.Request) error
	// Answered hears every response's head, and says whether the request is to be
	// sent again, with what Authorize then puts on it.
	Answered(ctx context.Context, request *http.Request, response *http.Response) (again bool, err error)
}
