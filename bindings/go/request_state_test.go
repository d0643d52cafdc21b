package isogloss

import (
	"bytes"
	"testing"
	properties "testing/quick"
)

// What a client keeps between a question and its answer, as others might send it.

func FuzzRequestState(f *testing.F) {
	s, err := newSeal(nil) // a key that no other process has
	if err != nil {
		f.Fatal(err)
	}
	state, err := s.close([]byte("this"), []byte(`{"a":1}`))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "AAAA", "not base64!", state, state[1:], state + "AAAA", state[:len(state)-4]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		if answers, err := s.open([]byte("this"), given); (err == nil) != (given == state) {
			t.Errorf("%q was opened: %s, %v", given, answers, err)
		}
	})
}

func TestStateIsGoodForOneRequestAndKeyAlone(t *testing.T) {
	one, _ := newSeal(bytes.Repeat([]byte{1}, stateKey))
	other, _ := newSeal(bytes.Repeat([]byte{2}, stateKey))
	isHeld := func(bound, foreign []byte, at uint16) bool {
		state, err := one.close(bound, []byte(`{"a":1}`))
		if err != nil {
			return false
		}
		answers, err := one.open(bound, state)
		if err != nil || string(answers) != `{"a":1}` {
			return false
		}
		_, wrongKey := other.open(bound, state)
		_, wrongRequest := one.open(append(foreign, 'x'), state)
		changed := []byte(state)
		if i := int(at) % len(changed); changed[i] == 'A' {
			changed[i] = 'B'
		} else {
			changed[i] = 'A'
		}
		_, wrongText := one.open(bound, string(changed))
		return wrongKey != nil && (wrongRequest != nil || bytes.Equal(append(foreign, 'x'), bound)) && wrongText != nil
	}
	if err := properties.Check(isHeld, nil); err != nil {
		t.Error(err)
	}
}
