package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Tools that ask the user or the model of a client, in one round: with a form of
// their own, with defaults, with all kinds of choices.

type (
	prompted struct {
		Prompt string `json:"prompt"`
	}
	messaged struct {
		Message string `json:"message"`
	}
	user struct {
		Username string `json:"username" doc:"User's response"`
		Email    string `json:"email" doc:"User's email address"`
	}
	profile struct {
		Name     string  `json:"name" default:"John Doe"`
		Age      int     `json:"age" default:"30"`
		Score    float64 `json:"score" default:"95.5"`
		Status   string  `json:"status" enum:"active,inactive,pending" default:"active"`
		Verified bool    `json:"verified" default:"true"`
	}
)

// choices are all kinds of choices that there are.
const choices = `{"type":"object","properties":{` +
	`"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},` +
	`"titledSingle":{"type":"string","oneOf":` + titled + `},` +
	`"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},` +
	`"untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},` +
	`"titledMulti":{"type":"array","items":{"anyOf":` + titled + `}}}}`

const titled = `[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},` +
	`{"const":"value3","title":"Third Option"}]`

// said is a question to the model, in one message of the user.
func said(words string, maxTokens int64) isogloss.Question[*protocol.CreateMessageResult] {
	message := protocol.SamplingMessage{Role: protocol.RoleUser, Content: &protocol.TextContent{Text: words}}
	return isogloss.Sample(protocol.CreateMessageRequestParams{MaxTokens: maxTokens, Messages: []protocol.SamplingMessage{message}})
}

// askModel asks the model; its answer has to be a text.
func askModel(ctx context.Context, question isogloss.Question[*protocol.CreateMessageResult]) (string, error) {
	answer, err := isogloss.Ask(ctx, question)
	if err != nil {
		return "", err
	}
	words, ok := answer.Content.(*protocol.TextContent)
	if !ok {
		return "", fmt.Errorf("the model answered with something else than text: %T", answer.Content)
	}
	return words.Text, nil
}

// told is what became of a question to the user.
func told(answer any, err error) (string, error) {
	for action, is := range map[string]error{"decline": isogloss.ErrDeclined, "cancel": isogloss.ErrDismissed} {
		if errors.Is(err, is) {
			return "action=" + action + ", content=null", nil
		}
	}
	if err != nil {
		return "", err
	}
	shown, err := json.Marshal(answer)
	return "action=accept, content=" + string(shown), err
}

func offerQuestions(s *isogloss.Server) {
	isogloss.Tool(s, "test_sampling", "Asks the client's model.", func(ctx context.Context, in prompted) (content, error) {
		words, err := askModel(ctx, said(in.Prompt, 100))
		return content{text("LLM response: " + words)}, err
	})
	isogloss.Tool(s, "test_elicitation", "Asks the user.", func(ctx context.Context, in messaged) (content, error) {
		answer, err := told(isogloss.Ask(ctx, isogloss.Form[user](in.Message)))
		return content{text("User response: " + answer)}, err
	})
	plainly(s, "test_elicitation_sep1034_defaults", "Asks with defaults.", func(ctx context.Context) (content, error) {
		answer, err := told(isogloss.Ask(ctx, isogloss.Form[profile]("Your profile, please; all of it has a default.")))
		return content{text("Elicitation completed: " + answer)}, err
	})
	plainly(s, "test_elicitation_sep1330_enums", "Asks for choices.", func(ctx context.Context) (content, error) {
		question := &protocol.ElicitRequestFormParams{Message: "Choose, please.", Mode: "form"}
		if err := question.RequestedSchema.UnmarshalJSON([]byte(choices)); err != nil {
			return nil, err
		}
		answer, err := isogloss.Ask(ctx, isogloss.Elicit(question))
		if err != nil {
			return nil, err
		}
		shown, err := answer.MarshalJSON()
		return content{text("Elicitation completed: " + string(shown))}, err
	})
}
