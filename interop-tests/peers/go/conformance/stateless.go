package conformance

import (
	"context"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Tools for what each modern request says by itself: capabilities, the level of the
// log, headers; and for lists that change while clients listen.

// place is where, also in a header.
type place struct {
	Region string `json:"region" doc:"Where." default:"nowhere" header:"Region"`
}

func offerStateless(s *isogloss.Server) {
	plainly(s, "test_missing_capability", "Needs the client's model.", func(ctx context.Context) (content, error) {
		_, err := askModel(ctx, said("Say something", 10))
		return content{text("The client has a model.")}, err
	})
	plainly(s, "test_streaming_elicitation", "Asks the user.", func(ctx context.Context) (content, error) {
		answer, err := isogloss.Ask(ctx, isogloss.Form[agreed]("Shall it go on?").WithKey("go_on"))
		if answer.OK {
			return content{text("It shall go on.")}, err
		}
		return content{text("It shall not go on.")}, err
	})
	plainly(s, "test_logging_tool", "Logs for whoever asked for it.", func(ctx context.Context) (content, error) {
		err := isogloss.FromContext(ctx).Log(ctx, protocol.LoggingLevelInfo, "", "for whoever asked for it")
		return content{text("The log was written, if anybody asked for it.")}, err
	})
	plainly(s, "test_trigger_tool_change", "Offers a tool anew.", func(context.Context) (content, error) {
		s.RemoveTool("test_simple_text")
		offerSimpleText(s)
		return content{text("The list of tools has changed.")}, nil
	})
	plainly(s, "test_trigger_prompt_change", "Offers a prompt anew.", func(context.Context) (content, error) {
		s.RemovePrompt("test_simple_prompt")
		offerSimplePrompt(s)
		return content{text("The list of prompts has changed.")}, nil
	})
	isogloss.Tool(s, "test_x_mcp_header", "Has an argument that is also a header.", func(_ context.Context, in place) (content, error) {
		return content{text("The region is " + in.Region + ".")}, nil
	})
}
