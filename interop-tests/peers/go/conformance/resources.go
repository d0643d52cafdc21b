package conformance

import (
	"context"
	"encoding/base64"
	"encoding/json"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// Resources: text, bytes, a template, and one to be watched.

type byID struct {
	ID string `json:"id"`
}

func offerResources(s *isogloss.Server) {
	offer := func(name, doc, words string) {
		isogloss.ResourceWith(s, "test://"+name, doc, &isogloss.ResourceOptions{Name: name},
			func(context.Context, none) (string, error) { return words, nil })
	}
	offer("static-text", "A text that stays as it is.", "This is the content of the static text resource.")
	isogloss.ResourceWith(s, "test://static-binary", "An image that stays as it is.",
		&isogloss.ResourceOptions{Name: "static-binary", MIMEType: "image/png"},
		func(context.Context, none) ([]byte, error) { return base64.StdEncoding.DecodeString(png) })
	offer("watched-resource", "One to be watched.", "Watched resource content")
	isogloss.ResourceWith(s, "test://template/{id}/data", "Data by their id.",
		&isogloss.ResourceOptions{Name: "template", MIMEType: "application/json"},
		func(_ context.Context, in byID) (string, error) {
			data, err := json.Marshal(map[string]any{"id": in.ID, "templateTest": true, "data": "Data for ID: " + in.ID})
			return string(data), err
		})
}
