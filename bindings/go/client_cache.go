package isogloss

import (
	"bytes"
	"container/list"
	"strings"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Results that their server lets a client keep: lists and reads, for as long as
// `ttlMs` says, and never longer than the server's news leaves them true.
// https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching
//
// What is kept belongs to one client alone, whatever `cacheScope` says: nothing is
// ever shown to another principal.

// Forget drops what is kept of the server's results, as is to be done where the
// client goes on for somebody else.
func (c *Client) Forget() { c.cache.heed(Change{Kind: Missed}) }

// cache is what a client keeps.
type cache struct {
	mu sync.Mutex
	// results are by method and params, the oldest first in the order.
	results map[string]*list.Element
	order   list.List // of *kept
	bytes   int
	// drops is how often something was dropped for news: what was asked for before
	// that is not kept after it.
	drops int
}

// kept is a result that is kept.
type kept struct {
	key, method string
	uri         string // of a read
	result      wire.Raw
	until       time.Time
}

// size is about as much as it takes.
func (k *kept) size() int { return len(k.key) + len(k.result) }

// slot is a place for the result of one request. A nil one keeps nothing.
type slot struct {
	cache *cache
	kept
	drops int
}

// slot finds the place of a request's result, which is there if it is kept; nil if
// it must not be kept.
func (c *Client) slot(method string, rev protocol.Revision, params protocol.Encodable) (*slot, error) {
	if c.options.NoCache || rev.Era() == protocol.Legacy {
		return nil, nil
	}
	uri := ""
	switch method {
	case protocol.MethodReadResource:
		if read, ok := params.(*protocol.ReadResourceRequestParams); ok {
			uri = read.URI
		}
	case protocol.MethodListTools, protocol.MethodListPrompts, protocol.MethodListResources, protocol.MethodListResourceTemplates:
	default:
		return nil, nil
	}
	text, err := c.request(method, rev, params, "")(nil)
	if err != nil {
		return nil, encodeError("", err)
	}
	s := &slot{cache: &c.cache, kept: kept{key: method + " " + string(text), method: method, uri: uri}}
	s.result, s.drops = c.cache.find(s.key)
	return s, nil
}

// found is the result if it is there.
func (s *slot) found() wire.Raw {
	if s == nil {
		return nil
	}
	return s.result
}

// keep keeps a result, if its server lets it be kept and nothing has changed since
// it was asked for.
func (s *slot) keep(result wire.Raw) {
	if s == nil {
		return
	}
	ttl := ttlOf(result)
	if ttl <= 0 {
		return
	}
	// What was read shares its memory with what came.
	s.result, s.until = bytes.Clone(result), time.Now().Add(ttl)
	s.cache.put(s.drops, &s.kept)
}

// ttlOf is how long a result may be kept; 0 if it may not, or asks for something.
func ttlOf(result wire.Raw) time.Duration {
	if kind, there := result.Get("resultType"); there {
		if text, _ := kind.Text(); text != "complete" {
			return 0
		}
	}
	raw, _ := result.Get("ttlMs")
	ms, err := wire.Decode(raw, wire.Always, (*wire.Decoder).Int)
	if err != nil {
		return 0
	}
	return time.Duration(min(ms, protocol.MaxCachedTTL.Milliseconds())) * time.Millisecond
}

// find returns a copy of what is kept, nil if nothing is, and the count of drops.
func (c *cache) find(key string) (wire.Raw, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.results[key]
	if !ok {
		return nil, c.drops
	}
	found := element.Value.(*kept)
	if !time.Now().Before(found.until) {
		c.remove(element)
		return nil, c.drops
	}
	return bytes.Clone(found.result), c.drops
}

// put makes room by dropping what is over, and then what has been there for longest.
func (c *cache) put(drops int, result *kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := result.size()
	if drops != c.drops || size > protocol.MaxCachedBytes {
		return
	}
	if old, ok := c.results[result.key]; ok {
		c.remove(old)
	}
	if c.isFull(size) {
		now := time.Now()
		c.drop(func(k *kept) bool { return !now.Before(k.until) })
	}
	for c.isFull(size) {
		c.remove(c.order.Front())
	}
	if c.results == nil {
		c.results = map[string]*list.Element{}
	}
	c.results[result.key] = c.order.PushBack(result)
	c.bytes += size
}

func (c *cache) isFull(size int) bool {
	return len(c.results) >= protocol.MaxCached || c.bytes+size > protocol.MaxCachedBytes
}

func (c *cache) remove(element *list.Element) {
	gone := c.order.Remove(element).(*kept)
	delete(c.results, gone.key)
	c.bytes -= gone.size()
}

func (c *cache) drop(isOver func(*kept) bool) {
	for element := c.order.Front(); element != nil; {
		next := element.Next()
		if isOver(element.Value.(*kept)) {
			c.remove(element)
		}
		element = next
	}
}

// heed drops what is not known to be true any more.
func (c *cache) heed(change Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	switch change.Kind {
	case ToolsChanged:
		c.drop(func(k *kept) bool { return k.method == protocol.MethodListTools })
	case PromptsChanged:
		c.drop(func(k *kept) bool { return k.method == protocol.MethodListPrompts })
	case ResourcesChanged:
		c.drop(func(k *kept) bool { return strings.HasPrefix(k.method, "resources/") })
	case ResourceUpdated:
		// It may name a part of what is kept.
		c.drop(func(k *kept) bool { return k.uri != "" && strings.HasPrefix(change.URI, k.uri) })
	default:
		c.drop(func(*kept) bool { return true })
	}
}
