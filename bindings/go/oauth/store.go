package oauth

import (
	"context"
	"sync"
)

// Where tokens and registrations are kept from one run of a program to the next.

// TokenStore is a place for secrets: what a keychain is. What is kept is text that means
// something to this package alone, under a key that names a server; it is as secret as a
// password. Its methods are called by several goroutines, and heed their contexts.
//
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-theft
type TokenStore interface {
	// Load returns what was kept last under this key, empty if there is nothing. Calls
	// that need it end with its error.
	Load(ctx context.Context, key string) (string, error)
	// Save keeps this under the key; an empty value takes away what is there. Its error
	// is logged, and the program goes on without.
	Save(ctx context.Context, key, value string) error
}

// MemoryStore keeps things as long as the program runs. The zero value is empty.
type MemoryStore struct {
	mu   sync.Mutex
	kept map[string]Secret
}

// Load implements [TokenStore].
func (m *MemoryStore) Load(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[key].reveal(), nil
}

// Save implements [TokenStore].
func (m *MemoryStore) Save(_ context.Context, key, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]Secret{}
	}
	if m.kept[key] = NewSecret(value); value == "" {
		delete(m.kept, key)
	}
	return nil
}
