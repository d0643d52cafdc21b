package isogloss

import (
	"context"
	"fmt"
	"iter"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Lists that come in pages: a page is asked for when it is needed.

// Tools goes through all tools of the server, page by page.
func (c *Client) Tools(ctx context.Context) iter.Seq2[protocol.Tool, error] {
	return pages(func(cursor *string) ([]protocol.Tool, *string, error) {
		result, err := protocol.ListTools(ctx, c, &protocol.PaginatedRequestParams{Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return result.Tools, result.NextCursor, nil
	})
}

// Resources goes through all resources of the server, page by page.
func (c *Client) Resources(ctx context.Context) iter.Seq2[protocol.Resource, error] {
	return pages(func(cursor *string) ([]protocol.Resource, *string, error) {
		result, err := protocol.ListResources(ctx, c, &protocol.PaginatedRequestParams{Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return result.Resources, result.NextCursor, nil
	})
}

// ResourceTemplates goes through all resource templates of the server, page by page.
func (c *Client) ResourceTemplates(ctx context.Context) iter.Seq2[protocol.ResourceTemplate, error] {
	return pages(func(cursor *string) ([]protocol.ResourceTemplate, *string, error) {
		result, err := protocol.ListResourceTemplates(ctx, c, &protocol.PaginatedRequestParams{Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return result.ResourceTemplates, result.NextCursor, nil
	})
}

// Prompts goes through all prompts of the server, page by page.
func (c *Client) Prompts(ctx context.Context) iter.Seq2[protocol.Prompt, error] {
	return pages(func(cursor *string) ([]protocol.Prompt, *string, error) {
		result, err := protocol.ListPrompts(ctx, c, &protocol.PaginatedRequestParams{Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return result.Prompts, result.NextCursor, nil
	})
}

// pages goes through a list. An error ends it, and so does a cursor that leads
// nowhere new.
func pages[T any](page func(cursor *string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var cursor *string
		for range protocol.MaxPages {
			items, next, err := page(cursor)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == nil || (cursor != nil && *next == *cursor) {
				return
			}
			cursor = next
		}
		what := fmt.Sprintf("the list has more pages than the limit of %d (max_pages)", protocol.MaxPages)
		yield(none, &Error{Kind: KindDecode, Message: what})
	}
}

// Collect takes all items of a list; at an error those before it.
func Collect[T any](list iter.Seq2[T, error]) (items []T, err error) {
	for item, err := range list {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}
