package isogloss

import (
	"context"
	"errors"
)

// Tools that want a yes: the user is asked before one runs, in both eras, and
// nothing but a yes is one.

// confirmation is the form; its key is that of the question, too.
type confirmation struct {
	Confirm bool `json:"confirm" doc:"Whether to go on."`
}

var errNotConfirmed = errors.New("the user did not confirm this; nothing was done")

// confirmed has a tool run once the user has confirmed it. Its arguments are right
// by then: nobody is asked about a call that would not run.
func confirmed[In, Out any](question string, run func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	form := Form[confirmation](question).WithKey("confirm")
	return func(ctx context.Context, in In) (none Out, err error) {
		answer, err := Ask(ctx, form)
		switch {
		case errors.Is(err, ErrDeclined), errors.Is(err, ErrDismissed), err == nil && !answer.Confirm:
			return none, errNotConfirmed
		case err != nil:
			return none, err
		}
		return run(ctx, in)
	}
}
