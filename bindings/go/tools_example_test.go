package isogloss_test

import (
	"context"
	"fmt"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The tags of a struct are in the schema that a model is shown, and enforced. What is
// wrong with a call is told all at once.
func ExampleTool_tags() {
	type booking struct {
		City   string   `json:"city" doc:"Where to." min:"1" max:"80" example:"Ulm"`
		Nights int      `json:"nights" min:"1" max:"30" default:"1"`
		Class  string   `json:"class,omitempty" enum:"first,second"`
		Guests []string `json:"guests" pattern:"^[A-Z]" min:"1" max:"4" unique:"true"`
		Price  *float64 `json:"price" above:"0" multipleOf:"0.01"`
		When   string   `json:"when,omitempty" format:"date"`
		Region string   `json:"region,omitempty" header:"Region"`
	}
	s := isogloss.New("hotels", "1.0.0")
	isogloss.Tool(s, "book", "Books a room.", func(_ context.Context, b booking) (string, error) {
		return fmt.Sprintf("%s, %d night for %v", b.City, b.Nights, b.Guests), nil
	})

	ctx := context.Background()
	client, err := isogloss.Connect(ctx, s, nil)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	for _, arguments := range []string{
		`{"city":"Ulm","guests":["Ada"]}`,
		`{"city":"","nigths":2,"guests":["Ada","bob","Ada"],"price":0.005,"when":"2027-02-29"}`,
	} {
		result, err := client.CallTool(ctx, "book", wire.Raw(arguments), nil)
		if err != nil {
			panic(err)
		}
		fmt.Println(isogloss.TextOf(result))
	}
	// Output:
	// {"result":"Ulm, 1 night for [Ada]"}
	// city: must have at least 1 characters
	// nigths: unknown argument, did you mean "nights"?
	// guests[1]: must match the pattern "^[A-Z]"
	// guests[2]: must differ from the items before it
	// price: must be a multiple of 0.01
	// when: must have the format date
}

// A JSON Schema can be written by hand, for the arguments and for the results.
func ExampleRawTool() {
	const schema = `{
		"type": "object",
		"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
		"oneOf": [{"required": ["a"]}, {"required": ["b"]}]
	}`
	s := isogloss.New("either", "1.0.0")
	isogloss.RawTool(s, "echo", "Gives one of two back.", wire.Raw(schema), func(_ context.Context, given wire.Raw) (wire.Raw, error) {
		return given, nil
	})

	ctx := context.Background()
	client, err := isogloss.Connect(ctx, s, nil)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	for _, arguments := range []string{`{"a":2.0}`, `{"a":1,"b":2}`} {
		result, err := client.CallTool(ctx, "echo", wire.Raw(arguments), nil)
		if err != nil {
			panic(err)
		}
		fmt.Println(isogloss.TextOf(result))
	}
	// Output:
	// {"a":2}
	// fits 2 of the alternatives, expected just one
}
