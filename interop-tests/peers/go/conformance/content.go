package conformance

import (
	"context"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Tools that give every kind of content, and an error.

func text(words string) protocol.ContentBlock { return &protocol.TextContent{Text: words} }

func image() protocol.ContentBlock {
	return &protocol.ImageContent{Data: png, MIMEType: "image/png"}
}

func embedded(uri, mimeType, words string) protocol.ContentBlock {
	return &protocol.EmbeddedResource{Resource: &protocol.TextResourceContents{URI: uri, MIMEType: &mimeType, Text: words}}
}

// offerSimpleText offers the simplest of them, which is also offered anew.
func offerSimpleText(s *isogloss.Server) {
	plainly(s, "test_simple_text", "Gives a text.", func(context.Context) (content, error) {
		return content{text("This is a simple text response for testing.")}, nil
	})
}

func offerContent(s *isogloss.Server) {
	offerSimpleText(s)
	plainly(s, "test_image_content", "Gives an image.", func(context.Context) (content, error) {
		return content{image()}, nil
	})
	plainly(s, "test_audio_content", "Gives a sound.", func(context.Context) (content, error) {
		return content{&protocol.AudioContent{Data: wav(), MIMEType: "audio/wav"}}, nil
	})
	plainly(s, "test_embedded_resource", "Gives a resource.", func(context.Context) (content, error) {
		return content{embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")}, nil
	})
	plainly(s, "test_multiple_content_types", "Gives a text, an image and a resource.", func(context.Context) (content, error) {
		data := embedded("test://mixed-content-resource", "application/json", `{"test":"data","value":123}`)
		return content{text("Multiple content types test:"), image(), data}, nil
	})
	isogloss.Tool(s, "test_error_handling", "Always fails.", func(context.Context, none) (*protocol.CallToolResult, error) {
		failed := true
		return &protocol.CallToolResult{
			IsError: &failed,
			Content: content{text("This tool intentionally returns an error for testing")},
		}, nil
	})
	isogloss.RawTool(s, "json_schema_2020_12_tool", "Has a schema with keywords that only JSON Schema 2020-12 has.", wire.Raw(contact),
		func(context.Context, wire.Raw) (content, error) {
			return content{text("The arguments are as the schema says.")}, nil
		})
}

const contact = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"type": "object",
	"$defs": {
		"address": {
			"$anchor": "addressDef",
			"type": "object",
			"properties": {"street": {"type": "string"}, "city": {"type": "string"}}
		}
	},
	"properties": {
		"name": {"type": "string"},
		"address": {"$ref": "#/$defs/address"},
		"contactMethod": {"type": "string", "enum": ["phone", "email"]},
		"phone": {"type": "string"},
		"email": {"type": "string"}
	},
	"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
	"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
	"then": {"required": ["phone"]},
	"else": {"required": ["email"]},
	"additionalProperties": false
}`
