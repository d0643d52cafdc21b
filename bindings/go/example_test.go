package isogloss_test

import (
	"context"
	"fmt"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

func Example() {
	type in struct {
		City string `json:"city" doc:"City to look up."`
		Days int    `json:"days" doc:"Days ahead." min:"1" max:"10" default:"1"`
	}
	type forecast struct {
		Summary string `json:"summary"`
	}
	s := isogloss.New("weather", "1.0.0")
	isogloss.Tool(s, "get_forecast", "Forecast for a city.", func(_ context.Context, in in) (forecast, error) {
		return forecast{fmt.Sprintf("%s: sunny for %d days", in.City, in.Days)}, nil
	})

	// A server of the same process; isogloss.Command starts one as a process.
	ctx := context.Background()
	client, err := isogloss.Connect(ctx, s, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()
	for _, arguments := range []any{in{City: "Oslo", Days: 3}, map[string]any{"town": "Oslo"}} {
		result, err := client.CallTool(ctx, "get_forecast", arguments, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		answer, err := isogloss.Result[forecast](result)
		fmt.Println(client.Revision(), answer.Summary, err)
	}
	// Output:
	// 2026-07-28 Oslo: sunny for 3 days <nil>
	// 2026-07-28  town: unknown argument
	// city: required member is missing
}
