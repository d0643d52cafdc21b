package isogloss

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Who may ask: the guard's place between where a request comes from and what it
// says. What credentials are worth is for the guard to know.

// enter lets a request in, and says who asks: the names under which it comes, then
// a browser's question before a page's, then the guard. It returns nothing if the
// request is answered with that.
func (h *httpService) enter(w http.ResponseWriter, r *http.Request, methods string, guard Guard) (*http.Request, error) {
	listed, err := h.admit(r)
	expose(w.Header(), listed)
	if err != nil {
		return nil, err
	}
	if done, err := preflight(w, r, methods, listed); done || err != nil {
		return nil, err
	}
	if guard == nil {
		return r, nil
	}
	claims, err := guard.Admit(r)
	if err != nil {
		return nil, err
	}
	return r.WithContext(WithClaims(r.Context(), claims)), nil
}

// fail answers a request with what is wrong with it.
func (h *httpService) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *refusal
	var lacking *InsufficientScope
	if errors.As(err, &lacking) {
		err = h.lacks(r, lacking)
	}
	var denied *Denied
	switch {
	case errors.As(err, &denied):
		for name, values := range denied.Header {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
		refused = &refusal{status: cmp.Or(denied.Status, http.StatusForbidden), text: denied.Body, failure: ProtocolError(CodeInvalidRequest, denied.Message)}
	case !errors.As(err, &refused):
		h.modern.session.log.Error("a request of HTTP failed", "error", err)
		refused = &refusal{status: http.StatusInternalServerError, failure: ProtocolError(CodeInternalError, "internal error")}
	}
	patience := h.options.WriteTimeout
	if refused.close {
		drop(w, linger)
	} else {
		drop(w, protocol.BodyTimeout)
		patience += protocol.BodyTimeout
	}
	refused.write(w, patience)
}

// lacks is the answer to somebody whose credentials are good for too little.
func (h *httpService) lacks(r *http.Request, lacking *InsufficientScope) error {
	if h.options.Guard != nil {
		if denied := h.options.Guard.Lacks(r, lacking.Scopes); denied != nil {
			return denied
		}
	}
	return refuse(http.StatusForbidden, lacking.Error())
}

// denier is a way that can answer with a status of HTTP.
type denier interface {
	// deny reports whether it does, instead of an answer.
	deny(lacking *InsufficientScope) bool
}

// denied has a request be answered with what it lacks, where its way can say so.
func denied(over way, failure *Error) bool {
	var lacking *InsufficientScope
	way, can := over.(denier)
	return can && errors.As(failure, &lacking) && way.deny(lacking)
}
