package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Tokens and registrations in files.

// FileStore keeps things in files of a folder that, on Unix, nobody but the user may
// read (0600). They are not encrypted: where the system has a keychain, a [TokenStore]
// of your own is better.
type FileStore struct {
	// Folder is made if it is not there.
	Folder string
}

// Load implements [TokenStore].
func (s *FileStore) Load(_ context.Context, key string) (string, error) {
	text, err := os.ReadFile(s.place(key))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the token store: %w", err)
	}
	return string(text), nil
}

// Save implements [TokenStore].
func (s *FileStore) Save(_ context.Context, key, value string) error {
	var err error
	if value == "" {
		if err = os.Remove(s.place(key)); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	} else {
		err = s.write(s.place(key), value)
	}
	if err != nil {
		return fmt.Errorf("the token store: %w", err)
	}
	return nil
}

// place is a file a key: its name is a digest, since keys are addresses.
func (s *FileStore) place(key string) string {
	name := sha256.Sum256([]byte(key))
	return filepath.Join(s.Folder, hex.EncodeToString(name[:])+".json")
}

// write writes beside the file and puts it in its place, so that there is never half of
// one.
func (s *FileStore) write(place, text string) error {
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return err
	}
	beside, err := os.CreateTemp(s.Folder, filepath.Base(place)+".*") // 0600
	if err != nil {
		return err
	}
	_, err = beside.WriteString(text)
	if err == nil {
		err = beside.Sync()
	}
	if err = errors.Join(err, beside.Close()); err == nil {
		err = os.Rename(beside.Name(), place)
	}
	if err != nil {
		return errors.Join(err, os.Remove(beside.Name()))
	}
	return nil
}
