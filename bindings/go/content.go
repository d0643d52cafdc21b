package isogloss

import (
	"encoding/base64"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What tools, prompts and resources are made of: blocks of content for the model,
// messages, and contents at addresses. The types are the protocol's own; whatever
// these functions do not say is said by making one of those.

// Text is a block of text.
func Text(text string) protocol.ContentBlock { return &protocol.TextContent{Text: text} }

// Image is an image, from its bytes.
func Image(bytes []byte, mimeType string) protocol.ContentBlock {
	return &protocol.ImageContent{Data: base64.StdEncoding.EncodeToString(bytes), MIMEType: mimeType}
}

// Audio is a sound, from its bytes.
func Audio(bytes []byte, mimeType string) protocol.ContentBlock {
	return &protocol.AudioContent{Data: base64.StdEncoding.EncodeToString(bytes), MIMEType: mimeType}
}

// Embedded is what a resource holds, within what is said.
func Embedded(contents protocol.AnyResourceContents) protocol.ContentBlock {
	return &protocol.EmbeddedResource{Resource: contents}
}

// Link is a resource that can be read, without its contents.
func Link(uri, name string) protocol.ContentBlock {
	return &protocol.ResourceLink{URI: uri, Name: name}
}

// TextContents is text at an address.
func TextContents(uri, mimeType, text string) protocol.AnyResourceContents {
	return &protocol.TextResourceContents{URI: uri, MIMEType: &mimeType, Text: text}
}

// BlobContents is bytes at an address.
func BlobContents(uri, mimeType string, bytes []byte) protocol.AnyResourceContents {
	return &protocol.BlobResourceContents{URI: uri, MIMEType: &mimeType, Blob: base64.StdEncoding.EncodeToString(bytes)}
}

// User is a message of the user.
func User(said protocol.ContentBlock) protocol.PromptMessage {
	return protocol.PromptMessage{Role: protocol.RoleUser, Content: said}
}

// Assistant is a message of the model.
func Assistant(said protocol.ContentBlock) protocol.PromptMessage {
	return protocol.PromptMessage{Role: protocol.RoleAssistant, Content: said}
}
