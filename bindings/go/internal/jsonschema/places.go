package jsonschema

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Where the parts of a schema are: its resources (`$id`), its anchors, and what
// a `$ref` means. Everything is found within the schema; nothing is ever fetched.
// https://json-schema.org/draft/2020-12/json-schema-core#section-8

type places struct {
	// resources are the schemas that have an address; the whole is first.
	resources []resource
	// home is the resource that a part belongs to.
	home    map[*node]int
	anchors map[anchor]*node
	dynamic map[string][]*node
}

type resource struct {
	address string
	schema  *node
}

type anchor struct {
	resource int
	name     string
}

func placesOf(whole *node) *places {
	p := &places{
		resources: []resource{{"", whole}}, home: map[*node]int{}, anchors: map[anchor]*node{}, dynamic: map[string][]*node{},
	}
	p.settle(whole, 0)
	return p
}

// settle notes a part, and those within it.
func (p *places) settle(schema *node, home int) {
	if id, ok := textOfMember(schema, "$id"); ok {
		id, _, _ = strings.Cut(id, "#")
		address := joined(p.resources[home].address, id)
		if schema == p.resources[0].schema {
			p.resources[0].address = address
		} else {
			home = len(p.resources)
			p.resources = append(p.resources, resource{address, schema})
		}
	}
	p.home[schema] = home
	if name, ok := textOfMember(schema, "$anchor"); ok {
		p.anchors[anchor{home, name}] = schema
	}
	if name, ok := textOfMember(schema, "$dynamicAnchor"); ok {
		p.anchors[anchor{home, name}] = schema
		p.dynamic[name] = append(p.dynamic[name], schema)
	}
	for _, part := range schema.parts() {
		p.settle(part.schema, home)
	}
}

func textOfMember(n *node, name string) (string, bool) {
	if value := n.get(name); value != nil && value.kind == wire.KindString {
		return value.text, true
	}
	return "", false
}

// find is what a reference in this part means.
func (p *places) find(from *node, reference string) (*node, error) {
	home := p.home[from]
	address, fragment, _ := strings.Cut(reference, "#")
	if address != "" {
		var ok bool
		if home, ok = p.at(joined(p.resources[home].address, address)); !ok {
			return nil, errors.New(reference + " is not in this schema, and nothing is fetched: put it under $defs")
		}
	}
	found := p.resources[home].schema
	name, err := url.PathUnescape(fragment)
	switch {
	case err != nil:
		found = nil
	case strings.HasPrefix(name, "/"):
		found = found.pointer(name)
	case name != "":
		found = p.anchors[anchor{home, name}]
	}
	if found == nil {
		return nil, errors.New(reference + " refers to nothing in this schema")
	}
	return found, nil
}

func (p *places) at(address string) (int, bool) {
	for i, r := range p.resources {
		if r.address == address {
			return i, true
		}
	}
	return 0, false
}

// findDynamic is what a `$dynamicRef` means, where that does not depend on how
// one got there. One that leads to no `$dynamicAnchor` is as a `$ref`.
func (p *places) findDynamic(from *node, reference string) (*node, error) {
	_, name, _ := strings.Cut(reference, "#")
	all := p.dynamic[name]
	found, err := p.find(from, reference)
	switch {
	case err == nil && !slices.Contains(all, found):
		return found, nil
	case len(all) == 1:
		return all[0], nil
	case err != nil:
		return nil, err
	}
	return nil, errors.New(reference + " has several anchors, which is not supported: use $ref")
}

// pointer is what a JSON Pointer leads to, nil if that is nothing.
func (n *node) pointer(pointer string) *node {
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for step := range strings.SplitSeq(pointer[1:], "/") {
		if n.kind == wire.KindArray {
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(n.items) {
				return nil
			}
			n = n.items[i]
			continue
		}
		if n = n.get(unescape.Replace(step)); n == nil {
			return nil
		}
	}
	return n
}

// joined is an address in the place of another: enough of RFC 3986 for schemas
// that come in one file.
func joined(base, address string) string {
	start := address
	if end := strings.IndexAny(address, "/?"); end >= 0 {
		start = address[:end]
	}
	switch {
	case address == "":
		return base
	case base == "" || strings.Contains(start, ":"):
		return address
	}
	host := 0 // where it ends
	if at := strings.Index(base, "://"); at >= 0 {
		host = len(base)
		if end := strings.IndexByte(base[at+3:], '/'); end >= 0 {
			host = at + 3 + end
		}
	}
	switch at := strings.LastIndexByte(base[host:], '/'); {
	case strings.HasPrefix(address, "/"):
		return base[:host] + address
	case at >= 0:
		return base[:host+at+1] + address
	case host == 0:
		return address
	}
	return base + "/" + address
}
