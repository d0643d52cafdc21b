package conformance

import (
	"context"
	"fmt"
	"strings"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Prompts: with arguments, a resource, an image, and one that asks first.

type (
	twoArguments struct {
		Arg1 string `json:"arg1" doc:"The first."`
		Arg2 string `json:"arg2" doc:"The second."`
	}
	addressed struct {
		ResourceURI string `json:"resourceUri" doc:"Its address."`
	}
	contextual struct {
		Context string `json:"context"`
	}
)

func fromUser(blocks ...protocol.ContentBlock) (messages []protocol.PromptMessage) {
	for _, block := range blocks {
		messages = append(messages, protocol.PromptMessage{Role: protocol.RoleUser, Content: block})
	}
	return messages
}

// offerSimplePrompt offers the simplest of them, which is also offered anew.
func offerSimplePrompt(s *isogloss.Server) {
	isogloss.Prompt(s, "test_simple_prompt", "A text.", func(context.Context, none) (string, error) {
		return "This is a simple prompt for testing.", nil
	})
}

func offerPrompts(s *isogloss.Server) {
	offerSimplePrompt(s)
	isogloss.Prompt(s, "test_prompt_with_arguments", "A text with arguments.", func(_ context.Context, in twoArguments) (string, error) {
		return fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", in.Arg1, in.Arg2), nil
	})
	s.CompletePrompt("test_prompt_with_arguments", "arg1", func(_ context.Context, value string, _ map[string]string) (found []string, err error) {
		for _, word := range []string{"test", "testing"} {
			if strings.HasPrefix(word, value) {
				found = append(found, word)
			}
		}
		return found, nil
	})
	isogloss.Prompt(s, "test_prompt_with_embedded_resource", "A text and a resource.", func(_ context.Context, in addressed) ([]protocol.PromptMessage, error) {
		resource := embedded(in.ResourceURI, "text/plain", "Embedded resource content for testing.")
		return fromUser(resource, text("Please process the embedded resource above.")), nil
	})
	isogloss.Prompt(s, "test_prompt_with_image", "A text and an image.", func(context.Context, none) ([]protocol.PromptMessage, error) {
		return fromUser(image(), text("Please analyze the image above.")), nil
	})
	isogloss.Prompt(s, "test_input_required_result_prompt", "Asks for its context.", func(ctx context.Context, _ none) (string, error) {
		answer, err := isogloss.Ask(ctx, isogloss.Form[contextual]("What context should the prompt use?").WithKey("user_context"))
		return "Use this context: " + answer.Context, err
	})
}
