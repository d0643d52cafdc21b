package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// Tools that ask under a name, several things at once, and again and again: in the
// modern era each round is a request of its own.

type (
	named struct {
		Name string `json:"name"`
	}
	coloured struct {
		Color string `json:"color"`
	}
	agreed struct {
		OK bool `json:"ok"`
	}
)

var (
	nameOf  = isogloss.Form[named]("What is your name?")
	confirm = isogloss.Form[agreed]("Please confirm").WithKey("confirm")
	roots   = isogloss.Roots().WithKey("client_roots")
)

// confirmed leaves the state to the SDK, which refuses one that it did not seal.
func confirmed(ctx context.Context) (content, error) {
	answer, err := isogloss.Ask(ctx, confirm)
	if answer.OK {
		return content{text("state-ok: confirmed")}, err
	}
	return content{text("state-ok: not confirmed")}, err
}

func offerRounds(s *isogloss.Server) {
	offer := func(name, doc string, run func(context.Context) (content, error)) {
		plainly(s, "test_input_required_result_"+name, doc, run)
	}
	offer("elicitation", "Asks for a name.", func(ctx context.Context) (content, error) {
		user, err := isogloss.Ask(ctx, nameOf.WithKey("user_name"))
		return content{text("Hello, " + user.Name + "!")}, err
	})
	offer("sampling", "Asks the model.", func(ctx context.Context) (content, error) {
		words, err := askModel(ctx, said("What is the capital of France?", 100).WithKey("capital_question"))
		return content{text("The model says: " + words)}, err
	})
	offer("list_roots", "Asks for the roots.", func(ctx context.Context) (content, error) {
		found, err := isogloss.Ask(ctx, roots)
		var uris []string
		for _, root := range found {
			uris = append(uris, root.URI)
		}
		return content{text("The roots are " + strings.Join(uris, ", "))}, err
	})
	offer("request_state", "Asks, with a state.", confirmed)
	offer("tampered_state", "Asks, with a sealed state.", confirmed)
	offer("multiple_inputs", "Asks three things at once.", askThree)
	offer("multi_round", "Asks twice.", askTwice)
	offer("capabilities", "Asks whom it can.", askWhomItCan)
}

func askThree(ctx context.Context) (content, error) {
	user, noName := isogloss.Ask(ctx, nameOf.WithKey("user_name"))
	greeting, noGreeting := askModel(ctx, said("Generate a greeting", 50).WithKey("greeting"))
	found, noRoots := isogloss.Ask(ctx, roots)
	if err := errors.Join(noName, noGreeting, noRoots); err != nil {
		return nil, err
	}
	return content{text(fmt.Sprintf("%s %s, with %d roots", greeting, user.Name, len(found)))}, nil
}

func askTwice(ctx context.Context) (content, error) {
	user, err := isogloss.Ask(ctx, nameOf.WithKey("step1"))
	if err != nil {
		return nil, err
	}
	likes, err := isogloss.Ask(ctx, isogloss.Form[coloured]("What is your favorite color?").WithKey("step2"))
	return content{text(user.Name + " likes " + likes.Color + ".")}, err
}

func askWhomItCan(ctx context.Context) (content, error) {
	if isogloss.FromContext(ctx).ClientCapabilities().Elicitation != nil {
		user, err := isogloss.Ask(ctx, nameOf.WithKey("user_name"))
		return content{text("The user is " + user.Name + ".")}, err
	}
	name, err := askModel(ctx, said("Make up a name", 50).WithKey("made_up_name"))
	return content{text("The model made up " + name + ".")}, err
}
